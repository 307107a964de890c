"""Where in a TOML file a setting stands: tomllib gives values only, people need the line.

The file has been read whole by then, so its statements are found by asking tomllib itself: a statement is the
shortest run of lines that is valid TOML alone. That knows every form of string, array and comment without a grammar
of ours.
"""

import tomllib
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]
# The search for a statement's end is quadratic: a longer one ends the look for places (nobody writes such by hand).
LONGEST = 400


class Lines:
    """Lines, counted from 1, of the tables and keys of a valid TOML text."""

    def __init__(self, text: str) -> None:
        self._rows = text.split("\n")
        self._at: dict[Path, tuple[int, int]] = {}
        self._sizes: dict[Path, int] = {}
        table: Path = ()
        for first, end, statement in _statements(self._rows):
            header = self._rows[first].lstrip().startswith("[")
            keys = _keys(statement)
            if header:
                table = self._enter(keys, many=isinstance(_value(statement, keys[:-1])[keys[-1]], list))
                # An array of tables is where its first table is.
                places = [table, table[:-1]] if isinstance(table[-1], int) else [table]
            else:
                places = [table + tuple(keys[:depth]) for depth in range(1, len(keys) + 1)]
            for place in places:
                self._at.setdefault(place, (first, end))

    def of(self, path: Path, value: object = None) -> int | None:
        """The line of a key or table, or of the nearest table around it; None if the text has neither.

        `value`: a text inside the key's (many-line) list, to point at its own line.
        """
        for depth in range(len(path), 0, -1):
            found = self._at.get(path[:depth])
            if found is None:
                continue
            first, end = found
            if isinstance(value, str) and value:
                return next((n + 1 for n in range(first, end) if value in self._rows[n]), first + 1)
            return first + 1
        return None

    def end_of(self, table: str) -> int | None:
        """How many lines there are up to the end of the last statement of a table, or of an array of tables."""
        return max((end for place, (_, end) in self._at.items() if place[0] == table), default=None)

    def _enter(self, keys: list[str], *, many: bool) -> Path:
        """The path of a header's table, with the index of each array of tables on the way."""
        path: Path = ()
        for depth, key in enumerate(keys):
            path += (key,)
            if many and depth == len(keys) - 1:
                self._sizes[path] = self._sizes.get(path, 0) + 1
            if path in self._sizes:
                path += (self._sizes[path] - 1,)
        return path


def _statements(rows: list[str]) -> Iterator[tuple[int, int, dict[str, Any]]]:
    first = 0
    end = 1
    while end <= len(rows) and end - first <= LONGEST:
        try:
            statement = tomllib.loads("\n".join(rows[first:end]))
        except (ValueError, RecursionError):
            end += 1
            continue
        if statement:
            yield first, end, statement
        first, end = end, end + 1


def _keys(statement: dict[str, Any]) -> list[str]:
    """The (dotted) key of a one-statement document; an inline table's own keys count as dotted ones."""
    keys: list[str] = []
    inner: Any = statement
    while isinstance(inner, dict) and len(inner) == 1:
        key = next(iter(inner))
        keys.append(key)
        inner = inner[key]
    return keys


def _value(statement: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    for key in keys:
        statement = statement[key]
    return statement
