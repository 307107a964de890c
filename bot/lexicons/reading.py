"""TOML files to checked tables: every mistake with its file, its line and its mend."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from bot.errors import Mistake

Source = Path | Traversable
HEADER = re.compile(r"^\s*(\[\[?)\s*([\w.]+)\s*\]\]?")
KEY = re.compile(r"^\s*([A-Za-z_][\w-]*)\s*=")
NAMES = {
    "str": "a text",
    "texts": "a list of texts",
    "bool": "true or false",
    "int": "a whole number",
    "tables": "a list of tables",
    "map": "a table of texts",
}


CHECKS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "texts": lambda value: isinstance(value, list) and all(isinstance(x, str) for x in value),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "tables": lambda value: isinstance(value, list) and all(isinstance(x, dict) for x in value),
    "map": lambda value: isinstance(value, dict) and all(isinstance(x, str) for x in value.values()),
}


@dataclass(frozen=True, slots=True)
class Field:
    """What a key may hold: `kind` one of NAMES; `choices`, where given, are all that is allowed."""

    kind: str
    required: bool = False
    choices: tuple[str, ...] = ()


Shape = Mapping[str, Field]


@dataclass
class Table:
    """One table of a file, checked against its shape; `where` tells a mistake's line."""

    values: dict[str, Any]
    file: str
    lines: dict[str, int]
    line: int

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
    """A parsed file: its tables by header name, in order."""

    name: str
    tables: dict[str, list[Table]] = field(default_factory=dict)


def read(source: Source, name: str, shapes: Mapping[str, Shape | None], mistakes: list[Mistake]) -> File:
    """Read one file. `shapes` names the tables it may hold; None: any key, each a list of texts."""
    file = File(name)
    try:
        text = source.read_text(encoding="utf-8")
        parsed = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        mistakes.append(Mistake(name, None, f"cannot be read: {error}", "write it as UTF-8 text"))
        return file
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        mistakes.append(Mistake(name, int(found[1]) if found else None, f"not TOML: {error}", ""))
        return file
    places = _places(text)
    for key, value in parsed.items():
        if key not in shapes:
            mistakes.append(
                Mistake(name, places.get((key, 0), (None, {}))[0], f'"{key}" is not known here', _near(key, shapes))
            )
            continue
        rows = value if isinstance(value, list) else [value]
        for number, row in enumerate(rows):
            line, lines = places.get((key, number), (1, {}))
            if not isinstance(row, dict):
                mistakes.append(Mistake(name, line, f'"{key}" is not a table', f"write [{key}] or [[{key}]]"))
                continue
            table = Table(row, name, lines, line)
            if _fits(table, shapes[key], mistakes):
                file.tables.setdefault(key, []).append(table)
    return file


def _places(text: str) -> dict[tuple[str, int], tuple[int, dict[str, int]]]:
    """Where each table begins and each of its keys stands, counted from 1."""
    places: dict[tuple[str, int], tuple[int, dict[str, int]]] = {}
    counts: dict[str, int] = {}
    lines: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            name = header[2]
            lines = {}
            places[name, counts.get(name, 0)] = (number, lines)
            counts[name] = counts.get(name, 0) + 1
        elif key := KEY.match(line):
            lines.setdefault(key[1], number)
            places.setdefault((key[1], 0), (number, {}))
    return places


def _fits(table: Table, shape: Shape | None, mistakes: list[Mistake]) -> bool:
    before = len(mistakes)
    if shape is None:
        for key, value in table.values.items():
            mistakes.extend(_wrong(table, key, value, Field("texts")))
        return len(mistakes) == before
    for key, value in table.values.items():
        if key not in shape:
            mistakes.append(table.mistake(key, f'"{key}" is not known here', _near(key, shape)))
        else:
            mistakes.extend(_wrong(table, key, value, shape[key]))
    for key, wanted in shape.items():
        if wanted.required and key not in table.values:
            mistakes.append(table.mistake(key, f'"{key}" is missing', f"write {key} = …"))
        elif wanted.required and table.values[key] in ("", []):
            mistakes.append(table.mistake(key, f'"{key}" is empty', f"write {key} = …, or leave out the whole table"))
    return len(mistakes) == before


def _wrong(table: Table, key: str, value: object, wanted: Field) -> Iterator[Mistake]:
    if not CHECKS[wanted.kind](value):
        yield table.mistake(key, f'"{key}" is not {NAMES[wanted.kind]}', f"write {NAMES[wanted.kind]}")
        return
    texts: list[str] = []
    if isinstance(value, str):
        texts = [value]
    elif wanted.kind == "texts" and isinstance(value, list):
        texts = value
    elif isinstance(value, dict):
        texts = list(value.values())
    for text in texts:
        if wanted.choices and text not in wanted.choices:
            yield table.mistake(
                key, f'"{text}" is not a {key}', "one of " + ", ".join(c or '""' for c in wanted.choices)
            )
        elif wanted.kind == "texts" and not text.strip():
            yield table.mistake(key, f'"{key}" holds an empty text', "leave it out")


def _near(key: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f'did you mean "{close[0]}"?' if close else "known: " + ", ".join(known)
