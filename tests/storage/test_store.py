import asyncio
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from bot.domain.delivery import DeliveryKind
from bot.domain.feed import FetchState
from bot.errors import StorageError
from bot.storage import open_storage
from tests.storage.examples import ALL, FEED, HERE, LEASE, NOW, OTHER, analysis, article, subscribed

ROOT = Path(__file__).resolve().parents[2]
NOTHING = {"articles": 0, "statements": 0, "stories": 0, "messages sent": 0}


@pytest.fixture
async def polled(storage):
    await storage.sync_feeds([FEED, OTHER])
    await storage.sync_subscriptions(subscribed(HERE))
    return await storage.claim_feeds(now=NOW, limit=1, lease=LEASE)


def save_poll(tx, claimed):
    """What one poll saves: articles with and without a statement, a story, a message."""
    tx.add_quiet(claimed.id, [(article("q1"), analysis()), (article("q2"), analysis())])
    story = tx.start_story("A story", now=NOW)
    tx.add_article(claimed.id, article("a"), analysis(), story=story)
    tx.queue(HERE, DeliveryKind.ALERT, story=story.id, revision=1, now=NOW)
    tx.queue_catch_up(HERE, story.id, now=NOW, due=NOW)
    assert tx.finish_poll(claimed, FetchState(etag="new", last_success=NOW))


async def untouched(storage):
    """Whether nothing of a poll is there."""
    assert await storage.counts() == NOTHING
    assert (await storage.backlog()).pending == 0
    assert {h.state.etag for h in await storage.health()} == {None}
    return True


async def test_a_fault_at_the_end_of_a_poll_keeps_nothing_of_it(storage, polled):
    (one,) = polled

    def poll(tx):
        save_poll(tx, one)
        raise RuntimeError("at the end")

    with pytest.raises(RuntimeError, match="at the end"):
        await storage.write(poll)
    assert await untouched(storage)
    await storage.write(lambda tx: save_poll(tx, one))
    assert (await storage.counts())["articles"] == 3


async def test_a_poll_whose_caller_is_cut_off_is_kept_as_a_whole_and_blocks_nobody(storage, polled):
    (one,) = polled
    saving, go_on = threading.Event(), threading.Event()

    def poll(tx):
        tx.add_quiet(one.id, [(article("first"), analysis())])
        saving.set()
        go_on.wait(9)
        save_poll(tx, one)

    task = asyncio.create_task(storage.write(poll))
    await asyncio.to_thread(saving.wait, 9)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await untouched(storage)
    go_on.set()
    await storage.sync_feeds([FEED])
    await storage.close()
    assert await left(storage) == 4


async def left(storage):
    """How many articles a closed storage holds."""
    store = await open_storage(storage._engine.url.render_as_string(hide_password=False))
    try:
        return (await store.counts())["articles"]
    finally:
        await store.close()


async def test_the_work_of_a_worker_that_lost_its_lease_can_be_rolled_back(storage, polled):
    (one,) = polled
    stale = replace(one, fence=one.fence - 1)
    assert not await storage.write(lambda tx: tx.finish_poll(stale, FetchState(etag="stale")))
    assert await untouched(storage)


async def test_a_refused_row_is_a_storage_error_and_takes_the_whole_poll_along(storage, polled):
    (one,) = polled

    def poll(tx):
        save_poll(tx, one)
        tx.add_quiet(one.id, [(article("q1"), analysis())])

    with pytest.raises(StorageError):
        await storage.write(poll)
    assert await untouched(storage)


async def test_a_time_without_a_zone_is_refused(storage, polled):
    with pytest.raises(StorageError, match="without a zone"):
        await storage.claim_feeds(now=NOW.replace(tzinfo=None), limit=1, lease=LEASE)


async def test_thirty_new_articles_take_two_statements(storage, polled):
    (one,) = polled
    sent = []

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    sa.event.listen(storage._engine, "before_cursor_execute", note)
    await storage.write(lambda tx: tx.add_quiet(one.id, [(article(str(i)), analysis()) for i in range(30)]))
    assert len([s for s in sent if s.startswith("INSERT")]) == 2


async def test_two_workers_start_one_story_together(storage, url, polled):
    (one,) = polled
    others = [await open_storage(url) for _ in range(3)]

    async def report(store, key):
        def file(tx):
            what = article(key)
            story = tx.find_story(one.id, what, since=NOW) or tx.start_story(what.title, now=NOW)
            tx.add_article(one.id, what, analysis(), story=story)
            return story.id

        return await store.write(file)

    try:
        stories = await asyncio.gather(*(report(s, f"{i}") for i, s in enumerate([storage, *others])))
    finally:
        for store in others:
            await store.close()
    assert len(set(stories)) == 1


async def test_a_database_that_another_process_writes_to_for_long_is_an_error(tmp_path, monkeypatch):
    import sqlite3

    from bot.storage import engine, upgrade

    monkeypatch.setattr(engine, "BUSY_SECONDS", 0)
    path = tmp_path / "parley.db"
    await upgrade(f"sqlite:///{path}")
    storage = await open_storage(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StorageError, match="locked"):
            await storage.sync_feeds([FEED])
        assert await storage.health() == [], "reading goes on meanwhile"
    finally:
        other.close()
    await storage.sync_feeds([FEED])
    await storage.close()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_lost_server_connection_is_an_error_once(storage, url, polled):
    (one,) = polled

    def cut():
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")

    def poll(tx):
        save_poll(tx, one)
        cut()
        tx.subscriptions()

    with pytest.raises(StorageError):
        await storage.write(poll)
    assert await untouched(storage)


async def test_a_closed_storage_lets_its_process_end(tmp_path):
    code = """
import asyncio, sys
from bot.errors import StorageError
from bot.storage import open_storage, upgrade
async def main(url):
    try:
        await open_storage(url)
    except StorageError:
        print("no schema")
    await upgrade(url)
    storage = await open_storage(url)
    await asyncio.gather(*(storage.backlog() for _ in range(8)))
    await storage.close()
asyncio.run(main(sys.argv[1]))
"""
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/new/parley.db"]
    done = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "no schema\n"


async def test_a_claim_is_on_the_disk_before_anything_is_sent(tmp_path):
    from bot.storage import upgrade

    url = f"sqlite:///{tmp_path / 'parley.db'}"
    await upgrade(url)
    storage = await open_storage(url)
    levels = []

    def note(connection):
        levels.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())

    sa.event.listen(storage._engine, "commit", note)
    await storage.sync_feeds([FEED])
    await storage.claim_deliveries(now=NOW, limit=1, lease=LEASE, platforms=ALL)
    await storage.sync_feeds([FEED])
    await storage.close()
    normal, full = 1, 2
    assert levels == [normal, full, normal]
