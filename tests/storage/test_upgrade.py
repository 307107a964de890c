import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from bot.domain.feed import FetchState
from bot.domain.standing import Standing
from bot.errors import StorageError
from bot.storage import examine, open_storage, require, upgrade
from bot.storage.engine import open_engine
from bot.storage.partial import metadata
from bot.storage.tables import EPOCH
from bot.storage.upgrade import MIGRATIONS

ROOT = Path(__file__).resolve().parents[2]


async def test_an_empty_database_is_brought_up_and_a_second_time_nothing_is_left_to_do(url):
    assert await upgrade(url) == [
        "0001_first_schema",
        "0002_pace",
        "0003_moved",
        "0004_saved",
        "0005_standing",
        "0006_pushes",
        "0007_early",
    ]
    assert await upgrade(url) == []


async def test_migrations_make_what_the_tables_say(url):
    await upgrade(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def partial_indexes(connection, schema):
    """What the database itself says of each index over some rows, without the schema's name."""
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE type = 'index'")
    else:
        found = connection.execute(
            sa.text("SELECT replace(indexdef, schemaname || '.', '') FROM pg_indexes WHERE schemaname = :it"),
            {"it": schema},
        )
    return sorted(sql for (sql,) in found if sql and " WHERE " in sql)


async def test_migrations_make_indexes_over_the_rows_that_the_tables_say(url, tmp_path):
    """A comparison of schemas does not look at those."""
    await upgrade(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        made = partial_indexes(connection, "public")
    wanted = engine.execution_options(schema_translate_map={None: "wanted"})
    if engine.dialect.name == "sqlite":
        wanted = open_engine(f"sqlite:///{tmp_path / 'wanted.db'}")
    with wanted.begin() as connection:
        if engine.dialect.name != "sqlite":
            connection.execute(sa.schema.CreateSchema("wanted"))
        metadata.create_all(connection)
        assert partial_indexes(connection, "wanted") == made
    assert len(made) == 4
    engine.dispose()
    wanted.dispose()


async def test_two_bots_that_start_at_once_upgrade_once(url):
    applied = await asyncio.gather(*(upgrade(url) for _ in range(4)))
    assert sorted(len(a) for a in applied) == [0, 0, 0, 7]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://me:hunter2@db/parley", "mysql is not supported"),
        ("nonsense", "no database address"),
        ("sqlite://", "names no file"),
        ("postgresql://me:hunter2@127.0.0.1:1/parley", "refused"),
        ("sqlite:////proc/no/such/parley.db", "/proc/no"),
    ],
)
async def test_an_address_that_cannot_work_is_told_without_its_password(url, words):
    with pytest.raises(StorageError) as caught:
        await upgrade(url)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


def older(url, revision):
    """A database as that revision left it: a feed that was polled, a message that is owed, and no others."""
    engine = open_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        tables = sa.MetaData()
        tables.reflect(connection, only=["feeds", "deliveries"])
        day = 86_400_000_000  # microseconds
        polled = {
            "url": "https://wire.example/feed",
            "name": "Wire",
            "publisher": "Wire",
            "affiliation": "wire",
            "every": 300.0,
            "full_text": "never",
            "active": True,
            "etag": '"7"',
            "items": b"8 bytes.",
            "failures": 2,
            "error": "the server answered 500",
            "next_check": 20_000 * day,
            "last_success": 19_999 * day,
            "last_change": 19_998 * day,
            "fence": 3,
        }
        owed = {
            "id": "d1",
            "platform": "slack",
            "channel": "C1",
            "kind": "alert",
            "revision": 1,
            "status": "pending",
            "attempts": 0,
            "unsure": False,
            "created": 20_000 * day,
            "next_try": 20_000 * day,
            "fence": 0,
        }
        connection.execute(sa.insert(tables.tables["feeds"]).values(polled))
        connection.execute(sa.insert(tables.tables["deliveries"]).values(owed))
    engine.dispose()


@pytest.mark.parametrize("revision", sorted(path.stem[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))[:-1])
async def test_what_an_older_parley_has_stored_is_kept_and_goes_on(url, revision):
    await asyncio.to_thread(older, url, revision)
    assert len(await upgrade(url)) == 7 - int(revision)
    storage = await open_storage(url)
    day = EPOCH + timedelta(days=20_000)
    (one,) = await storage.claim_feeds(now=day, limit=9, lease=timedelta(minutes=3))
    assert (one.feed.name, one.feed.at_most, one.fence) == ("Wire", timedelta(minutes=15), 4)
    learnt = FetchState(
        etag='"7"',
        items=frozenset({b"8 bytes."}),
        failures=2,
        error="the server answered 500",
        next_check=day,
        last_success=day - timedelta(days=1),
        last_change=day - timedelta(days=2),
    )
    assert one.state == learnt
    assert await storage.finish_poll(one, replace(learnt, standing=Standing.RETIRED, pushed_until=day))
    assert (await storage.count_feeds(now=day, since=day)).retired == 1
    assert (await storage.backlog()).pending == 1
    assert await storage.push_counts() == {}
    await storage.close()


async def test_a_database_of_a_newer_version_is_left_alone(url):
    await upgrade(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StorageError, match="newer Parley"):
        await upgrade(url)


async def test_nothing_to_do_is_told_without_alembic(tmp_path):
    url = f"sqlite:///{tmp_path / 'parley.db'}"
    await upgrade(url)
    code = "import asyncio, sys; from bot.storage import upgrade; asyncio.run(upgrade(sys.argv[1]))"
    code += "; print(sorted(m for m in sys.modules if m.startswith('alembic')))"
    command = [sys.executable, "-c", code, url]
    done = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


async def test_a_database_without_a_schema_is_an_error_not_a_crash(url):
    with pytest.raises(StorageError):
        await open_storage(url)


async def test_moments_without_a_zone_are_refused(url):
    from datetime import datetime

    from bot.storage.tables import Moment

    with pytest.raises(ValueError, match="without a zone"):
        Moment().process_bind_param(datetime(2026, 1, 1), sa.create_engine("sqlite://").dialect)  # noqa: DTZ001


async def test_a_database_is_examined_and_left_as_it_is(url):
    assert (await examine(url)).endswith((", empty", "will be made at the first start"))
    await upgrade(url)
    assert (await examine(url)).endswith(", schema 0007")
    assert "hunter2" not in await examine(url)


async def test_what_cannot_be_opened_is_told_when_examined(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "text.db").write_text("no database " * 100)
    with pytest.raises(StorageError, match=r"cannot be made in .*; give the folder to user"):
        await examine(f"sqlite:///{tmp_path}/file/parley.db")
    with pytest.raises(StorageError, match="not a database"):
        await examine(f"sqlite:///{tmp_path}/text.db")
    with pytest.raises(StorageError, match="is PostgreSQL running"):
        await examine("postgresql://me:hunter2@127.0.0.1:1/parley")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "text.db"]


async def test_who_only_reads_is_told_what_is_missing(url):
    with pytest.raises(StorageError, match="is not there yet" if url.startswith("sqlite") else "is empty: `db up"):
        await require(url)
    await upgrade(url)
    await require(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    with pytest.raises(StorageError, match=r"older Parley \(schema 0001\): `db upgrade`"):
        await require(url)
