import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bot.errors import StorageError
from bot.storage import examine, open_storage, require, upgrade
from bot.storage.engine import open_engine
from bot.storage.tables import metadata

ROOT = Path(__file__).resolve().parents[2]


async def test_an_empty_database_is_brought_up_and_a_second_time_nothing_is_left_to_do(url):
    assert await upgrade(url) == [
        "0001_first_schema",
        "0002_pace",
        "0003_moved",
        "0004_saved",
        "0005_standing",
        "0006_pushes",
    ]
    assert await upgrade(url) == []


async def test_migrations_make_what_the_tables_say(url):
    await upgrade(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_two_bots_that_start_at_once_upgrade_once(url):
    applied = await asyncio.gather(*(upgrade(url) for _ in range(4)))
    assert sorted(len(a) for a in applied) == [0, 0, 0, 6]


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
    assert (await examine(url)).endswith(", schema 0006")
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
