import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.feed import FullText
from bot.domain.pace import SAYS_NOTHING, Said
from bot.domain.subscription import Subscription
from bot.errors import BusyHostError, FetchError, ParseError, StorageError, WorkerDied
from bot.feeds.fetch import MAX_REDIRECTS, TIMEOUT
from bot.feeds.turns import TURN
from bot.service import ingest
from bot.service.poller import LEASE
from tests.fakes.feeds import entry
from tests.service.rig import CHANNEL, RADIO, WIRE

NEWS = entry("1", "Ruritania rejects ceasefire")


async def test_news_is_stored_and_owed_in_one_poll(bot):
    await bot.settle()
    (outcome,) = await bot.poll(wire=[NEWS])
    assert (outcome.status, outcome.new, outcome.flagged, outcome.owed) == ("polled", 1, 1, 1)
    assert bot.owed == 1
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania reject ceasefire (1)"]


async def test_a_quiet_article_is_stored_and_nobody_is_told(bot):
    await bot.settle()
    (outcome,) = await bot.poll(wire=[entry("1", "The harbour bridge reopens")])
    assert (outcome.new, outcome.flagged, outcome.owed) == (1, 0, 0)
    assert (await bot.storage.counts())["articles"] == 1
    assert bot.owed == 0


async def test_what_was_seen_is_not_told_again_whatever_its_date_or_place_in_the_feed(bot):
    await bot.settle()
    await bot.poll(wire=[NEWS])
    moved = replace(NEWS, published=NEWS.published + timedelta(hours=2), link="https://outlet.example/moved")
    (outcome,) = await bot.poll(wire=[entry("2", "Other news"), moved])
    assert (outcome.new, outcome.edited, outcome.owed) == (1, 0, 0)
    (outcome,) = await bot.poll(wire=[])
    (outcome,) = await bot.poll(wire=[NEWS])
    assert (outcome.new, outcome.owed) == (0, 0)


async def test_two_entries_with_one_key_are_one_article(bot):
    await bot.settle()
    (outcome,) = await bot.poll(wire=[NEWS, replace(NEWS, title="Ruritania agrees ceasefire")])
    assert outcome.new == 1
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania reject ceasefire (1)"]


async def test_an_undated_article_is_news_and_one_of_last_week_is_archive(bot):
    await bot.settle()
    old = entry("2", "Graustark agrees ceasefire", published=bot.clock.now() - timedelta(days=7))
    await bot.poll(wire=[replace(NEWS, published=None), old])
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania reject ceasefire (1)"]
    assert (await bot.storage.counts())["stories"] == 2


async def test_a_date_in_the_future_is_cut_to_now(bot):
    await bot.settle()
    await bot.poll(wire=[replace(NEWS, published=bot.clock.now() + timedelta(days=900))])
    (story,) = await bot.storage.latest(limit=1)
    assert story.published == bot.clock.now()


async def test_the_first_poll_owes_one_catch_up_of_the_last_day_and_no_alerts(bot):
    now = bot.clock.now()
    old = entry("old", "Graustark agrees ceasefire", published=now - timedelta(hours=30))
    undated = entry("undated", "Syldavia agrees ceasefire", published=None)
    bot.source.answers[WIRE.url] = [NEWS, entry("2", "Borduria claims territory"), old, undated]
    bot.source.answers[RADIO.url] = [entry("3", "Zembla demands territory")]
    await bot.settle([WIRE, RADIO])
    await bot.deliver()
    assert bot.shown == []
    await bot.deliver(seconds=20)
    (catch_up,) = bot.shown
    assert catch_up.startswith("catch_up: ")
    assert {s.title for s in bot.messenger.posted[0].message.summaries} == {
        "Ruritania rejects ceasefire",
        "Borduria claims territory",
        "Zembla demands territory",
    }


async def test_a_channel_may_do_without_the_catch_up(bot):
    bot.source.answers[WIRE.url] = [NEWS]
    await bot.settle(subscriptions=[Subscription(CHANNEL, catch_up=timedelta(0))])
    await bot.deliver(minutes=1)
    assert bot.shown == []


async def test_another_publisher_edits_the_alert_and_another_statement_replies_in_its_thread(bot):
    await bot.settle([WIRE, RADIO])
    await bot.poll(wire=[NEWS])
    await bot.deliver()
    title = "Ruritania rejects ceasefire"
    same = {"link": "https://outlet.example/1?utm_source=radio"}
    await bot.poll(radio=[entry("r1", title, **same)])
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania reject ceasefire (1)"] or bot.shown == [
        "update: Ruritania reject ceasefire (2)"
    ]
    assert len(bot.messenger.posted) == 1
    assert len(bot.messenger.posted[0].edits) == 1
    await bot.poll(radio=[entry("r1", title, **same), entry("r2", title, "Graustark agrees ceasefire", **same)])
    await bot.deliver()
    assert bot.shown[1:] == ["reply: Graustark agree ceasefire (2)"]
    assert bot.messenger.posted[1].thread == bot.messenger.posted[0].id


async def test_one_publisher_repeating_itself_is_no_news(bot):
    await bot.settle([WIRE, replace(RADIO, publisher=WIRE.publisher)])
    await bot.poll(wire=[NEWS])
    await bot.poll(radio=[replace(NEWS, guid="again")])
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania reject ceasefire (1)"]


async def test_an_edit_that_brings_a_statement_is_told_and_one_that_brings_none_is_not(bot):
    await bot.settle()
    first = entry("1", "Talks in the harbour town go on")
    await bot.poll(wire=[first])
    await bot.poll(wire=[replace(first, summary="The delegations had lunch.")])
    assert bot.owed == 0
    (outcome,) = await bot.poll(wire=[replace(first, summary="Ruritania agrees ceasefire")])
    assert (outcome.edited, outcome.owed) == (1, 1)
    await bot.poll(wire=[replace(first, title="Talks end", summary="Ruritania agrees ceasefire")])
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania agree ceasefire (1)"]


@pytest.mark.parametrize("dated", [True, False])
async def test_an_outlet_that_gives_old_items_new_ids_makes_no_news_of_them(bot, dated):
    await bot.settle()
    title, page = "Ruritania and Graustark meet again", "https://outlet.example/a"
    for number in range(4):
        when = bot.clock.now() if dated else None
        shown = entry(f"id {number}", title, "Ruritania rejects ceasefire", link=page, published=when)
        await bot.poll(wire=[shown])
        bot.clock.forward(hours=49)
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania reject ceasefire (1)"]
    assert (await bot.storage.counts())["articles"] == 1
    edited = entry("id 4", title, "Ruritania rejects ceasefire\nGraustark agrees ceasefire", link=page, published=None)
    (outcome,) = await bot.poll(wire=[edited])
    assert (outcome.new, outcome.edited) == (0, 1)
    await bot.poll(wire=[replace(edited, title="They have met")])
    await bot.deliver()
    assert bot.shown[1:] == ["reply: Graustark agree ceasefire (1)"]


async def test_a_headline_that_goes_to_and_fro_is_told_once_each_way(bot):
    await bot.settle()
    owed = 0
    for turn in range(8):
        (outcome,) = await bot.poll(wire=[entry("1", f"Ruritania {('rejects', 'agrees')[turn % 2]} ceasefire")])
        owed += outcome.owed
        await bot.deliver()
    assert owed == 2
    assert bot.shown == ["alert: Ruritania reject ceasefire (1)", "reply: Ruritania agree ceasefire (1)"]


async def test_a_correction_of_what_a_first_poll_found_is_no_alert_and_a_new_statement_in_it_is(bot):
    old = entry("old", "Graustark agrees ceasefire", published=bot.clock.now() - timedelta(hours=30))
    bot.source.answers[WIRE.url] = [old]
    await bot.settle()
    await bot.poll(wire=[replace(old, summary="A typing error was corrected.")])
    await bot.deliver(minutes=1)
    assert bot.shown == []
    await bot.poll(wire=[replace(old, summary="Ruritania rejects ceasefire")])
    await bot.deliver()
    assert bot.shown == ["alert: Graustark agree ceasefire, Ruritania reject ceasefire (1)"]


async def test_channels_hear_only_what_they_want(bot):
    await bot.settle(subscriptions=[Subscription(CHANNEL, topics=frozenset({"territory"}))])
    await bot.poll(
        wire=[NEWS, entry("2", "A pair of statements", "Ruritania rejects ceasefire\nGraustark claims territory")]
    )
    await bot.deliver()
    assert bot.shown == ["alert: Graustark claim territory (1)"]


@pytest.mark.parametrize("error", [FetchError("no such host: wire.example"), ParseError("this is a web page, no feed")])
async def test_a_failing_feed_says_why_waits_longer_and_keeps_its_memory(bot, caplog, error):
    await bot.settle()
    await bot.poll(wire=[NEWS])
    (before,) = await bot.storage.health()
    with caplog.at_level(logging.INFO):
        (outcome,) = await bot.poll(wire=error)
        assert outcome.status == "failed"
        assert str(error) in caplog.text
        assert "next try at" in caplog.text
        (after,) = await bot.storage.health()
        assert (after.state.failures, after.state.error) == (1, str(error))
        assert after.state.etag == before.state.etag
        assert after.state.next_check == bot.clock.now() + WIRE.every
        bot.clock.forward(minutes=9)
        (outcome,) = await bot.poll(wire=[NEWS, entry("2", "Graustark agrees ceasefire")])
    assert (outcome.status, outcome.new) == ("polled", 1)
    assert "works again; failed polls in a row before: 1" in caplog.text
    (mended,) = await bot.storage.health()
    assert (mended.state.failures, mended.state.error) == (0, None)


def warnings(caplog) -> list[str]:
    return [r.getMessage().split(";")[0] for r in caplog.records if r.levelno == logging.WARNING]


async def test_a_feed_that_goes_on_failing_is_told_of_once_a_change_and_once_a_day(bot, caplog):
    await bot.settle()
    gone, late = FetchError("no such host"), FetchError("too slow")
    for error, hours in ((gone, 0), (gone, 1), (late, 2), (late, 23), (late, 4), ([], 24), (late, 1)):
        bot.clock.forward(hours=hours)
        await bot.poll(wire=error)
    told = ["no such host", "too slow", "too slow", "too slow"]
    assert warnings(caplog) == [f"{WIRE.name}: {error}" for error in told]


async def test_a_feed_whose_host_is_busy_does_not_work_again(bot, caplog):
    await bot.settle()
    await bot.poll(wire=FetchError("no such host"))
    with caplog.at_level(logging.INFO):
        (outcome,) = await bot.poll(wire=BusyHostError("the host is busy"))
    assert outcome.status == "deferred"
    assert "works again" not in caplog.text


async def test_a_server_that_asks_for_time_gets_it(bot):
    await bot.settle()
    await bot.poll(wire=FetchError("the server answered 429", retry_after=timedelta(hours=3)))
    (health,) = await bot.storage.health()
    assert health.state.next_check == bot.clock.now() + timedelta(hours=3)
    assert health.state.error == "the server answered 429; it asks for a pause"


async def test_what_a_feed_says_holds_while_it_does_not_change(bot):
    await bot.settle()
    bot.source.said = Said(ttl=timedelta(minutes=12))
    await bot.poll(wire=[entry("1", "Ruritania rejects ceasefire")])
    bot.source.said = SAYS_NOTHING
    for _ in range(2):  # unchanged
        (health,) = await bot.storage.health()
        assert health.state.next_check == bot.clock.now() + timedelta(minutes=12)
        assert health.state.reason == "the feed asks for it (ttl)"
        bot.clock.forward(minutes=7)
        assert [o.status for o in await bot.poll()] == ["unchanged"]
    await bot.storage.sync_feeds([replace(WIRE, at_most=timedelta(minutes=7))])
    bot.clock.forward(minutes=7)
    await bot.poll()
    (health,) = await bot.storage.health()
    assert health.state.next_check == bot.clock.now() + timedelta(minutes=7)


async def test_what_a_server_says_of_one_answer_holds_for_one_poll(bot):
    await bot.settle()
    waits = []
    for fresh_for in (timedelta(minutes=9), None):
        bot.source.fresh_for = fresh_for
        bot.clock.forward(minutes=9)
        await bot.poll()
        (health,) = await bot.storage.health()
        waits.append(health.state.next_check - bot.clock.now())
    assert waits == [timedelta(minutes=9), timedelta(minutes=5)]


async def test_a_feeds_rhythm_is_learnt_from_news_not_from_changed_bytes(bot):
    await bot.settle()
    began = bot.clock.now()
    await bot.poll(wire=[entry("1", "One")])
    (health,) = await bot.storage.health()
    assert health.state.rhythm == bot.clock.now() - began
    news = bot.clock.now()
    await bot.poll(wire=[entry("1", "One"), entry("1", "One")])
    (health,) = await bot.storage.health()
    assert (health.state.last_change, health.state.last_news) == (bot.clock.now(), news)


async def test_what_unchanged_answers_save_is_counted(bot):
    await bot.settle()
    await bot.poll(wire=[entry("1", "One")])
    (one,) = await bot.storage.health()
    for _ in range(3):
        await bot.poll()
    (health,) = await bot.storage.health()
    assert health.state.body_size == one.state.body_size > 0
    assert health.state.unchanged == one.state.unchanged + 3
    assert health.state.saved == one.state.saved + 3 * one.state.body_size


async def test_a_feed_that_has_moved_is_told_once_by_its_host_and_forgotten_when_the_new_address_fails(bot, caplog):
    await bot.settle()
    bot.source.moved_to = "https://new.example/rss?key=s3cret"
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            await bot.poll()
        bot.source.moved_to = None  # asked there, it answers itself
        await bot.poll()
    assert caplog.text.count("moved for good, asked at new.example now") == 1
    assert "s3cret" not in caplog.text
    (health,) = await bot.storage.health()
    assert health.state.learnt_address == "https://new.example/rss?key=s3cret"
    await bot.poll(wire=FetchError("no such host"))
    (health,) = await bot.storage.health()
    assert health.state.learnt_address is None


async def test_nothing_moves_when_nothing_can_be_saved(bot, monkeypatch, caplog):
    await bot.settle()
    full = StorageError("the disk is full")

    def refuse(*_: object, **__: object) -> None:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr("bot.storage.store.SqlTransaction.finish_poll", refuse)
        (outcome,) = await bot.poll(wire=[NEWS])
    assert outcome.status == "unsaved"
    assert "disk is full" in caplog.text
    assert (await bot.storage.counts())["articles"] == 0
    assert (await bot.storage.backlog()).pending == 0
    bot.clock.forward(minutes=5)
    (outcome,) = await bot.poll()
    assert (outcome.status, outcome.new, outcome.owed) == ("polled", 1, 1)


async def test_a_poll_whose_lease_was_lost_changes_nothing(bot):
    await bot.settle()
    bot.source.answers[WIRE.url] = [NEWS]
    bot.clock.forward(minutes=6)
    (first,) = await bot.storage.claim_feeds(now=bot.clock.now(), limit=1, lease=timedelta(seconds=1))
    bot.clock.forward(seconds=2)
    (second,) = await bot.storage.claim_feeds(now=bot.clock.now(), limit=1, lease=timedelta(minutes=1))
    assert (await bot.ingest.poll(first)).status == "lost"
    assert (await bot.storage.counts())["articles"] == 0
    assert (await bot.ingest.poll(second)).owed == 1


async def test_full_text_is_fetched_for_what_was_flagged(bot):
    await bot.settle([replace(WIRE, full_text=FullText.FLAGGED)])
    page = "Ruritania rejects ceasefire\nGraustark claims territory\n" + "More words. " * 20
    bot.source.pages = {"https://outlet.example/1": page}
    await bot.poll(wire=[NEWS, entry("2", "The harbour bridge reopens")])
    assert bot.source.asked == ["https://outlet.example/1"]
    await bot.deliver()
    assert bot.shown == ["alert: Ruritania reject ceasefire, Graustark claim territory (1)"]


async def test_full_text_is_fetched_for_everything_where_the_feed_asks_for_it(bot):
    await bot.settle([replace(WIRE, full_text=FullText.ALWAYS)])
    bot.source.pages = {"https://outlet.example/2": "Graustark claims territory\n" + "More words. " * 20}
    await bot.poll(wire=[NEWS, entry("2", "The harbour bridge reopens"), entry("3", "Old", published=None)])
    assert sorted(bot.source.asked) == ["https://outlet.example/1", "https://outlet.example/2"]
    await bot.deliver()
    assert sorted(bot.shown) == ["alert: Graustark claim territory (1)", "alert: Ruritania reject ceasefire (1)"]


async def test_a_poll_whose_reading_hangs_ends_at_its_deadline(bot, monkeypatch):
    await bot.settle()
    monkeypatch.setattr(ingest, "DEADLINE", timedelta(milliseconds=50))

    async def hang(*_, **__):
        await asyncio.Event().wait()

    monkeypatch.setattr(bot.source, "parse", hang)
    [outcome] = await bot.poll(wire=[entry("1", "Story")])
    assert outcome.status == "failed"
    assert "took longer than" in outcome.error
    monkeypatch.undo()
    [outcome] = await bot.poll()
    assert outcome.new == 1, "the lease was given back, and nothing is lost"


async def test_the_deadline_counts_from_the_first_request_on(bot, monkeypatch):
    await bot.settle()
    monkeypatch.setattr(ingest, "DEADLINE", timedelta(milliseconds=20))
    fetch, parse = bot.source.fetch, bot.source.parse

    async def slow(*args):
        await asyncio.sleep(0.05)
        return await fetch(*args)

    async def parse_soon(*args, **options):
        for _ in range(9):
            await asyncio.sleep(0)
        return await parse(*args, **options)

    monkeypatch.setattr(bot.source, "fetch", slow)
    monkeypatch.setattr(bot.source, "parse", parse_soon)
    [outcome] = await bot.poll(wire=[entry("1", "Story")])
    assert "took longer than" in outcome.error


def test_a_fetch_ends_within_a_minute_and_so_within_the_deadline_and_that_within_the_lease():
    assert TIMEOUT + (MAX_REDIRECTS + 1) * TURN <= timedelta(minutes=1) < ingest.DEADLINE < LEASE


async def test_a_feed_whose_host_is_busy_comes_again_soon_and_has_not_failed(bot):
    await bot.settle()
    (outcome,) = await bot.poll(wire=BusyHostError("wire.example is busy"))
    assert outcome.status == "deferred"
    (health,) = await bot.storage.health()
    assert (health.state.failures, health.state.error) == (0, None)
    assert health.state.next_check == bot.clock.now() + timedelta(seconds=30)


async def test_a_flood_of_news_is_twenty_alerts_and_one_message_for_the_rest(bot):
    await bot.settle()
    speakers = [f"Land{i}" for i in range(30)]
    await bot.poll(wire=[entry(s, f"{s} rejects ceasefire", published=None) for s in speakers])
    for _ in range(25):
        await bot.deliver(seconds=5)
    kinds = [shown.split(":")[0] for shown in bot.shown]
    assert kinds.count("alert") == 20
    assert kinds.count("catch_up") == 1
    told = " ".join(bot.shown)
    assert all(f"{s} reject" in told for s in speakers)


async def test_a_flood_of_news_in_one_story_is_twenty_replies_and_an_edit_for_the_rest(bot):
    await bot.settle()
    told = [
        entry(f"{n}", "Envoys meet at the old harbour", f"Land{n} rejects ceasefire", published=None) for n in range(30)
    ]
    await bot.poll(wire=told[:1])
    await bot.deliver()
    await bot.poll(wire=told)
    for _ in range(30):
        await bot.deliver(seconds=5)
    assert [shown.split(":")[0] for shown in bot.shown] == ["update", *["reply"] * 20]
    assert all(f"Land{n} reject" in bot.shown[0] for n in range(30)), "the alert shows them all"


async def test_nothing_is_marked_as_seen_when_nothing_could_be_analysed(bot, monkeypatch):
    await bot.settle()

    async def dead(_documents):
        raise WorkerDied("no child process could be started")

    with monkeypatch.context() as patch:
        patch.setattr(bot.ingest._reader._analyst, "analyse", dead)
        (outcome,) = await bot.poll(wire=[NEWS])
    assert outcome.status == "unsaved"
    bot.clock.forward(minutes=5)
    (outcome,) = await bot.poll()
    assert (outcome.new, outcome.owed) == (1, 1)


async def test_a_fault_of_ours_is_a_failure_with_back_off(bot, monkeypatch, caplog):
    await bot.settle()
    with monkeypatch.context() as patch:
        patch.setattr(bot.source, "parse", lambda _fetched, known: 1 / 0)
        (outcome,) = await bot.poll(wire=[NEWS])
    assert outcome.status == "failed"
    assert "a fault of ours (ZeroDivisionError)" in outcome.error
    assert "unexpected fault" in caplog.text
    (health,) = await bot.storage.health()
    assert health.state.failures == 1


async def test_pages_of_a_dead_server_are_not_asked_for_one_after_another(bot):
    await bot.settle([replace(WIRE, full_text=FullText.ALWAYS)])
    await bot.poll(wire=[entry(str(i), f"Quiet news number {i}") for i in range(9)])
    assert len(bot.source.asked) == 2
