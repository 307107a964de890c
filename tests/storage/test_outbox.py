import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.delivery import DeliveryKind
from bot.domain.statement import Stance
from bot.domain.subscription import Channel, Platform, Subscription
from bot.storage import dispatch, outbox
from tests.storage.examples import (
    ALL,
    FEED,
    HERE,
    LEASE,
    NOW,
    OTHER,
    THERE,
    analysis,
    article,
    side_by_side,
    subscribed,
)

ALERT, UPDATE, REPLY = DeliveryKind.ALERT, DeliveryKind.UPDATE, DeliveryKind.REPLY


@pytest.fixture
async def feeds(storage):
    await storage.sync_feeds([FEED, OTHER])
    await storage.sync_subscriptions(subscribed(HERE, THERE))
    return {c.feed.name: c.id for c in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)}


async def owe(storage, feed_id, key, *channels, kind=ALERT, story=None, **said):
    """A flagged article in a new story (or a later revision of one), and a message to each channel."""

    def work(tx):
        found = tx.start_story(f"Story of {key}", now=NOW) if story is None else tx.bump_story(story.id)
        tx.add_article(feed_id, article(key), analysis(**said), story=found)
        for channel in channels:
            tx.queue(channel, kind, story=found.id, revision=found.revision, now=NOW)
        return found

    return await storage.write(work)


async def claim(storage, *, now=NOW, limit=10, platforms=ALL):
    return await storage.claim_deliveries(now=now, limit=limit, lease=LEASE, platforms=platforms)


async def test_a_message_is_owed_once_however_often_it_is_queued(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a", HERE)

    def work(tx):
        assert not tx.queue(HERE, ALERT, story=story.id, revision=1, now=NOW)
        assert tx.queue(HERE, REPLY, story=story.id, revision=1, now=NOW)
        assert not tx.queue(THERE, REPLY, story=story.id, revision=1, now=NOW), "nothing to follow there"
        assert tx.alerted(story.id) == {HERE: ALERT}

    await storage.write(work)
    assert (await storage.backlog()).pending == 2


async def test_a_claimed_delivery_is_what_was_owed(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a", HERE)
    (one,) = await claim(storage)
    assert (one.channel, one.kind, one.story, one.revision) == (HERE, ALERT, story.id, 1)
    assert (one.attempts, one.attempted, one.unsure, one.thread) == (1, NOW, False, None)
    assert len(one.id) <= 25
    assert one.id.isalnum()


async def test_a_channel_gets_one_at_a_time_in_order_and_waits_for_nobody_else(storage, feeds):
    for key in "abc":
        await owe(storage, feeds[FEED.name], key, HERE, THERE)
    order = []
    while got := await claim(storage):
        assert len({d.channel for d in got}) == len(got)
        for one in got:
            order.append((one.channel, one.story))
            await storage.sent(one, f"m{one.story}", now=NOW)
    assert [s for c, s in order if c == HERE] == sorted(s for c, s in order if c == HERE)
    assert len(order) == 6


async def test_only_platforms_that_can_send_are_asked_for(storage, feeds):
    await owe(storage, feeds[FEED.name], "a", HERE, THERE)
    assert [d.channel for d in await claim(storage, platforms=[Platform.SLACK])] == [THERE]


async def test_a_send_that_was_cut_off_comes_back_in_doubt_with_the_time_of_its_first_try(storage, feeds):
    await owe(storage, feeds[FEED.name], "a", HERE)
    await claim(storage)
    assert await claim(storage, now=NOW + LEASE / 2) == []
    later = NOW + LEASE
    (again,) = await claim(storage, now=later)
    assert (again.unsure, again.attempted, again.attempts) == (True, NOW, 2)
    await storage.failed(again, "down", next_try=later, unsure=True)
    (third,) = await claim(storage, now=later)
    assert (third.unsure, third.attempted) == (True, NOW)


async def test_a_late_worker_cannot_mark_what_another_has_taken_over(storage, feeds):
    await owe(storage, feeds[FEED.name], "a", HERE)
    (first,) = await claim(storage)
    (second,) = await claim(storage, now=NOW + LEASE)
    await storage.sent(first, "m-late", now=NOW)
    await storage.failed(first, "late", next_try=None, unsure=False)
    assert (await storage.backlog()).pending == 1
    await storage.sent(second, "m-right", now=NOW)
    assert (await storage.backlog()).pending == 0
    assert (await storage.counts())["messages sent"] == 1


async def test_a_failed_try_waits_and_holds_back_what_came_later(storage, feeds):
    await owe(storage, feeds[FEED.name], "a", HERE)
    second = await owe(storage, feeds[FEED.name], "b", HERE)
    (one,) = await claim(storage)
    await storage.failed(one, "429", next_try=NOW + timedelta(seconds=30), unsure=False)
    assert await claim(storage, now=NOW + timedelta(seconds=29)) == []
    (again,) = await claim(storage, now=NOW + timedelta(seconds=30))
    assert again.id == one.id
    assert not again.unsure
    await storage.sent(again, "m", now=NOW)
    assert [d.story for d in await claim(storage)] == [second.id]


async def test_a_message_refused_again_and_again_steps_aside(storage, feeds):
    await owe(storage, feeds[FEED.name], "a", HERE)
    second = await owe(storage, feeds[FEED.name], "b", HERE)
    for _ in range(5):
        (one,) = await claim(storage)
        await storage.failed(one, "500", next_try=NOW, unsure=True)
    (one,) = await claim(storage)
    await storage.failed(one, "500", next_try=NOW + timedelta(minutes=1), unsure=True)
    assert [d.story for d in await claim(storage)] == [second.id]


async def test_a_clock_that_once_was_ahead_keeps_no_message_waiting(storage, feeds):
    year = timedelta(days=365)
    await owe(storage, feeds[FEED.name], "a", HERE)
    second = await owe(storage, feeds[FEED.name], "b", HERE)
    (one,) = await claim(storage, now=NOW + year)
    (again,) = await claim(storage)
    assert (again.id, again.unsure) == (one.id, True)
    assert again.attempted < NOW, "it was sent before now, whatever the clock said"
    await storage.failed(again, "429", next_try=NOW + year, unsure=False)
    (again,) = await claim(storage)
    assert again.id == one.id
    await storage.sent(again, "m", now=NOW)
    assert [d.story for d in await claim(storage)] == [second.id]


async def test_a_dead_message_is_counted_and_takes_its_followers_along(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a", HERE)
    await owe(storage, feeds[OTHER.name], "b", HERE, kind=REPLY, story=story, stance=Stance.AGREE)
    (one,) = await claim(storage)
    await storage.failed(one, "bad card", next_try=None, unsure=False)
    backlog = await storage.backlog()
    assert (backlog.pending, backlog.dead, backlog.oldest) == (0, 2, None)
    await owe(storage, feeds[OTHER.name], "c", HERE, kind=UPDATE, story=story)
    assert (await storage.backlog()).pending == 0


async def test_followers_wait_for_the_alert_and_learn_its_message(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a", HERE)
    (alert,) = await claim(storage)
    await owe(storage, feeds[OTHER.name], "b", HERE, kind=REPLY, story=story, stance=Stance.AGREE)
    assert await claim(storage) == []
    await storage.sent(alert, "m1", now=NOW)
    (reply,) = await claim(storage)
    assert (reply.kind, reply.thread) == (REPLY, "m1")
    await storage.sent(reply, "m2", now=NOW)
    await owe(storage, feeds[OTHER.name], "c", HERE, kind=UPDATE, story=story)
    (update,) = await claim(storage)
    assert update.thread == "m1"


async def test_of_several_edits_only_the_newest_is_sent(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a", HERE)
    for key in "bcd":
        await owe(storage, feeds[OTHER.name], key, HERE, kind=UPDATE, story=story)
    (alert,) = await claim(storage)
    await storage.sent(alert, "m1", now=NOW)
    (update,) = await claim(storage)
    assert update.revision == 4
    await storage.sent(update, "m1", now=NOW)
    assert await claim(storage) == []


async def test_one_catch_up_message_gathers_stories_until_it_is_tried(storage, feeds):
    due = NOW + timedelta(seconds=20)
    stories = [await owe(storage, feeds[FEED.name], key) for key in "abc"]

    def work(tx):
        for story in stories[:2]:
            tx.queue_catch_up(HERE, story.id, now=NOW, due=due)
        assert tx.alerted(stories[0].id) == {HERE: DeliveryKind.CATCH_UP}

    await storage.write(work)
    alert = await owe(storage, feeds[FEED.name], "d", HERE)
    (first,) = await claim(storage)
    assert first.story == alert.id, "a catch-up that is not due yet holds nobody back"
    await storage.sent(first, "m0", now=NOW)
    (catch_up,) = await claim(storage, now=due)
    assert {s.story for s in (await storage.message(catch_up)).summaries} == {s.id for s in stories[:2]}

    def work(tx):
        tx.queue_catch_up(HERE, stories[2].id, now=NOW, due=due)
        tx.queue(HERE, REPLY, story=stories[0].id, revision=1, now=NOW)

    await storage.write(work)
    await storage.sent(catch_up, "m1", now=NOW)
    (other,) = await claim(storage, now=due)
    assert other.kind is DeliveryKind.CATCH_UP
    assert other.id != catch_up.id
    await storage.sent(other, "m2", now=NOW)
    (reply,) = await claim(storage, now=due)
    assert (reply.kind, reply.thread) == (REPLY, "m1")


async def test_a_story_is_in_a_catch_up_once(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a")

    def work(tx):
        for _ in range(2):
            tx.queue_catch_up(HERE, story.id, now=NOW, due=NOW)

    await storage.write(work)
    (one,) = await claim(storage)
    assert len((await storage.message(one)).summaries) == 1


async def test_a_channel_that_never_got_the_alert_gets_one_when_the_story_grows(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a", HERE)
    (one,) = await claim(storage)
    await storage.failed(one, "given up", next_try=None, unsure=False)
    assert await storage.write(lambda tx: tx.alerted(story.id)) == {}
    await owe(storage, feeds[OTHER.name], "b", HERE, story=story)
    (again,) = await claim(storage)
    assert (again.kind, again.revision) == (ALERT, 2)


async def test_an_alert_that_was_given_up_is_owed_anew_at_the_same_revision(storage, feeds):
    story = await owe(storage, feeds[FEED.name], "a", HERE)
    (one,) = await claim(storage)
    await storage.failed(one, "given up", next_try=None, unsure=True)
    later = NOW + timedelta(days=4)
    assert await storage.write(lambda tx: tx.queue(HERE, ALERT, story=story.id, revision=1, now=later))
    (again,) = await claim(storage, now=later)
    assert (again.id, again.created, again.attempts, again.unsure) == (one.id, later, 1, True)
    await storage.sent(again, "m1", now=later)
    assert not await storage.write(lambda tx: tx.queue(HERE, ALERT, story=story.id, revision=1, now=later))


@pytest.mark.parametrize("first", ["mark", "queue"])
async def test_a_follower_that_is_queued_while_its_alert_is_marked_sent_learns_the_message(storage, feeds, first):
    story = await owe(storage, feeds[FEED.name], "a", HERE)
    (alert,) = await claim(storage)

    def mark(connection):
        outbox.sent(connection, alert, "m1", NOW)

    def follow(connection):
        outbox.queue(connection, HERE, REPLY, story=story.id, revision=1, now=NOW)

    await side_by_side(storage, *((mark, follow) if first == "mark" else (follow, mark)))
    assert [d.thread for d in await claim(storage)] == ["m1"]


@pytest.mark.parametrize("first", ["claim", "queue"])
async def test_a_story_that_joins_a_catch_up_while_it_is_claimed_is_told_once(storage, feeds, first):
    stories = [await owe(storage, feeds[FEED.name], key) for key in "ab"]

    def take(connection):
        return dispatch.claim(connection, now=NOW, limit=9, lease=LEASE, platforms=ALL)

    def join(connection):
        outbox.queue_catch_up(connection, HERE, stories[1].id, now=NOW, due=NOW)

    await storage.write(lambda tx: tx.queue_catch_up(HERE, stories[0].id, now=NOW, due=NOW))
    answers = await side_by_side(storage, *((take, join) if first == "claim" else (join, take)))
    claimed = answers[first == "queue"]
    told = []
    while claimed := claimed or await claim(storage):
        told.append({s.story for s in (await storage.message(claimed[0])).summaries})
        await storage.sent(claimed[0], "m", now=NOW)
        claimed = []
    one, two = (s.id for s in stories)
    # What is claimed may have been read already: nothing joins it any more.
    assert told == ([{one}, {two}] if first == "claim" else [{one, two}])


async def test_messages_tell_what_their_kind_and_their_channel_call_for(storage, feeds):
    await storage.sync_subscriptions([Subscription(HERE, frozenset({"ceasefire"})), *subscribed(THERE)])
    story = await owe(storage, feeds[FEED.name], "a", HERE, THERE)
    (mine, theirs) = sorted(await claim(storage), key=lambda d: d.channel)
    await owe(storage, feeds[OTHER.name], "b", THERE, kind=REPLY, story=story, speaker="Graustark", topic="territory")
    (told,) = (await storage.message(mine)).summaries
    assert [(s.speaker, s.publisher, s.revision) for s in told.statements] == [("Ruritania", FEED.publisher, 1)]
    assert [s.publisher for s in told.sources] == [FEED.publisher, OTHER.publisher]
    assert told.statements[0].target == ("Ruritania", "Graustark")
    await storage.sent(theirs, "m1", now=NOW)
    (reply,) = await claim(storage)
    (told,) = (await storage.message(reply)).summaries
    assert [s.speaker for s in told.statements] == ["Graustark"]
    assert await storage.message(replace(reply, channel=HERE)) is None, "HERE does not want that topic"
    (whole,) = (await storage.message(replace(reply, kind=UPDATE))).summaries
    assert [s.speaker for s in whole.statements] == ["Ruritania", "Graustark"]


async def test_many_workers_never_send_one_message_twice(storage, feeds):
    channels = [Channel(Platform.DISCORD, str(i)) for i in range(40)]
    for key in "abcdefghij":
        await owe(storage, feeds[FEED.name], key, *channels)

    async def worker():
        mine = []
        while (await storage.backlog()).pending:
            for one in await claim(storage, limit=7):
                mine.append((one.channel, one.story, one.id))
                await storage.sent(one, one.id, now=NOW)
        return mine

    sent = [i for mine in await asyncio.gather(*(worker() for _ in range(8))) for i in mine]
    assert len(sent) == len(set(sent)) == 400
