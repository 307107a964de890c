"""The finished lexicon as the bot holds it, and its cache: to read and check 200 files took half of a start.

The bot needs a few names of it; the whole is for its children, and often no child is needed. The cache is to the
lexicon files what a .pyc is to a module: it lies where those lie, is written under the same conditions and is trusted
as much, since whoever may write there may change the code as well. It is good for just the bytes of the files it was
made from, code and all; where those differ, or it is damaged, the files are read. Why: docs/design/0003.
"""

import contextlib
import hashlib
import os
import pickle
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import cache_from_source
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.analysis.lexicon import Lexicon

# The folders of bot/ whose files decide what a lexicon becomes (a test holds them to what building it imports).
MAKERS = ("analysis", "domain", "lexicons")
ENDINGS = (".py", ".toml")
DIGEST_SIZE = 32
# Seconds since 1970. The code that makes lexicons is imported at about this moment or later.
BEGUN = time.time()


@dataclass(frozen=True, slots=True)
class HeldLexicon:
    """Topics and whether they are optional, conflicts and their names, by their ids; the whole, pickled or not."""

    topics: Mapping[str, bool]
    conflicts: Mapping[str, str]
    whole: "Lexicon | bytes"

    @property
    def default_topics(self) -> list[str]:
        """Of a channel that asks for none."""
        return [id_ for id_, optional in self.topics.items() if not optional]

    def opened(self) -> "Lexicon":
        """The lexicon. It takes 50 ms; a child process does it."""
        return pickle.loads(self.whole) if isinstance(self.whole, bytes) else self.whole  # noqa: S301  # our own


def just_built(lexicon: "Lexicon") -> HeldLexicon:
    """A lexicon that was just built."""
    topics = {id_: topic.optional for id_, topic in lexicon.topics.items()}
    return HeldLexicon(topics, {id_: conflict.name for id_, conflict in lexicon.conflicts.items()}, lexicon)


def place_of(packaged: Path) -> Path:
    """Where the cache of the lexicon in this folder lies: of this Python, among its bytecode."""
    return Path(cache_from_source(str(packaged / "lexicon.py"))).with_suffix(".pickle")


def kept(place: Path, build: Callable[[], "Lexicon"], *, root: Path | None = None) -> HeldLexicon:
    """The lexicon from its cache; else built, and left there for the next start where that can be written.

    `root` holds the MAKERS' folders (bot/ by default). Raises what `build` raises.
    """
    root = root or Path(__file__).parents[1]
    try:
        key = _key(root)
    except OSError:  # a file that cannot be read, or an editor's link beside one: `build` decides whether that matters
        return just_built(build())
    with contextlib.suppress(OSError, _DamagedError):
        return _read(place, key)
    fresh = just_built(build())
    with contextlib.suppress(OSError):
        # What was edited while it was read is for the next start to read; what was edited since this process began may
        # not be the code that it runs: kept under the new files' key, what the old code made of them would stay.
        if not (sys.dont_write_bytecode or _edited(root, since=BEGUN)) and _key(root) == key:
            _write(place, key, HeldLexicon(fresh.topics, fresh.conflicts, pickle.dumps(fresh.whole, 5)))
    return fresh


class _DamagedError(Exception):
    """The cache is of other files, or not what was written."""


def _read(place: Path, key: bytes) -> HeldLexicon:
    data = place.read_bytes()
    digest, body = data[:DIGEST_SIZE], data[DIGEST_SIZE:]
    if digest != _digest(key, body):
        raise _DamagedError
    return pickle.loads(body)  # type: ignore[no-any-return]  # noqa: S301  # see above


def _write(place: Path, key: bytes, lexicon: HeldLexicon) -> None:
    """Whole or not at all: others may read and write it at the same time.

    As Python writes bytecode: to a file of its own making, which nobody else may write, whatever the umask.
    """
    body = pickle.dumps(lexicon, 5)
    place.parent.mkdir(parents=True, exist_ok=True)
    new = place.with_suffix(f".{os.getpid()}")
    try:
        new.touch(0o644, exist_ok=False)
        new.write_bytes(_digest(key, body) + body)
        new.replace(place)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _digest(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, key=key, digest_size=DIGEST_SIZE).digest()


def _key(root: Path) -> bytes:
    """Of this Python and of all that makes the lexicon, by its bytes.

    Times are lost in copies, and two edits can share one. To read all takes 5 ms, to look at sizes and times 1 ms.
    """
    digest = hashlib.blake2b(sys.version.encode(), digest_size=DIGEST_SIZE)
    for maker in MAKERS:
        for name, path in sorted(_makers(str(root / maker), maker)):
            with open(path, "rb", buffering=0) as file:  # noqa: PTH123  # 270 files: Path.open takes twice as long
                data = file.read()
            digest.update(f"{name}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.digest()


def _edited(root: Path, *, since: float) -> bool:
    """Whether a file was written, replaced or renamed since then. A copy may bring its old time along, but no ctime."""
    paths = (path for maker in MAKERS for _, path in _makers(str(root / maker), maker))
    return any(os.stat(path).st_ctime >= since for path in paths)  # noqa: PTH116  # as above


def _makers(folder: str, name: str) -> Iterator[tuple[str, str]]:
    """Each file's name from bot/ on, and its path."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _makers(entry.path, f"{name}/{entry.name}")
            elif entry.name.endswith(ENDINGS):
                yield f"{name}/{entry.name}", entry.path
