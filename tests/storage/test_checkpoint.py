import asyncio
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.storage import open_storage, upgrade
from bot.storage.checkpoint import Checkpointer
from bot.storage.engine import open_engine
from tests.storage.examples import FEED, LEASE, NOW

MOMENT = timedelta(milliseconds=1)


def in_the_file_itself(database: Path, folder: Path) -> int:
    """How many feeds the database's file holds without its log."""
    alone = folder / "alone.db"
    alone.write_bytes(database.read_bytes())
    with closing(sqlite3.connect(alone)) as connection:
        return connection.execute("SELECT count(*) FROM feeds").fetchone()[0]


async def test_what_is_written_gets_from_the_log_into_the_file_while_the_storage_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr(Checkpointer.__init__, "__kwdefaults__", {"pause": MOMENT})
    database = tmp_path / "parley.db"
    await upgrade(f"sqlite:///{database}")
    storage = await open_storage(f"sqlite:///{database}")
    try:
        assert in_the_file_itself(database, tmp_path) == 0
        await storage.sync_feeds([FEED])
        for _ in range(500):
            if in_the_file_itself(database, tmp_path):
                break
            await asyncio.sleep(0.02)
        assert in_the_file_itself(database, tmp_path) == 1
        assert len(await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)) == 1
    finally:
        await storage.close()


def test_it_ends_when_told_to_and_a_fault_ends_it_not(tmp_path, monkeypatch):
    engine = open_engine(f"sqlite:///{tmp_path / 'parley.db'}")
    asked = threading.Semaphore(0)

    def broken() -> None:
        asked.release()
        raise sa.exc.OperationalError("PRAGMA", None, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(engine, "raw_connection", broken)
    moving = Checkpointer(engine, pause=MOMENT)
    for _ in range(2):
        moving.written()
        assert asked.acquire(timeout=10)
    moving.close(timedelta(seconds=10))
    assert "storage-checkpoint" not in [thread.name for thread in threading.enumerate()]
    engine.dispose()
