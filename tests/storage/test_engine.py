import asyncio
import sqlite3

import pytest
import sqlalchemy as sa

from bot.errors import StorageError
from bot.storage import engine
from bot.storage.engine import open_engine, parse_url, storage_errors


@pytest.mark.parametrize(
    ("address", "family", "database"),
    [
        ("sqlite:///data/parley.db", "sqlite", "data/parley.db"),
        ("sqlite:////var/lib/parley.db", "sqlite", "/var/lib/parley.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite", "x.db"),
        ("postgresql://me:pw@db/parley", "postgresql", "parley"),
        ("postgres://me:pw@db/parley", "postgresql", "parley"),
        ("postgresql+asyncpg://me:pw@db/parley", "postgresql", "parley"),
        ("postgresql://me%40work:p%40w@db/parley?application_name=a@b", "postgresql", "parley"),
        ("sqlite:////home/me@work/a@b.db", "sqlite", "/home/me@work/a@b.db"),
    ],
)
def test_addresses_are_understood_whatever_their_driver(address, family, database):
    parsed = parse_url(address)
    assert (parsed.drivername, parsed.database) == (family, database)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "data/parley.db",
        "sqlite:///:memory:",
        "sqlite://",
        "mysql://me:hunter2@db/parley",
        "postgresql://me:hunter2@db:hunter2/parley",
        "hunter2",
        "postgresql://me:half@hunter2@db/parley",
        "postgresql://me:half@hunter2/quarter@db/parley",
        "postgresql://me:ha/lf@hunter2@db",
    ],
)
def test_wrong_addresses_are_told_without_a_secret(address):
    with pytest.raises(StorageError) as caught:
        parse_url(address)
    assert "PARLEY_DATABASE_URL" in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def told(words: str) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("SELECT 1", {}, Exception(words))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (sqlite3.OperationalError("database or disk is full"), "make room"),
        (sqlite3.OperationalError("attempt to write a readonly database"), r"give it and its folder to user \d+"),
        (sqlite3.OperationalError("unable to open database file"), r"give it and its folder to user \d+"),
        (told("connection failed: Connection refused"), "refused; is PostgreSQL running"),
        (told('FATAL:  password authentication failed for user "me"'), "; check user and password"),
        (told('FATAL:  database "x" does not exist'), "; create it"),
        (told("permission denied for schema public"), "the owner of the database"),
        (told("FATAL:  sorry, too many clients already"), "max_connections"),
        (
            sa.exc.OperationalError("SELECT :pw", {"pw": "hunter2"}, Exception("server closed\nDETAIL: row")),
            "^server cl",
        ),
        (sa.exc.TimeoutError("no free connection"), "no free"),
        (ModuleNotFoundError("No module named 'psycopg'", name="psycopg"), "not installed: psycopg"),
    ],
)
def test_faults_are_told_in_plain_words(fault, words):
    with pytest.raises(StorageError, match=words) as caught, storage_errors():
        raise fault
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_fault_of_the_database_passes():
    with pytest.raises(KeyError), storage_errors():
        raise KeyError("ours")


def test_sqlite_is_set_up_for_one_writer_and_many_readers(tmp_path):
    opened = open_engine(f"sqlite:///{tmp_path}/made/parley.db")
    with opened.connect() as connection:
        asked = {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "foreign_keys")}
        assert connection.connection.dbapi_connection.in_transaction
    opened.dispose()
    assert asked == {"journal_mode": "wal", "foreign_keys": 1}


def journal_mode(file):
    opened = open_engine(f"sqlite:///{file}")
    try:
        with opened.connect() as connection:
            return connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    finally:
        opened.dispose()


async def test_a_new_file_that_another_start_is_writing_is_waited_for(tmp_path):
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    opening = asyncio.create_task(asyncio.to_thread(journal_mode, tmp_path / "new.db"))
    await asyncio.sleep(0.2)  # until it waits
    other.execute("COMMIT")
    other.close()
    assert await opening == "wal"


def test_a_new_file_that_another_program_keeps_locked_is_told_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="locked"), storage_errors():
        journal_mode(tmp_path / "new.db")
    other.close()
