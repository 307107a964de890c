"""What a lexicon is built from: files as they were read. It imports next to nothing, since each start imports it."""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import Mistake

ENDING = ".toml"


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read: its folder, which tells what it may hold, its name for messages, its text.

    `own`: the user's, which may say more of what the packaged files hold.
    """

    folder: str
    name: str
    text: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """What stood in the user's folder when it was read; handed about whole, so that all read the same."""

    place: Path | None = None
    files: tuple[Source, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


NONE = OwnFiles()
