from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.statement import Analysis, Stance
from bot.domain.subscription import Subscription
from tests.storage.examples import FEED, HERE, LEASE, NOW, OTHER, analysis, article


@pytest.fixture
async def feeds(storage):
    await storage.sync_feeds([FEED, OTHER])
    return {c.feed: c.id for c in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)}


def in_conflict(what: Analysis, *conflicts: str) -> Analysis:
    return replace(what, statements=tuple(replace(s, conflicts=conflicts) for s in what.statements))


async def tell(storage, feed_id, what, said, *, story=None):
    def work(tx):
        found = tx.start_story(what.title, now=NOW) if story is None else tx.bump_story(story.id)
        tx.add_article(feed_id, what, said, story=found)
        return found

    return await storage.write(work)


def delivery(story, kind, revision):
    return Delivery("d1", HERE, kind, story.id, revision, NOW)


async def told(storage, story, kind=DeliveryKind.UPDATE, revision=9):
    message = await storage.message(delivery(story, kind, revision))
    return [] if message is None else [(s.speaker, s.publisher) for s in message.summaries[0].statements]


async def test_a_statement_is_told_once_by_its_first_reporter_in_the_order_of_appearance(storage, feeds):
    both = Analysis(("ceasefire",), analysis().statements + analysis("Graustark", Stance.AGREE).statements)
    story = await tell(storage, feeds[FEED], article("a"), both)
    await tell(storage, feeds[OTHER], article("b"), analysis(), story=story)
    await tell(storage, feeds[OTHER], article("c"), analysis("Freedonia"), story=story)
    assert await told(storage, story) == [
        ("Ruritania", FEED.publisher),
        ("Graustark", FEED.publisher),
        ("Freedonia", OTHER.publisher),
    ]


async def test_a_reply_tells_only_what_came_with_it_and_an_alert_only_what_came_before(storage, feeds):
    story = await tell(storage, feeds[FEED], article("a"), analysis())
    again = Analysis(("ceasefire",), analysis().statements + analysis("Graustark", Stance.AGREE).statements)
    await tell(storage, feeds[OTHER], article("b"), again, story=story)
    assert await told(storage, story, DeliveryKind.REPLY, 2) == [("Graustark", OTHER.publisher)]
    assert await told(storage, story, DeliveryKind.ALERT, 1) == [("Ruritania", FEED.publisher)]
    assert len(await told(storage, story, DeliveryKind.ALERT, 2)) == 2
    assert await told(storage, story, DeliveryKind.REPLY, 3) == []


async def test_a_channel_hears_of_its_conflict_also_when_the_first_report_was_filed_under_another(storage, feeds):
    await storage.sync_subscriptions([Subscription(HERE, conflicts=frozenset({"graustark"}))])
    story = await tell(storage, feeds[FEED], article("a"), in_conflict(analysis(), "ruritania"))
    assert await told(storage, story) == []
    await tell(storage, feeds[OTHER], article("b"), in_conflict(analysis(), "graustark"), story=story)
    assert await told(storage, story) == [("Ruritania", OTHER.publisher)]
    (latest,) = await storage.latest(limit=5, conflict="graustark")
    assert [s.publisher for s in latest.statements] == [OTHER.publisher]


async def test_a_retired_channel_is_still_told_what_it_wanted(storage, feeds):
    await storage.sync_subscriptions([Subscription(HERE, frozenset({"territory"}))])
    story = await tell(storage, feeds[FEED], article("a"), analysis())
    await tell(storage, feeds[FEED], article("b"), analysis("Graustark", topic="territory"), story=story)
    await storage.sync_subscriptions([])
    assert await told(storage, story) == [("Graustark", FEED.publisher)]


async def test_sources_come_once_a_publisher_earliest_first(storage, feeds):
    early, late = NOW - timedelta(hours=2), NOW - timedelta(hours=1)
    story = await tell(storage, feeds[FEED], article("a", published=late), analysis())
    await tell(
        storage, feeds[OTHER], article("b", published=early, link="https://r.example/b"), analysis(), story=story
    )
    await tell(storage, feeds[FEED], article("c", published=None), analysis(), story=story)
    message = await storage.message(delivery(story, DeliveryKind.UPDATE, 3))
    (summary,) = message.summaries
    assert [(s.publisher, s.published) for s in summary.sources] == [(OTHER.publisher, early), (FEED.publisher, late)]
    assert summary.sources[0].link == "https://r.example/b"
    assert (summary.published, summary.seen, summary.revision) == (early, NOW, 3)


async def test_a_message_about_nothing_is_none(storage, feeds):
    assert await storage.message(Delivery("d1", HERE, DeliveryKind.ALERT, 404, 1, NOW)) is None
    assert await storage.message(Delivery("d1", HERE, DeliveryKind.CATCH_UP, None, 1, NOW)) is None
