"""The lexicons: TOML files read once, checked, and handed to the engine; the packaged ones and the user's own."""

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from bot.analysis.lexicon import Lexicon
from bot.errors import Mistake
from bot.lexicons.building import Builder
from bot.lexicons.own import ENDING, NONE, OwnFiles, own_files
from bot.lexicons.reading import Source
from bot.lexicons.shapes import SHAPES

if TYPE_CHECKING:
    from bot.analysis.extract import Engine

__all__ = ["NONE", "OwnFiles", "default_engine", "lexicon_with", "load_lexicon", "own_files", "read_lexicon"]


def load_lexicon(extra: Path | None = None) -> Lexicon:
    """The packaged lexicon, and the files of `extra` (same folders) over it. Raises LexiconError with every mistake."""
    return lexicon_with(own_files(extra))


@lru_cache(maxsize=2)
def lexicon_with(own: OwnFiles) -> Lexicon:
    """The packaged lexicon and the user's files over it. Raises LexiconError with every mistake."""
    packaged = _files(resources.files(__name__), "bot/lexicons/")
    return _built([*packaged, *own.files], own.mistakes)


def read_lexicon(roots: Sequence[Path | Traversable]) -> Lexicon:
    """The lexicon in these folders alone, each with actors/, topics/ and so on. Raises LexiconError."""
    return _built([file for root in roots for file in _files(root, "")], ())


def default_engine(own: OwnFiles = NONE) -> "Engine":
    """The engine over `lexicon_with(own)`, built once a process. Raises LexiconError."""
    return _engine(own)


@lru_cache(maxsize=2)
def _engine(own: OwnFiles) -> "Engine":
    from bot.analysis.extract import Engine  # the bot itself reads the lexicon only, and hands it to its children

    return Engine(lexicon_with(own))


def _files(root: Path | Traversable, before: str) -> list[Source]:
    found = []
    for folder in SHAPES:
        place = root.joinpath(folder)
        for file in sorted(place.iterdir(), key=lambda f: f.name) if place.is_dir() else []:
            if file.name.endswith(ENDING):
                found.append(Source(folder, f"{before}{folder}/{file.name}", file.read_text(encoding="utf-8")))
    return found


def _built(files: Sequence[Source], mistakes: Sequence[Mistake]) -> Lexicon:
    builder = Builder(mistakes)
    for folder in SHAPES:
        for file in files:
            if file.folder == folder:
                builder.add(file)
    return builder.lexicon()
