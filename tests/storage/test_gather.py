import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.feed import FetchState
from bot.errors import StorageError
from bot.storage.gather import Gatherer
from tests.storage.examples import FEED, LEASE, NOW

HOUR = timedelta(hours=1)


def is_row(error):
    return isinstance(error, ValueError)


class Saver:
    """Refuses everything with `fault`, and whatever holds the item `bad`."""

    def __init__(self) -> None:
        self.groups = []
        self.fault = None
        self.bad = None

    async def __call__(self, items):
        self.groups.append(list(items))
        if self.fault:
            raise self.fault
        if self.bad in items:
            raise ValueError("this row")
        return [-i for i in items]


async def test_what_comes_at_once_is_saved_in_one_group_and_each_hears_its_own_answer():
    saver = Saver()
    gatherer = Gatherer(saver, by_one=is_row, linger=timedelta(milliseconds=1))
    assert await asyncio.gather(*(gatherer.add(i) for i in (1, 2, 3))) == [-1, -2, -3]
    assert await gatherer.add(4) == -4
    assert saver.groups == [[1, 2, 3], [4]]


async def test_a_full_group_does_not_linger():
    saver = Saver()
    gatherer = Gatherer(saver, by_one=is_row, linger=HOUR, at_once=2)
    assert await asyncio.gather(*(gatherer.add(i) for i in range(4))) == [0, -1, -2, -3]
    assert saver.groups == [[0, 1], [2, 3]]


async def test_a_fault_is_heard_by_the_whole_group_and_only_by_it():
    saver = Saver()
    gatherer = Gatherer(saver, by_one=is_row, linger=HOUR, at_once=2)
    saver.fault = StorageError("the disk is full")
    answers = await asyncio.gather(gatherer.add(1), gatherer.add(2), return_exceptions=True)
    assert [str(a) for a in answers] == ["the disk is full"] * 2
    assert saver.groups == [[1, 2]], "one try is enough: no row is to blame"
    saver.fault = None
    assert await asyncio.gather(gatherer.add(3), gatherer.add(4)) == [-3, -4]


async def test_one_bad_row_fails_alone():
    saver = Saver()
    saver.bad = 2
    gatherer = Gatherer(saver, by_one=is_row, linger=HOUR, at_once=3)
    answers = await asyncio.gather(*(gatherer.add(i) for i in (1, 2, 3)), return_exceptions=True)
    assert [str(a) for a in answers] == ["-1", "this row", "-3"]
    assert saver.groups == [[1, 2, 3], [1], [2], [3]]


async def test_who_is_cut_off_while_it_waits_is_left_out():
    saver = Saver()
    gatherer = Gatherer(saver, by_one=is_row, linger=HOUR, at_once=3)
    tasks = [asyncio.create_task(gatherer.add(i)) for i in (1, 2)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    with pytest.raises(asyncio.CancelledError):
        await tasks[0]
    await gatherer.close()
    assert await tasks[1] == -2
    assert saver.groups == [[2]]


async def test_polls_that_read_nothing_are_saved_together_save_those_that_lost_their_lease(storage):
    await storage.sync_feeds([replace(FEED, url=f"https://wire.example/{i}") for i in range(5)])
    claimed = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    stale = {claimed[1].id, claimed[4].id}
    claims = [replace(c, fence=c.fence - (c.id in stale)) for c in claimed]
    answers = await asyncio.gather(*(storage.finish_poll(c, FetchState(etag=f"e{c.id}")) for c in claims))
    assert answers == [c.id not in stale for c in claims]
    stored = sorted(h.state.etag or "" for h in await storage.health())
    assert stored == sorted("" if c.id in stale else f"e{c.id}" for c in claims)
    free = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    assert {c.id for c in free} == {c.id for c in claims} - stale, "the others gave their leases back"


async def test_a_poll_that_cannot_be_stored_takes_no_other_along(storage):
    await storage.sync_feeds([replace(FEED, url=f"https://wire.example/{i}") for i in range(4)])
    claimed = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    states = {c.id: FetchState(etag=f"e{c.id}") for c in claimed}
    states[claimed[2].id] = FetchState(moved_times=1 << 80)
    answers = await asyncio.gather(*(storage.finish_poll(c, states[c.id]) for c in claimed), return_exceptions=True)
    assert [a is True for a in answers] == [True, True, False, True]
    assert isinstance(answers[2], Exception)
    assert {h.state.etag for h in await storage.health()} == {None, *(states[c.id].etag for c in claimed)}


async def test_a_poll_that_waits_for_others_is_saved_when_the_storage_closes(storage, url):
    from bot.storage import open_storage

    await storage.sync_feeds([FEED])
    (one,) = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    saving = asyncio.create_task(storage.finish_poll(one, FetchState(etag="last")))
    await asyncio.sleep(0)
    await storage.close()
    assert await saving
    again = await open_storage(url)
    assert [h.state.etag for h in await again.health()] == ["last"]
    await again.close()
