from datetime import timedelta

import pytest

from bot.domain.pace import Said
from bot.domain.push import Push, PushStatus
from bot.domain.subscription import Platform
from bot.errors import FetchError
from bot.service.catalog import build_catalog, conflicts_meant
from bot.service.queries import Queries, span
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
