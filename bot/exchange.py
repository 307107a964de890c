"""`opml import`: the feeds of an OPML file into feeds.toml on the disk."""

import os

from bot.config import FeedsFile
from bot.domain.subscription import Platform
from bot.errors import ConfigError, Mistake
from bot.settings.feeds_toml import FeedsReader
from bot.settings.merge import Merged, merge
from bot.settings.opml import read_opml
from bot.settings.words import file_mend


def take_in(before: FeedsFile, body: bytes, *, source: str) -> tuple[Merged, list[Mistake]]:
    """What feeds.toml becomes with the good feeds of an OPML file (`source`), and every mistake in that.

    Raises ConfigError where the feeds are good, but not under this file's defaults.
    """
    found = read_opml(body, source=source)
    merged = merge(before.text, before.feeds, found.outlines, file=before.path.name, source=source)
    if merged.added:
        reader = FeedsReader(merged.text, source=f"{before.path.name} with {source}", ready=frozenset(Platform))
        reader.read()
        if reader.mistakes:
            raise ConfigError(reader.mistakes)
    return merged, found.mistakes


def write(before: FeedsFile, merged: Merged) -> None:
    """Write feeds.toml in its place, which keeps its owner, links and mounts. Raises ConfigError.

    What is new stands below what was there, so that a write that is cut off can be taken back.
    """
    old, new = before.text.encode(), merged.text.encode()
    try:
        with before.path.open("r+b") as file:
            if file.read().removeprefix(b"\xef\xbb\xbf") != old:
                raise ConfigError([_mistake(before, "has changed meanwhile", "import once more")])
            _put(file.fileno(), new, instead_of=old)
    except OSError as error:
        mend = file_mend(error, missing="let this user write it")
        raise ConfigError([_mistake(before, f"cannot be written: {error.strerror}", mend)]) from error


def _put(descriptor: int, new: bytes, *, instead_of: bytes) -> None:
    try:
        _fill(descriptor, new)
    except OSError:
        _fill(descriptor, instead_of)
        raise


def _fill(descriptor: int, content: bytes) -> None:
    done = 0
    while done < len(content):
        done += os.pwrite(descriptor, content[done:], done)
    os.ftruncate(descriptor, len(content))
    os.fsync(descriptor)


def _mistake(before: FeedsFile, what: str, mend: str) -> Mistake:
    return Mistake(before.path.name, None, what, mend)
