from datetime import timedelta

import pytest

from bot.chat.discord.render import length as discord_length
from bot.chat.discord.render import reply as discord_reply
from bot.chat.slack.blocks import length as slack_length
from bot.chat.slack.render import reply as slack_reply
from bot.domain.feed import Feed, FetchState
from bot.domain.pace import Said
from bot.domain.push import Push, PushStatus
from bot.domain.subscription import Platform
from bot.errors import FetchError
from bot.service.catalog import build_catalog, conflicts_meant
from bot.service.queries import Queries
from bot.service.spans import span
from tests.fakes.feeds import entry
from tests.service.rig import RADIO, WIRE

CONFLICTS = {
    "gaza": "Gaza war",
    "south-sudan": "South Sudan conflict",
    "sudan": "Sudan civil war",
    "ukraine": "Russia–Ukraine war",
}


@pytest.fixture
async def commands(bot):
    await bot.settle()
    queries = Queries(
        storage=bot.storage, messengers={Platform.DISCORD: bot.messenger}, clock=bot.clock, version="1.2.3"
    )
    catalog = build_catalog(queries, topics=("ceasefire", "territory"), conflicts=CONFLICTS)
    return {c.name: c for c in catalog}


async def test_latest_shows_the_newest_stories(bot, commands):
    assert "Nothing yet" in (await commands["latest"].handler({})).text
    await bot.poll(wire=[entry("1", "Ruritania rejects ceasefire"), entry("2", "Graustark claims territory")])
    reply = await commands["latest"].handler({"limit": 1})
    assert len(reply.summaries) == 1
    reply = await commands["latest"].handler({"topic": "territory", "conflict": "ukraine"})
    assert [s.title for s in reply.summaries] == ["Graustark claims territory"]
    assert reply.private


async def test_an_unknown_conflict_is_answered_with_the_known_ones(commands):
    reply = await commands["latest"].handler({"conflict": "narnia"})
    assert "gaza, south-sudan, sudan, ukraine" in reply.text
    assert reply.summaries == ()
    reply = await commands["latest"].handler({"conflict": "war"})
    assert reply.text == "Which conflict? Gaza war: gaza, Sudan civil war: sudan, Russia–Ukraine war: ukraine."


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("ukraine", ["ukraine"]),
        ("UKRAINE", ["ukraine"]),
        ("russia-ukraine war", ["ukraine"]),
        ("russia", ["ukraine"]),
        ("south sudan", ["south-sudan"]),
        ("South_Sudan conflict", ["south-sudan"]),
        ("Sudan", ["sudan"]),
        ("civil war", ["sudan"]),
        ("war", ["gaza", "sudan", "ukraine"]),
        ("narnia", []),
        ("?", []),
        ("", []),
    ],
)
def test_a_conflict_goes_by_its_id_its_name_or_a_part_of_it(asked, meant):
    assert conflicts_meant(asked, CONFLICTS) == meant


async def test_status_tells_what_fails_and_what_waits(bot, commands):
    await bot.poll(wire=[entry("1", "Ruritania rejects ceasefire")])
    await bot.poll(wire=FetchError("no such host: wire.example"))
    bot.messenger.down = True
    facts = dict((await commands["status"].handler({})).facts)
    assert facts["Feeds"] == "1 polled, 1 failing; last answer 6 min ago"
    assert facts["Messages"].startswith("1 waiting, 0 given up")
    assert ", the oldest since " in facts["Messages"]
    assert "discord NOT connected" in facts["Channels"]
    assert (
        "Harbour Wire: no such host: wire.example (next try in 5 min: failed polls in a row: 1)"
        in facts["Failing feeds"]
    )
    assert "1.2.3" in facts["Running"]


async def test_status_counts_why_feeds_are_asked_when_they_are(bot, commands):
    await bot.settle([WIRE, RADIO])
    bot.source.said = Said(ttl=timedelta(hours=1))
    await bot.poll(wire=[entry("1", "Ruritania rejects ceasefire")])
    facts = dict((await commands["status"].handler({})).facts)
    assert facts["Next polls"].splitlines() == ["the feed asks for it (ttl); at_most is sooner: 1", "its interval: 1"]


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        (timedelta(seconds=-3), "0 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(minutes=5), "5 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_spans(delta, words):
    assert span(delta) == words


async def test_status_tells_of_subscriptions_at_hubs(bot, commands):
    await bot.settle()
    facts = dict((await commands["status"].handler({})).facts)
    assert "Pushes" not in facts
    now = bot.clock.now()
    for status in (PushStatus.ENDING, PushStatus.ACTIVE):
        push = Push(status, 1, "https://h.example/", "t", "c", "s", status, created=now, next_try=now)
        await bot.storage.write(lambda tx, push=push: tx.save_push(push))
    assert dict((await commands["status"].handler({})).facts)["Pushes"] == "1 active, 1 ending"


async def test_feeds_are_told_the_ailing_first(bot, commands):
    await bot.storage.sync_feeds([WIRE, RADIO])
    await bot.poll(radio=FetchError("no such host"))
    await bot.poll()
    reply = await commands["feeds"].handler({})
    assert reply.text == "2 feeds: 1 failing, 1 ok"
    (bad, told), (good, fine) = reply.facts
    assert (bad, good) == (RADIO.name, WIRE.name)
    assert told.startswith("failing: no such host\nanswered never, changed never, next check in ")
    assert "failed polls in a row: 2" in told
    assert fine.startswith("ok\nanswered 0 s ago, changed ")
    assert fine.endswith(' answers "unchanged"')
    assert [name for name, _ in (await commands["feeds"].handler({"find": "lindenau"})).facts] == [RADIO.name]
    assert [name for name, _ in (await commands["feeds"].handler({"state": "ok"})).facts] == [WIRE.name]
    assert (await commands["feeds"].handler({"state": "new"})).text.startswith("No feed is so")


async def test_ten_thousand_feeds_fit_into_messages_of_either_platform(bot, commands):
    feeds = [Feed(f"Feed {i} " + "x" * 70, f"https://{i}.example/rss", "P") for i in range(10_000)]
    await bot.storage.sync_feeds(feeds)
    for one in await bot.storage.claim_feeds(now=bot.clock.now(), limit=15, lease=timedelta(minutes=1)):
        state = FetchState(failures=3, error="why " * 500, reason="r " * 50, saved=10**12, unchanged=10**6)
        assert await bot.storage.finish_poll(one, state)
    reply = await commands["feeds"].handler({})
    assert reply.text == "10000 feeds: 15 failing, 9985 not read yet\npage 1 of 1000, the ailing first; more: page 2"
    assert len(reply.facts) == 10
    assert sum(map(discord_length, discord_reply(reply).embeds)) <= 6000
    assert len(discord_reply(reply).embeds[0]["fields"]) == 10
    assert slack_length(slack_reply(reply).blocks) <= 11_000
    last = await commands["feeds"].handler({"page": 9999})
    assert last.text.endswith("page 1000 of 1000, the ailing first")
    assert len(last.facts) == 10
