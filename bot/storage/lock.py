"""One process a SQLite file: an advisory lock beside it, which the system drops when its holder dies, whatever way."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from os.path import realpath
from pathlib import Path

from bot.errors import StorageError
from bot.storage.engine import owner_wanted, parse_url


@contextmanager
def alone(url: str) -> Iterator[bool]:
    """Hold the lock of a SQLite database's file. Yields False for a server's database, which many may share.

    Raises StorageError when another process holds it, the folder cannot be written, or the address is wrong.
    """
    parsed = parse_url(url)
    if parsed.drivername != "sqlite":
        yield False
        return
    path = Path(realpath(parsed.database or ""))  # by another name it is the same file
    lock = path.with_name(path.name + ".lock")
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("w")
    except OSError as error:
        raise StorageError(f"{lock}: cannot be written: {error.strerror}; {owner_wanted('the folder')}") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StorageError(
                f"{path} is in use by another Parley; stop it first, or set PARLEY_DATABASE_URL to another file"
            ) from error
        yield True
