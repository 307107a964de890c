"""What Slack would say against a message: its SDK's own models, and the limits its documentation gives."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

LIMITS = {"blocks": 50, "text": 4000, "header": 150, "section": 3000, "fields": 10, "field": 2000, "context": 10}
# Slack gives no figure for rich text; for its markdown block it does, so no message of ours goes beyond that.
ALL, LINK = 12_000, 3000


def problems(message: dict[str, Any]) -> list[str]:
    """Everything wrong with the body of a chat.postMessage, a chat.update or an answer; empty if Slack takes it."""
    found = []
    blocks = message.get("blocks") or []
    text = message.get("text")
    if not text and not blocks:
        found.append("no_text")
    if len(text or "") > LIMITS["text"]:
        found.append(f"text of {len(text)} characters")
    if len(blocks) > LIMITS["blocks"]:
        found.append(f"{len(blocks)} blocks")
    for block in blocks:
        found += _model_problems(block)
        found += _limit_problems(block)
    if sum(len(t) for b in blocks for t in texts(b)) >= ALL:
        found.append("all blocks together too long")
    return found


def texts(value: Any) -> Iterator[str]:
    """Every string that people see in a block, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "text" and isinstance(inner, str):
                yield inner
            else:
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def parts(value: Any, kind: str) -> Iterator[dict[str, Any]]:
    """Every object of this type in a block, at any depth."""
    if isinstance(value, dict):
        if value.get("type") == kind:
            yield value
        for inner in value.values():
            yield from parts(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from parts(inner, kind)


def _model_problems(block: dict[str, Any]) -> list[str]:
    try:
        parsed = Block.parse(block)
        if parsed is None:
            return [f"unknown block {block.get('type')}"]
        parsed.validate_json()
        # What the model dropped, it does not know: a misspelt key or a wrong type of element.
        return [] if parsed.to_dict() == block else [f"{block['type']}: the SDK's model reads it otherwise"]
    except (SlackObjectFormationError, TypeError) as error:
        return [f"{block.get('type')}: {error}"]


def _limit_problems(block: dict[str, Any]) -> list[str]:
    found = []
    kind = block.get("type")
    if any(not words for words in texts(block)):
        found.append(f"{kind}: empty text")
    if kind == "header" and len(block["text"]["text"]) > LIMITS["header"]:
        found.append("header too long")
    if kind == "section":
        found += _section_problems(block)
    if kind == "context":
        if not 1 <= len(block["elements"]) <= LIMITS["context"]:
            found.append("context: number of elements")
        found += ["context: text too long" for e in block["elements"] if len(e.get("text", "")) > LIMITS["field"]]
    if kind == "rich_text":
        if not block["elements"]:
            found.append("rich_text: no elements")
        for link in parts(block, "link"):
            url = urlsplit(link["url"])
            if url.scheme not in ("http", "https") or not url.hostname or len(link["url"]) > LINK:
                found.append(f"rich_text: bad link {link['url'][:80]!r}")
            if not link["url"].isascii() or any(c.isspace() for c in link["url"]):
                found.append("rich_text: link is not plain ASCII")
    return found


def _section_problems(block: dict[str, Any]) -> list[str]:
    fields = block.get("fields") or []
    found = ["section: too many fields"] if len(fields) > LIMITS["fields"] else []
    found += ["section: field too long" for f in fields if len(f["text"]) > LIMITS["field"]]
    if len((block.get("text") or {}).get("text", "")) > LIMITS["section"]:
        found.append("section: text too long")
    return found
