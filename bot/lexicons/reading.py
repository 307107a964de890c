"""TOML files to checked tables: every mistake with its file, its line and its mend."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.errors import Mistake
from bot.errors_toml import toml_mistake
from bot.lexicons.shapes import SHAPES, Field, Shape
from bot.lexicons.sources import Source

HEADER = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]")
KEY = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([\w-]+))[\w\s.-]*=""")
ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
SPELLINGS = ("name", "aliases", "adjectives", "demonyms")  # of actors and places, as they stand in text
# What a file that is not TOML may still be seen to define, so that whoever refers to it is not called wrong, too.
DEFINES = re.compile(r"""^\s*(?:id|name|code)\s*=\s*["']([^"'\n]+)""", re.MULTILINE)
KINDS = {
    "str": "a text",
    "id": "a text",
    "texts": "a list of texts",
    "bool": "true or false",
    "int": "a whole number above 0",
    "tables": "a list of tables",
    "map": "a table of texts",
}
EXAMPLES = {"str": '"…"', "id": '"…"', "texts": '["…", "…"]', "bool": "true", "int": "8", "map": '{ plan = "agree" }'}
CHECKS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "id": lambda value: isinstance(value, str),
    "texts": lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0,
    "tables": lambda value: isinstance(value, list) and all(isinstance(x, dict) for x in value),
    "map": lambda value: isinstance(value, dict) and all(isinstance(x, str) for x in value.values()),
}


# Of a kind of table and its values: None if it says more of a packaged thing, and so needs nothing but its name;
# else what may be added to the mend of a missing key.
Lacks = Callable[[str, Mapping[str, Any]], str | None]


@dataclass
class Table:
    """One table of a file, checked against its shape; `where` tells a mistake's line."""

    values: dict[str, Any]
    file: str
    lines: dict[str, int]
    line: int
    own: bool = False

    def text(self, key: str) -> str:
        """A text, "" where the key is absent."""
        return str(self.values.get(key, ""))

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where the key is absent."""
        return tuple(self.values.get(key, ()))

    def mistake(self, key: str, what: str, mend: str = "") -> Mistake:
        """A mistake at the line of a key, else of the table."""
        return Mistake(self.file, self.lines.get(key, self.line), what, mend)


@dataclass
class File:
    """A parsed file: its right tables by header name, in order; what is known of the others."""

    folder: str
    name: str
    own: bool = False
    tables: dict[str, list[Table]] = field(default_factory=dict)
    heads: dict[str, int] = field(default_factory=dict)  # how many tables of a name there are, right or wrong
    wrong: set[str] = field(default_factory=set)  # names and ids of tables that have mistakes
    parsed: bool = True


def read(source: Source, mistakes: list[Mistake], lacks: Lacks) -> File:
    """The tables of one file."""
    shapes = SHAPES[source.folder]
    file = File(source.folder, source.name, source.own)
    try:
        parsed = tomllib.loads(source.text)
    except (ValueError, RecursionError) as error:
        kind = next(iter(shapes))
        mistakes.append(toml_mistake(source.name, source.text, error, header=f"[{kind}] or [[{kind}]]"))
        file.parsed, file.wrong = False, set(DEFINES.findall(source.text))
        return file
    places = _places(source.text)
    for key, value in parsed.items():
        if key not in shapes:
            line = places.get((key, 0), (1, {}))[0]
            home = next((folder for folder, others in SHAPES.items() if key in others), "")
            mend = f"it belongs into a file in {home}/" if home else near(key, shapes)
            mistakes.append(Mistake(source.name, line, f'"{key}" is not known here', mend))
            continue
        rows = value if isinstance(value, list) else [value]
        file.heads[key] = len(rows)
        for number, row in enumerate(rows):
            line, lines = places.get((key, number), (1, {}))
            if not isinstance(row, dict):
                mend = f"write [{key}] or [[{key}]] on a line of its own, its keys below"
                mistakes.append(Mistake(source.name, line, f'"{key}" is not a table', mend))
                continue
            table = Table(row, source.name, lines, line, source.own)
            wrong = list(_wrong_in(table, shapes[key], lacks(key, row)))
            mistakes += wrong
            if wrong:
                file.wrong |= {v for k in ("id", "name", "code") if isinstance(v := row.get(k), str)}
            else:
                file.tables.setdefault(key, []).append(table)
    return file


def near(word: str, known: Iterable[str], *, most: int = 20) -> str:
    """The mend for a name that is not there: the nearest that is, else all of them where they are `most` at most."""
    spelled = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), spelled, n=1)
    if close:
        return f'did you mean "{spelled[close[0]]}"?'
    return "known: " + ", ".join(spelled.values()) if 0 < len(spelled) <= most else ""


def _places(text: str) -> dict[tuple[str, int], tuple[int, dict[str, int]]]:
    """Where each table begins and each of its keys stands, counted from 1."""
    places: dict[tuple[str, int], tuple[int, dict[str, int]]] = {}
    counts: dict[str, int] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if header := HEADER.match(line):
            name = header[1]
            lines = {}
            places[name, counts.get(name, 0)] = (number, lines)
            counts[name] = counts.get(name, 0) + 1
            above, _, own = name.rpartition(".")  # [[actor.offices]] is a key of the last [[actor]]
            if above in counts:
                places[above, counts[above] - 1][1].setdefault(own, number)
        elif key := KEY.match(line):
            name = key[1] or key[2] or key[3] or ""
            lines.setdefault(name, number)
            places.setdefault((name, 0), (number, {}))
    return places


def _wrong_in(table: Table, shape: Shape | None, hint: str | None) -> Iterator[Mistake]:
    """What is wrong in a table by itself; `hint` as `Lacks` gave it."""
    for key, value in table.values.items():
        if shape is None:
            yield from _wrong(table, key, value, Field("texts"))
        elif key in shape:
            yield from _wrong(table, key, value, shape[key])
        else:
            yield table.mistake(key, f'"{key}" is not known here', near(key, shape))
    for key, wanted in (shape or {}).items():
        if wanted.required and key not in table.values and hint is not None:
            yield table.mistake(key, f'"{key}" is missing', f"write {key} = {_example(wanted)}{hint}")
        elif wanted.required and table.values.get(key) in ("", []):
            what = f'"{key}" is empty'
            yield table.mistake(key, what, f"write {key} = {_example(wanted)}, or leave out the whole table")


def _example(wanted: Field) -> str:
    return f'"{wanted.choices[0]}"' if wanted.choices else EXAMPLES[wanted.kind]


def _wrong(table: Table, key: str, value: Any, wanted: Field) -> Iterator[Mistake]:
    if not CHECKS[wanted.kind](value):
        yield table.mistake(key, f'"{key}" is not {KINDS[wanted.kind]}', f"write {key} = {_example(wanted)}")
        return
    if wanted.kind == "id" and value and not ID.fullmatch(value):
        mend = "small letters a to z, digits, - and _, at most 40: people type it"
        yield table.mistake(key, f'"{value}" cannot be an id', mend)
    texts = [value] if isinstance(value, str) else list(value.values()) if isinstance(value, dict) else value
    for text in texts if wanted.choices else ():
        if text not in wanted.choices:
            yield table.mistake(
                key, f'"{text}" is not a {key}', "one of " + ", ".join(c or '""' for c in wanted.choices)
            )
    for text in texts if key in SPELLINGS else ():
        if text.strip() not in (text, ""):
            yield table.mistake(key, f'"{text}" begins or ends with a space', "leave the space out")
    for place, text in enumerate(texts if wanted.kind == "texts" else (), 1):
        if not text.strip():
            yield table.mistake(key, f'"{key}" holds an empty text, its number {place}', "leave it out")
        elif any(word != "|" and "" in word.split("|") for word in text.split()):
            yield table.mistake(
                key, f'"{text}" has nothing on one side of a "|"', 'write "a|b c", with no space about it'
            )
        elif not text.isprintable():
            what = f'"{key}" holds a text with a line break or a sign that cannot be seen: {text!r}'
            yield table.mistake(key, what, "type it anew")
