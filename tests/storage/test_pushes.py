import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.feed import FetchState
from bot.domain.pace import Said
from bot.domain.push import LONGEST_LEASE, Offer, Push, PushStatus
from bot.domain.standing import Standing
from bot.errors import StorageError
from tests.storage.examples import FEED, LEASE, NOW, OTHER

HUB = "https://hub.example/"


def wanted(feed: int, id_: str = "a", **more) -> Push:
    values = {
        "id": id_,
        "feed": feed,
        "hub": HUB,
        "topic": FEED.url,
        "callback": f"https://me.example/websub/{id_}",
        "secret": "s" * 40,
        "status": PushStatus.ASKED,
        "created": NOW,
        "next_try": NOW,
    }
    return Push(**(values | more))


async def save(storage, *pushes):
    for push in pushes:
        await storage.write(lambda tx, push=push: tx.save_push(push))


async def test_a_subscription_survives_exactly_and_changes(storage, feed_id):
    push = wanted(feed_id)
    await save(storage, push)
    assert await storage.push("a") == push
    assert await storage.push("b") is None
    active = replace(
        push, status=PushStatus.ACTIVE, tries=3, next_try=NOW + LEASE, lease_until=NOW + 2 * LEASE, error="no"
    )
    await save(storage, active)
    assert await storage.push("a") == active
    assert await storage.write(lambda tx: list(tx.pushes())) == [active]
    await storage.write(lambda tx: tx.drop_push("a"))
    assert await storage.push("a") is None


async def test_a_feed_has_one_subscription_that_counts(storage, feed_id):
    await save(storage, wanted(feed_id), wanted(feed_id, "b", status=PushStatus.ENDING))
    with pytest.raises(StorageError):
        await save(storage, wanted(feed_id, "c"))
    await save(storage, wanted(feed_id, status=PushStatus.ENDING), wanted(feed_id, "c"))
    assert await storage.push_counts() == {PushStatus.ENDING: 2, PushStatus.ASKED: 1}


async def test_what_a_clock_that_was_ahead_put_off_is_due(storage, feed_id):
    await save(storage, wanted(feed_id, next_try=NOW + LONGEST_LEASE))
    assert await storage.write(lambda tx: list(tx.due_pushes(now=NOW, limit=5))) == []
    await save(storage, wanted(feed_id, next_try=NOW + LONGEST_LEASE + timedelta(seconds=1)))
    assert [p.id for p in await storage.write(lambda tx: list(tx.due_pushes(now=NOW, limit=5)))] == ["a"]


async def test_due_ones_come_longest_due_first(storage):
    await storage.sync_feeds([FEED, OTHER])
    ids = [one.id for one in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)]
    await save(storage, wanted(ids[0]), wanted(ids[1], "b", next_try=NOW - LEASE))
    await save(storage, wanted(ids[1], "c", next_try=NOW + LEASE, status=PushStatus.ENDING))

    async def due(limit):
        return [p.id for p in await storage.write(lambda tx: tx.due_pushes(now=NOW, limit=limit))]

    assert await due(9) == ["b", "a"]
    assert await due(1) == ["b"]


async def test_offers_are_those_of_active_feeds(storage):
    await storage.sync_feeds([FEED, OTHER])
    for one in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE):
        topic = None if one.feed == FEED else 'https://radio.example/"hub": '
        state = FetchState(last_success=NOW, said=Said(ttl=LEASE, offer=Offer(HUB, topic)), pushed_until=NOW)
        assert await storage.write(lambda tx, one=one, state=state: tx.finish_poll(one, state))
    found = await storage.write(lambda tx: tx.offers())
    assert sorted(offer.topic for offer in found.values()) == ['https://radio.example/"hub": ', FEED.url]
    await storage.sync_feeds([FEED])
    assert [o.topic for o in (await storage.write(lambda tx: tx.offers())).values()] == [FEED.url]
    (feed,) = await storage.write(lambda tx: tx.offers())
    await storage.write(lambda tx: tx.distrust_pushes(feed))
    (health,) = await storage.health()
    assert health.state.pushed_until is None
    gone = await storage.claim_feed(feed, now=NOW + LEASE, lease=LEASE)
    assert await storage.write(lambda tx: tx.finish_poll(gone, replace(gone.state, standing=Standing.RETIRED)))
    assert await storage.write(lambda tx: tx.offers()) == {}


async def test_one_feed_is_claimed_by_one_at_a_time_due_or_not(storage, feed_id):
    assert await storage.claim_feed(feed_id, now=NOW, lease=LEASE) is None, "a poll holds it"
    claims = await asyncio.gather(
        *(storage.claim_feed(feed_id, now=NOW + LEASE, lease=timedelta(minutes=2)) for _ in range(4))
    )
    (held,) = [claim for claim in claims if claim is not None]
    assert held.feed == FEED
    assert await storage.write(lambda tx: tx.finish_poll(held, FetchState(next_check=NOW + 9 * LEASE)))
    assert (await storage.claim_feed(feed_id, now=NOW + LEASE, lease=LEASE)) is not None
    assert await storage.claim_feed(feed_id + 1, now=NOW, lease=LEASE) is None
    await storage.sync_feeds([OTHER])
    assert await storage.claim_feed(feed_id, now=NOW + 9 * LEASE, lease=LEASE) is None
