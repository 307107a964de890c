from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.feed import FetchState
from bot.domain.standing import Standing
from bot.service.storage import FeedCounts
from tests.storage.examples import FEED, LEASE, NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


async def stored(storage, *states, every=5 * MINUTE):
    """One feed a state, polled at NOW; None: not polled yet."""
    await storage.sync_feeds(
        [replace(FEED, name=f"Feed {i}", url=f"https://wire.example/{i}", every=every) for i in range(len(states))]
    )
    for one in await storage.claim_feeds(now=NOW, limit=99, lease=LEASE):
        state = states[int(one.feed.name.split()[1])]
        await (storage.release_feeds([one]) if state is None else storage.finish_poll(one, state))


async def test_feeds_are_counted_by_state(storage):
    soon = NOW + MINUTE
    await stored(
        storage,
        FetchState(next_check=NOW + 2 * MINUTE),
        FetchState(next_check=soon, failures=2),
        FetchState(next_check=NOW + DAY, failures=9, standing=Standing.FAILING),
        FetchState(next_check=NOW + DAY, failures=1, standing=Standing.RETIRED),
    )
    counts = await storage.count_feeds(now=NOW, since=NOW - DAY)
    assert counts == FeedCounts(total=4, failing=2, retired=1, overdue=0, first_due=soon)
    await storage.sync_feeds([])
    assert await storage.count_feeds(now=NOW, since=NOW - DAY) == FeedCounts(0)


@pytest.mark.parametrize(
    ("every", "late_for", "up_for", "overdue"),
    [
        (5 * MINUTE, 10 * MINUTE, DAY, False),
        (5 * MINUTE, 10 * MINUTE + MINUTE / 60, DAY, True),
        (60 * MINUTE, 110 * MINUTE, DAY, False),
        (60 * MINUTE, 121 * MINUTE, DAY, True),
        (5 * MINUTE, 2 * DAY, 9 * MINUTE, False),  # it was due while the bot was off
        (5 * MINUTE, 2 * DAY, 11 * MINUTE, True),
        (5 * MINUTE, -DAY, DAY, False),
        (5 * MINUTE, None, 9 * MINUTE, False),  # never polled
        (5 * MINUTE, None, 11 * MINUTE, True),
    ],
)
async def test_a_feed_is_overdue_when_it_has_gone_unpolled_for_more_than_three_intervals(
    storage, every, late_for, up_for, overdue
):
    await stored(storage, None if late_for is None else FetchState(next_check=NOW - late_for), every=every)
    counts = await storage.count_feeds(now=NOW, since=NOW - up_for)
    assert (counts.overdue, counts.overdue_names) == ((1, ("Feed 0",)) if overdue else (0, ()))


async def test_a_feed_that_is_being_polled_is_not_overdue_until_its_lease_has_ended(storage):
    await stored(storage, FetchState(next_check=NOW - DAY))
    await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    assert (await storage.count_feeds(now=NOW, since=NOW - DAY)).overdue == 0
    assert (await storage.count_feeds(now=NOW + LEASE, since=NOW - DAY)).overdue == 1


async def test_of_many_overdue_feeds_five_are_named(storage):
    await stored(storage, *[FetchState(next_check=NOW - DAY)] * 8)
    counts = await storage.count_feeds(now=NOW, since=NOW - DAY)
    assert (counts.overdue, counts.overdue_names) == (8, tuple(f"Feed {i}" for i in range(5)))
