"""What channels hear of feeds that fail, are gone, or work again: each change once, many in one message."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.feed import MOVED_FOR_GOOD, FetchState
from bot.domain.standing import Standing
from bot.domain.subscription import Channel, Platform, Subscription
from bot.errors import FetchError
from bot.service.ports import Fetched, Parsed
from bot.service.standing import succeeded
from tests.fakes.feeds import entry
from tests.service.rig import CHANNEL, RADIO, WIRE

GONE = FetchError("the server answered 410 Gone", gone=True)
DOWN = FetchError("no such host: wire.example")
MINUTE = timedelta(minutes=1)


async def fail_for(bot, hours, *, error=DOWN):
    """Half hours in which the feed fails whenever it is asked."""
    for _ in range(2 * hours):
        await bot.poll(wire=error)
        await bot.deliver(minutes=24)


async def state(bot):
    (health,) = await bot.storage.health()
    return health.state


async def test_a_feed_that_is_gone_is_told_once_and_asked_once_a_week(bot, caplog):
    await bot.settle()
    await bot.poll(wire=GONE)
    await bot.deliver(minutes=20)
    assert bot.shown == ["notice: Harbour Wire retired"]
    retired = await state(bot)
    assert retired.next_check - bot.clock.now() > timedelta(days=6)
    assert "take it out of feeds.toml" in retired.error
    assert "take it out of feeds.toml" in caplog.text
    for _ in range(3):
        bot.clock.forward(days=7)
        assert [o.status for o in await bot.poll()] == ["failed"]
        assert await bot.poll() == [], "not asked again before another week"
        await bot.deliver(hours=1)
    assert len(bot.shown) == 1


async def test_a_retired_feed_stays_so_across_a_restart(bot):
    await bot.settle()
    await bot.poll(wire=GONE)
    await bot.storage.sync_feeds([WIRE])
    await bot.storage.reclaim(now=bot.clock.now())
    await bot.storage.retry_failing(now=bot.clock.now())
    assert await bot.poll() == []
    bot.deliverer = bot.new_deliverer()
    await bot.deliver(minutes=20)
    assert bot.shown == ["notice: Harbour Wire retired"]


async def test_other_failures_do_not_bring_a_retired_feed_back_but_an_answer_does(bot):
    await bot.settle()
    await bot.poll(wire=GONE)
    await bot.deliver(minutes=20)
    bot.clock.forward(days=7)
    await bot.poll(wire=DOWN)
    assert (await state(bot)).standing is Standing.RETIRED
    bot.clock.forward(days=7)
    (outcome,) = await bot.poll(wire=[entry("1", "Ruritania rejects ceasefire", published=None)])
    assert outcome.owed == 1
    await bot.deliver(minutes=20)
    assert sorted(bot.shown) == [
        "alert: Ruritania reject ceasefire (1)",
        "notice: Harbour Wire retired",
        "notice: Harbour Wire working",
    ]


async def test_a_learnt_address_that_is_gone_is_forgotten_and_the_configured_one_decides(bot):
    await bot.settle()
    bot.source.moved_to = "https://new.example/rss"
    for _ in range(MOVED_FOR_GOOD):
        await bot.poll()
    assert (await state(bot)).learnt_address
    bot.source.moved_to = None
    await bot.poll(wire=GONE)
    soft = await state(bot)
    assert (soft.standing, soft.learnt_address) == (Standing.WORKING, None)
    assert soft.next_check == bot.clock.now() + WIRE.every
    await bot.poll(wire=GONE)
    assert (await state(bot)).standing is Standing.RETIRED


async def test_a_day_of_failures_is_told_once_and_so_is_its_end(bot, caplog):
    await bot.settle()
    await fail_for(bot, 12)
    assert bot.shown == []
    await fail_for(bot, 36)
    assert bot.shown == ["notice: Harbour Wire failing"]
    (notice,) = bot.messenger.posted[0].message.notices
    assert notice.error == "no such host: wire.example"
    assert timedelta(days=0.5) < bot.clock.now() - notice.since < timedelta(days=2.1)
    assert caplog.text.count("its channels are told") == 1
    bot.clock.forward(days=1)
    with caplog.at_level(logging.INFO):
        await bot.poll(wire=[])
    await bot.deliver(minutes=20)
    assert bot.shown == ["notice: Harbour Wire failing", "notice: Harbour Wire working"]
    assert "works again" in caplog.text
    recovered = await state(bot)
    assert (recovered.failing_since, recovered.standing) == (None, Standing.WORKING)


async def test_a_short_outage_is_for_the_log_alone(bot):
    await bot.settle()
    await fail_for(bot, 5)
    bot.clock.forward(hours=3)
    await bot.poll(wire=[])
    await bot.deliver(hours=1)
    assert bot.shown == []


async def test_fifty_feeds_that_fall_silent_together_are_one_message_a_channel(bot):
    feeds = [replace(WIRE, name=f"Feed {n:02}", url=f"https://wire.example/{n}") for n in range(50)]
    there = Channel(Platform.DISCORD, "200")
    await bot.settle(feeds, [Subscription(CHANNEL), Subscription(there)])
    for feed in feeds:
        bot.source.answers[feed.url] = GONE
    for _ in range(12):
        await bot.poll()  # nine at a time, a minute on
        bot.clock.forward(minutes=-5)
    assert {h.state.standing for h in await bot.storage.health()} == {Standing.RETIRED}
    await bot.deliver(minutes=20)
    assert sorted(p.channel for p in bot.messenger.posted) == ["100", "200"]
    assert [len(p.message.notices) for p in bot.messenger.posted] == [50, 50]


async def test_what_a_channel_had_not_heard_yet_is_taken_back_when_it_ends(bot):
    await bot.settle()
    bot.messenger.down = True
    await fail_for(bot, 48)
    assert (await bot.storage.backlog()).pending == 1
    bot.clock.forward(days=1)
    await bot.poll(wire=[])
    bot.messenger.down = False
    await bot.deliver(hours=1)
    assert bot.shown == []
    assert (await bot.storage.backlog()).pending == 0
    assert (await bot.storage.backlog()).dead == 0


async def test_a_notice_that_may_have_arrived_is_not_changed_any_more(bot):
    await bot.settle()
    await bot.poll(wire=GONE)
    bot.messenger.lose_next_answer()
    await bot.deliver(minutes=20)
    bot.clock.forward(days=7)
    await bot.poll(wire=[])
    for _ in range(3):
        await bot.deliver(minutes=20)
    assert bot.shown == ["notice: Harbour Wire retired", "notice: Harbour Wire working"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ([], ["notice: Harbour Wire retired", "notice: Harbour Wire working"]),
        (GONE, ["notice: Harbour Wire retired", "notice: Harbour Wire retired"]),
        (DOWN, ["notice: Harbour Wire retired"]),
    ],
)
async def test_a_revived_feed_is_asked_at_once_and_its_channels_hear_what_came_of_it(bot, answer, told):
    await bot.settle()
    await bot.poll(wire=GONE)
    await bot.deliver(minutes=20)
    assert await bot.storage.revive("Harbour Wire") == 1
    assert await bot.storage.revive("Radio Lindenau") == 0
    (outcome,) = await bot.poll(wire=answer)
    assert outcome.status == ("unchanged" if answer == [] else "failed")
    await bot.deliver(minutes=20)
    assert bot.shown == told
    if answer is DOWN:
        assert (await state(bot)).next_check - bot.clock.now() < timedelta(hours=1)


async def test_taking_a_retired_feed_out_of_the_settings_and_back_in_revives_it(bot):
    await bot.settle([WIRE, RADIO])
    await bot.poll(wire=GONE, radio=[])
    await bot.storage.sync_feeds([RADIO])
    await bot.storage.sync_feeds([WIRE, RADIO])
    outcomes = await bot.poll(wire=[])
    assert [o.status for o in outcomes] == ["unchanged", "unchanged"]


async def test_a_change_of_standing_and_its_notice_are_kept_together_or_not_at_all(bot):
    await bot.settle()
    bot.source.answers[WIRE.url] = GONE
    bot.clock.forward(minutes=6)
    (first,) = await bot.storage.claim_feeds(now=bot.clock.now(), limit=1, lease=timedelta(seconds=1))
    bot.clock.forward(seconds=2)
    (second,) = await bot.storage.claim_feeds(now=bot.clock.now(), limit=1, lease=MINUTE)
    assert (await bot.ingest.poll(first)).status == "lost"
    assert (await bot.storage.backlog()).pending == 0
    assert (await bot.ingest.poll(second)).status == "failed"
    assert (await bot.storage.backlog()).pending == 1


# --- what an answer leaves behind -------------------------------------------------------------------

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fetched", "parsed", "validators"),
    [
        (Fetched(None, WIRE.url), None, ('"1"', "Mon", b"old")),
        (Fetched(None, WIRE.url, etag='"2"'), None, ('"2"', "Mon", b"old")),
        (Fetched(None, WIRE.url, last_modified="Tue"), None, ('"1"', "Tue", b"old")),
        (Fetched(b"<rss/>", WIRE.url, digest=b"new"), Parsed((), frozenset()), (None, None, b"new")),
    ],
)
def test_an_unchanged_answer_need_not_repeat_the_validators_and_another_body_has_its_own(fetched, parsed, validators):
    before = FetchState(etag='"1"', last_modified="Mon", body_digest=b"old")
    after = succeeded(before, WIRE, fetched, parsed, now=NOON, news=False, jitter=0)
    assert (after.etag, after.last_modified, after.body_digest) == validators


@pytest.mark.parametrize(("parsed", "last_change"), [(None, NOON), (Parsed((), frozenset()), NOON + MINUTE)])
def test_only_other_bytes_are_a_change(parsed, last_change):
    before = FetchState(last_change=NOON, last_success=NOON)
    after = succeeded(before, WIRE, Fetched(None, WIRE.url), parsed, now=NOON + MINUTE, news=False, jitter=0)
    assert (after.last_change, after.last_success) == (last_change, NOON + MINUTE)


def test_the_rhythm_that_an_answer_teaches_counts_from_its_next_visit_on():
    before = FetchState(last_news=NOON - timedelta(hours=10), last_success=NOON - MINUTE)
    after = succeeded(before, WIRE, Fetched(None, WIRE.url), Parsed((), frozenset()), now=NOON, news=True, jitter=0)
    assert after.rhythm == timedelta(hours=10)
    assert after.reason.startswith("it seldom has news")
