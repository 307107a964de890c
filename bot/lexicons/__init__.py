"""The lexicons: TOML files read once, checked, and handed to the engine; the packaged ones and the user's own.

What reads and builds is imported when something is to be read: most starts find the lexicon built (held.py).
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from bot.lexicons.held import HeldLexicon, just_built, kept, place_of
from bot.lexicons.sources import ENDING, NONE, OwnFiles, Source

if TYPE_CHECKING:
    from bot.analysis.extract import Engine
    from bot.analysis.lexicon import Lexicon
    from bot.errors import Mistake

__all__ = [
    "NONE",
    "HeldLexicon",
    "OwnFiles",
    "default_engine",
    "held_lexicon",
    "lexicon_with",
    "load_lexicon",
    "own_files",
    "read_lexicon",
]

PACKAGED = Path(__file__).parent


def own_files(place: Path | None) -> OwnFiles:
    """The files of a folder that is laid out like bot/lexicons; None: no folder, no files."""
    if place is None:
        return NONE
    from bot.lexicons.own import read_folder

    return read_folder(place)


@lru_cache(maxsize=2)
def held_lexicon(own: OwnFiles) -> HeldLexicon:
    """`lexicon_with(own)` as the bot holds it, from its cache where that is right. Raises LexiconError.

    A user's own files change what is checked in all the others, so there is no cache of a lexicon that has them.
    """
    if not own.files and not own.mistakes:  # also a folder with nothing but notes in it
        return kept(place_of(PACKAGED), lambda: lexicon_with(NONE))
    return just_built(lexicon_with(own))


def load_lexicon(extra: Path | None = None) -> "Lexicon":
    """The packaged lexicon, and the files of `extra` (same folders) over it. Raises LexiconError with every mistake."""
    return lexicon_with(own_files(extra))


@lru_cache(maxsize=2)
def lexicon_with(own: OwnFiles) -> "Lexicon":
    """The packaged lexicon and the user's files over it, read anew. Raises LexiconError with every mistake."""
    return _built([*_files(PACKAGED, "bot/lexicons/"), *own.files], own.mistakes)


def read_lexicon(roots: Sequence[Path]) -> "Lexicon":
    """The lexicon in these folders alone, each with actors/, topics/ and so on. Raises LexiconError."""
    return _built([file for root in roots for file in _files(root, "")], ())


@lru_cache(maxsize=2)
def default_engine(own: OwnFiles = NONE) -> "Engine":
    """The engine over `lexicon_with(own)`, built once a process. Raises LexiconError."""
    from bot.analysis.extract import Engine

    return Engine(lexicon_with(own))


def _files(root: Path, before: str) -> list[Source]:
    from bot.lexicons.shapes import SHAPES

    found = []
    for folder in SHAPES:
        for file in sorted((root / folder).glob(f"[!.]*{ENDING}")):  # an editor's lock beside a file is no lexicon
            found.append(Source(folder, f"{before}{folder}/{file.name}", file.read_text(encoding="utf-8")))
    return found


def _built(files: Sequence[Source], mistakes: "Sequence[Mistake]") -> "Lexicon":
    from bot.lexicons.building import Builder
    from bot.lexicons.shapes import SHAPES

    builder = Builder(mistakes)
    for folder in SHAPES:
        for file in files:
            if file.folder == folder:
                builder.add(file)
    return builder.lexicon()
