"""Discord's own description of its API, which every request to the fake is held against.

It lies beside the project (../shared/discord/openapi.json), not in it. Where it is absent, requests go unchecked, and
`SKIPPED` says so.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DESCRIPTION = Path(__file__).resolve().parents[2] / ".." / "shared" / "discord" / "openapi.json"
SKIPPED = f"{DESCRIPTION.name} is not beside the project: requests to the fake Discord go unchecked"
BASE = "urn:discord"
# What the description leaves out and Discord's documentation says: all texts of all embeds of a message together.
ALL_EMBEDS = 6000


def available() -> bool:
    """Whether requests are really checked."""
    return DESCRIPTION.is_file()


def problems(method: str, path: str, query: dict[str, str], body: Any) -> list[str]:
    """Everything wrong with a request; empty if Discord takes it. `path` is without the version ("/users/@me")."""
    found = _embed_problems(body) if isinstance(body, dict) else []
    if method == "PATCH" and isinstance(body, dict):
        # discord.py says so in every edit, too, where it means nothing and Discord does not mind.
        body = {key: value for key, value in body.items() if key != "tts"}
    if not available():
        return found
    operation = _operation(method, path)
    if operation is None:
        return [f"no such request: {method} {path}"]
    template, described = operation
    pointer = f"{BASE}#/paths/{template.replace('~', '~0').replace('/', '~1')}/{method.lower()}"
    if body is not None:
        content = described.get("requestBody", {}).get("content", {})
        if "application/json" not in content:
            return [*found, f"{method} {path} takes no body"]
        found += _errors(f"{pointer}/requestBody/content/application~1json/schema", body)
    elif described.get("requestBody", {}).get("required"):
        found.append(f"{method} {path} needs a body")
    parameters = {p["name"]: i for i, p in enumerate(described.get("parameters", [])) if p.get("in") == "query"}
    for name, value in query.items():
        if name not in parameters:
            found.append(f"{method} {path} takes no parameter {name}")
            continue
        schema = described["parameters"][parameters[name]]["schema"]
        typed = int(value) if schema.get("type") == "integer" and value.isdigit() else value
        if schema.get("type") == "boolean":
            typed = {"true": True, "false": False, "1": True, "0": False}.get(value, value)
        found += _errors(f"{pointer}/parameters/{parameters[name]}/schema", typed)
    return found


def embed_length(embed: dict[str, Any]) -> int:
    """The characters of an embed that count towards the limit of a message."""
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get(part) or {}).get(key) for part, key in (("author", "name"), ("footer", "text"))]
    for field in embed.get("fields") or []:
        texts += [field["name"], field["value"]]
    return sum(len(t or "") for t in texts)


def _embed_problems(body: dict[str, Any]) -> list[str]:
    embeds = body.get("embeds") or []
    found = [f"a field without words: {f}" for e in embeds for f in e.get("fields") or [] if not f["name"].strip()]
    if len(body.get("content") or "") > 2000:
        found.append("content of more than 2000 characters")
    if sum(map(embed_length, embeds)) > ALL_EMBEDS:
        found.append(f"embeds of {sum(map(embed_length, embeds))} characters together")
    for embed in embeds:
        if embed_length(embed) == 0:
            found.append("an empty embed")
        address = embed.get("url")
        if address and not re.fullmatch(r"https?://[\w-]+(\.[\w-]+)+(:\d+)?(/[\x21-\x7e]*|[?#][\x21-\x7e]*)?", address):
            found.append(f"not a well formed URL: {address}")
    return found


def _errors(pointer: str, value: Any) -> list[str]:
    # `unevaluatedProperties`: a misspelt key is a mistake, though Discord itself overlooks it.
    validator = Draft202012Validator({"$ref": pointer, "unevaluatedProperties": False}, registry=_registry())
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(value)]


@cache
def _document() -> dict[str, Any]:
    return dict(json.loads(DESCRIPTION.read_text("utf-8")))


@cache
def _registry() -> Any:
    return Registry().with_resource(BASE, Resource(contents=_document(), specification=DRAFT202012))


@cache
def _routes() -> list[tuple[re.Pattern[str], str]]:
    routes = []
    # Those with the fewest placeholders first: "@original" is no message id.
    for template in sorted(_document()["paths"], key=lambda t: t.count("{")):
        routes.append((re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))), template))
    return routes


def _operation(method: str, path: str) -> tuple[str, dict[str, Any]] | None:
    for pattern, template in _routes():
        if pattern.fullmatch(path) and method.lower() in _document()["paths"][template]:
            return template, _document()["paths"][template][method.lower()]
    return None
