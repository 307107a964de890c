"""The feeds of tests/data/feeds, each with the entries a reader of its text would expect."""

import importlib
from dataclasses import dataclass
from pathlib import Path

from bot.domain.article import Entry

FOLDER = Path(__file__).resolve().parents[1] / "data" / "feeds"
URL = "https://feeds.example/all.xml"


@dataclass(frozen=True)
class Example:
    name: str
    body: bytes
    entries: tuple[Entry, ...]
    language: str | None
    cuttable: bool

    def __str__(self) -> str:
        return self.name


def _example(path: Path) -> Example:
    expected = importlib.import_module(f"tests.data.feeds.{path.stem}")
    cuttable = getattr(expected, "CUTTABLE", True)
    return Example(path.stem, path.read_bytes(), expected.ENTRIES, expected.LANGUAGE, cuttable)


EXAMPLES = [_example(path) for path in sorted(FOLDER.iterdir()) if path.suffix in (".rss", ".atom", ".rdf")]
