"""Engines for both databases, and their errors in the words of the contract."""

import logging
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from bot.errors import StorageError

# What the pool logs of a connection that broke, its caller is told as an exception.
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)

BUSY_SECONDS = 30
# 64 MB: a commit moves the log only where nobody else has (checkpoint.py, or a program that keeps no thread for it).
LOG_PAGES = 16_000
READ_ONLY = "parley_read_only"
DURABLE = "parley_durable"
# What PostgreSQL says first, and what to do about it.
MENDS: Final = (
    (
        r"refused|could not translate|not known|resolve|timeout|timed out|unreachable|No route",
        "is PostgreSQL running, and are host and port in PARLEY_DATABASE_URL right?",
    ),
    (r"authentication failed|no password|role .* does not exist", "check user and password in PARLEY_DATABASE_URL"),
    (r"database .* does not exist", "create it (createdb), or mend its name in PARLEY_DATABASE_URL"),
    (r"permission denied", "make Parley's user the owner of the database"),
    (r"too many clients|connection slots", "let fewer programs connect, or raise max_connections of PostgreSQL"),
    (r"no pg_hba.conf entry", "let this machine connect, in PostgreSQL's pg_hba.conf"),
)


def parse_url(url: str) -> sa.URL:
    """The address of a database without a driver: sqlite or postgresql. Raises StorageError; never shows a password."""
    try:
        parsed = sa.make_url(url)
    except (SQLAlchemyError, ValueError):
        what = "PARLEY_DATABASE_URL is no database address (sqlite:///file or postgresql://user:password@host/name)"
        raise StorageError(what) from None  # its cause may quote a part of the password
    family = parsed.drivername.split("+")[0]
    if family == "postgres":
        family = "postgresql"
    if family not in ("sqlite", "postgresql"):
        raise StorageError(f"PARLEY_DATABASE_URL: {family} is not supported; use sqlite:///file or postgresql://…")
    # Of "user:p@ss@host" the end of the password is read as a part of the host, which error texts tell.
    if family == "postgresql" and "@" in f"{parsed.host}{parsed.database}":
        raise StorageError("PARLEY_DATABASE_URL holds more than one @; write %40 for the one in the user or password")
    if family == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StorageError("PARLEY_DATABASE_URL names no file; use sqlite:///data/parley.db")
    return parsed.set(drivername=family)


def open_engine(url: str, *, connections: int = 1) -> sa.Engine:
    """An engine with up to so many connections. Raises StorageError when driver or folder are not to be had."""
    parsed = parse_url(url)
    sqlite = parsed.drivername == "sqlite"
    driver = "sqlite+pysqlite" if sqlite else "postgresql+psycopg"
    with storage_errors():
        engine = sa.create_engine(
            parsed.set(drivername=driver),
            poolclass=sa.QueuePool,
            pool_size=connections,
            max_overflow=0,
            pool_pre_ping=not sqlite,  # a server may have restarted meanwhile
        )
    if sqlite:
        _prepare_sqlite(engine, parsed)
    return engine


@contextmanager
def storage_errors() -> Iterator[None]:
    """Turn whatever a driver raises into StorageError, in plain words and without parameters or passwords."""
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, OSError, ModuleNotFoundError) as error:
        cause = getattr(error, "orig", None) or error
        raise StorageError(_words(cause)) from error


def may_be_of_one_row(error: Exception) -> bool:
    """Whether one of many rows may be at fault: not where the database was out of reach, busy, full or broken."""
    return not isinstance(error.__cause__ or error, OperationalError | InterfaceError | OSError)


def _words(cause: BaseException) -> str:
    if isinstance(cause, ModuleNotFoundError):
        return f"PostgreSQL needs a package that is not installed: {cause.name}; scripts/run installs it"
    text = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    if "disk is full" in text:
        return "the disk is full; make room, nothing was lost and nothing more will be sent until then"
    if "readonly" in text or "unable to open" in text:
        return f"the database file cannot be written ({text}); {owner_wanted('it and its folder')}"
    mend = next((mend for pattern, mend in MENDS if re.search(pattern, text)), None)
    return f"{text.rstrip('.')}; {mend}" if mend else text


def owner_wanted(what: str) -> str:
    """What to do about something that may not be written."""
    user = os.getuid()
    return f"give {what} to user {user} (sudo chown -R {user} …), or name another place in PARLEY_DATABASE_URL"


def _prepare_sqlite(engine: sa.Engine, parsed: sa.URL) -> None:
    with storage_errors():
        Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
    sa.event.listen(engine, "connect", _sqlite_connect)
    sa.event.listen(engine, "begin", _sqlite_begin)


def _sqlite_connect(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin by itself: _sqlite_begin does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    _write_ahead(cursor)
    cursor.execute(f"PRAGMA wal_autocheckpoint={LOG_PAGES}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _write_ahead(cursor: Any) -> None:
    """Have a file keep a log (WAL).

    SQLite's own waiting leaves out the switch of a new file, which another start may be making at the same moment: of
    1,600 starts, four at a time, 69 were refused.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _sqlite_begin(connection: sa.Connection) -> None:
    options = connection.get_execution_options()
    if options.get(READ_ONLY):
        connection.exec_driver_sql("BEGIN")
        return
    # A power cut may take back the last NORMAL commits, never part of one; a FULL commit stays, and all before it.
    level = "FULL" if options.get(DURABLE) else "NORMAL"
    if connection.info.get("synchronous") != level:
        connection.exec_driver_sql(f"PRAGMA synchronous={level}")
        connection.info["synchronous"] = level
    # A deferred transaction that reads and then writes fails at once when another has written meanwhile.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
