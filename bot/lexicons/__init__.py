"""The packaged lexicons: TOML files read once, checked, and handed to the engine."""

from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from bot.analysis.extract import Engine
from bot.analysis.lexicon import Lexicon
from bot.errors import LexiconError
from bot.lexicons.building import SHAPES, Builder
from bot.lexicons.reading import read

__all__ = ["conflict_ids", "conflict_names", "default_engine", "load_lexicon", "read_lexicon", "topic_ids"]


def load_lexicon(extra: Path | None = None) -> Lexicon:
    """The packaged lexicon, and the files of `extra` (same folders) on top. Raises LexiconError with every mistake."""
    packaged = resources.files(__name__)
    return read_lexicon([packaged] if extra is None else [packaged, extra])


def read_lexicon(roots: Sequence[Path | Traversable]) -> Lexicon:
    """The lexicon in these folders, each with actors/, topics/ and so on. Raises LexiconError with every mistake."""
    builder = Builder()
    for folder in SHAPES:
        for root in roots:
            place = root.joinpath(folder)
            sources = sorted(place.iterdir(), key=lambda f: f.name) if place.is_dir() else []
            for source in sources:
                if source.name.endswith(".toml"):
                    builder.add(folder, read(source, f"{folder}/{source.name}", SHAPES[folder], builder.mistakes))
    lexicon = builder.lexicon()
    if builder.mistakes:
        raise LexiconError(builder.mistakes)
    return lexicon


@lru_cache(maxsize=1)
def _packaged() -> Lexicon:
    return load_lexicon()


@lru_cache(maxsize=1)
def default_engine() -> Engine:
    """The engine over the packaged lexicon, built once a process. Raises LexiconError."""
    return Engine(_packaged())


def topic_ids() -> tuple[str, ...]:
    """The topics that can be subscribed to."""
    return tuple(_packaged().topics)


def conflict_ids() -> tuple[str, ...]:
    """The conflicts that can be subscribed to."""
    return tuple(_packaged().conflicts)


def conflict_names() -> dict[str, str]:
    """The conflicts' names by their ids."""
    return {id_: conflict.name for id_, conflict in _packaged().conflicts.items()}
