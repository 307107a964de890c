"""Storage tests run on both engines; where PostgreSQL is not installed they say so and run on SQLite alone."""

import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from bot.storage import SqlStorage, open_storage, upgrade
from tests.fakes.postgres import binaries, cluster
from tests.storage.examples import FEED, LEASE, NOW

SERVER_MISSING = "PostgreSQL's server binaries are not on this machine: storage is tested on SQLite only"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if binaries() is None:
        pytest.skip(SERVER_MISSING)
    with cluster(tmp_path_factory.mktemp("pg", numbered=True)) as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'parley.db'}"
    address = request.getfixturevalue("postgres")
    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
    return f"{address}/{name}"


@pytest.fixture
async def storage(url: str) -> AsyncIterator[SqlStorage]:
    await upgrade(url)
    store = await open_storage(url)
    yield store
    await store.close()


@pytest.fixture
async def feed_id(storage: SqlStorage) -> int:
    """A feed that is stored and leased."""
    await storage.sync_feeds([FEED])
    (one,) = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    return one.id
