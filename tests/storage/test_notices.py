import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.delivery import DeliveryKind
from bot.domain.feed import FetchState
from bot.domain.standing import LOOK_IN, Notice, Standing
from bot.storage import notices
from tests.storage.examples import ALL, FEED, HERE, LEASE, NOW, OTHER, THERE, side_by_side

WAIT = timedelta(minutes=15)
LATER = NOW + WAIT
RETIRED, FAILING, WORKING = Standing.RETIRED, Standing.FAILING, Standing.WORKING


@pytest.fixture
async def feeds(storage):
    await storage.sync_feeds([FEED, OTHER])
    return {c.feed.name: c.id for c in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)}


async def owe(storage, feeds, feed, standing, *, channel=HERE, now=NOW):
    notice = Notice(feed.name, standing, NOW - WAIT, "no such host")
    await storage.write(lambda tx: tx.queue_notice(channel, feeds[feed.name], notice, now=now, due=now + WAIT))


async def claim(storage, now=LATER):
    return await storage.claim_deliveries(now=now, limit=9, lease=LEASE, platforms=ALL)


async def shown(storage, delivery):
    message = await storage.message(delivery)
    assert message.delivery == delivery.id
    return [(n.feed, n.standing) for n in message.notices]


async def test_the_notices_of_a_quarter_of_an_hour_are_one_message_a_channel(storage, feeds):
    await owe(storage, feeds, FEED, RETIRED)
    await owe(storage, feeds, OTHER, FAILING, now=NOW + WAIT / 2)
    await owe(storage, feeds, OTHER, FAILING, channel=THERE)
    assert await claim(storage, NOW + WAIT / 2) == []
    here, there = sorted(await claim(storage), key=lambda d: d.channel)
    assert here.kind is DeliveryKind.NOTICE
    assert await shown(storage, here) == [(FEED.name, RETIRED), (OTHER.name, FAILING)]
    assert await shown(storage, there) == [(OTHER.name, FAILING)]
    message = await storage.message(there)
    assert message.notices == (Notice(OTHER.name, FAILING, NOW - WAIT, "no such host"),)


async def test_a_notice_is_owed_from_the_moment_it_is_to_be_told(storage, feeds):
    await owe(storage, feeds, FEED, RETIRED)
    assert (await storage.backlog()).oldest == LATER
    (one,) = await claim(storage)
    await storage.failed(one, "busy", next_try=LATER + WAIT, unsure=False)
    assert (await storage.backlog()).oldest == NOW


async def test_the_first_notices_of_two_workers_at_the_same_moment_are_one_message(storage, feeds):
    def add(feed):
        notice = Notice(feed.name, FAILING, NOW - WAIT, "no such host")
        return lambda connection: notices.queue_notice(
            connection, HERE, feeds[feed.name], notice, now=NOW, due=NOW + WAIT
        )

    await side_by_side(storage, add(FEED), add(OTHER))
    (one,) = await claim(storage)
    assert await shown(storage, one) == [(FEED.name, FAILING), (OTHER.name, FAILING)]
    assert await claim(storage) == []


async def test_workers_that_add_to_a_message_at_the_same_time_all_find_it(storage):
    many = [replace(FEED, name=f"Feed {n:02}", url=f"https://wire.example/{n}") for n in range(20)]
    await storage.sync_feeds(many)
    ids = {c.feed.name: c.id for c in await storage.claim_feeds(now=NOW, limit=99, lease=LEASE)}
    await owe(storage, ids, many[0], RETIRED)
    await asyncio.gather(*(owe(storage, ids, feed, RETIRED) for feed in many[1:]))
    (one,) = await claim(storage)
    assert await shown(storage, one) == [(feed.name, RETIRED) for feed in many]


async def test_a_later_notice_of_a_feed_takes_the_place_of_an_earlier_one(storage, feeds):
    await owe(storage, feeds, FEED, FAILING)
    await owe(storage, feeds, FEED, RETIRED)
    (one,) = await claim(storage)
    assert await shown(storage, one) == [(FEED.name, RETIRED)]


async def test_what_nobody_has_heard_and_is_over_is_not_told(storage, feeds):
    await owe(storage, feeds, FEED, FAILING)
    await owe(storage, feeds, OTHER, RETIRED)
    await owe(storage, feeds, FEED, WORKING)
    (one,) = await claim(storage)
    assert await shown(storage, one) == [(OTHER.name, RETIRED)]
    await storage.failed(one, "down", next_try=LATER, unsure=False)
    await owe(storage, feeds, OTHER, WORKING)
    assert await claim(storage) == []
    backlog = await storage.backlog()
    assert (backlog.pending, backlog.dead) == (0, 0)


async def test_what_was_heard_is_taken_back_though_the_feed_failed_once_more_unheard(storage, feeds):
    await owe(storage, feeds, FEED, FAILING)
    (one,) = await claim(storage)
    await storage.sent(one, "m1", now=LATER)
    for standing in (WORKING, RETIRED, WORKING):
        await owe(storage, feeds, FEED, standing)
    (two,) = await claim(storage)
    assert await shown(storage, two) == [(FEED.name, WORKING)]
    await storage.sent(two, "m2", now=LATER)
    for standing in (RETIRED, WORKING):
        await owe(storage, feeds, FEED, standing)
    assert await claim(storage) == [], "it has heard last that the feed works"


async def test_a_message_that_was_given_up_has_told_nobody(storage, feeds):
    await owe(storage, feeds, FEED, FAILING)
    (one,) = await claim(storage)
    await storage.failed(one, "no such channel", next_try=None, unsure=False)
    await owe(storage, feeds, FEED, WORKING)
    assert await claim(storage) == []


@pytest.mark.parametrize("fate", ["sending", "unsure", "sent"])
async def test_a_message_that_may_have_arrived_does_not_change(storage, feeds, fate):
    await owe(storage, feeds, FEED, FAILING)
    (one,) = await claim(storage)
    if fate == "unsure":
        await storage.failed(one, "cut off", next_try=LATER + WAIT, unsure=True)
    elif fate == "sent":
        await storage.sent(one, "m1", now=LATER)
    await owe(storage, feeds, FEED, WORKING)
    assert await shown(storage, one) == [(FEED.name, FAILING)]
    if fate == "sent":
        (two,) = await claim(storage)
        assert await shown(storage, two) == [(FEED.name, WORKING)]


@pytest.mark.parametrize(
    ("standing", "ahead", "due"),
    [
        (RETIRED, LOOK_IN, False),
        (RETIRED, LOOK_IN * 1.1, False),
        (RETIRED, LOOK_IN * 1.1 + timedelta(minutes=2), True),
        (FAILING, LOOK_IN, True),
    ],
)
async def test_a_retired_feed_rests_for_a_week_and_no_clock_puts_its_next_visit_later(storage, standing, ahead, due):
    await storage.sync_feeds([FEED])
    (one,) = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    state = FetchState(standing=standing, failures=4, failing_since=NOW, next_check=NOW + ahead)
    assert await storage.finish_poll(one, state)
    claimed = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    assert [c.state for c in claimed] == [state] * due


async def test_a_start_tries_failing_feeds_and_leaves_retired_ones_alone(storage):
    await storage.sync_feeds([FEED, OTHER])
    for one in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE):
        standing = RETIRED if one.feed == FEED else FAILING
        await storage.finish_poll(one, FetchState(standing=standing, failures=1, next_check=NOW + WAIT))
    await storage.retry_failing(now=NOW)
    assert [c.feed for c in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)] == [OTHER]


async def test_only_retired_feeds_are_revived(storage):
    await storage.sync_feeds([FEED, OTHER])
    for one in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE):
        standing = RETIRED if one.feed == FEED else FAILING
        state = FetchState(etag="e", standing=standing, failures=1, error="x", next_check=NOW + WAIT, last_success=NOW)
        await storage.finish_poll(one, state)
    assert [await storage.revive(name) for name in (FEED.name, OTHER.name, "nobody")] == [1, 0, 0]
    (one,) = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    assert one.feed == FEED
    assert (one.state.standing, one.state.failures, one.state.etag) == (FAILING, 1, "e")
