"""Whose turn it is. What becomes of claimed messages: test_outbox.py."""

import random
from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.storage import dispatch, open_storage, upgrade
from bot.storage.engine import open_engine
from bot.storage.tables import deliveries
from tests.storage.examples import ALL, LEASE, NOW

MINUTE = timedelta(minutes=1)


def row(number, channel="100", **more):
    values = {
        "id": f"{channel}-{number}",
        "platform": "discord",
        "channel": channel,
        "kind": "alert",
        "story": None,
        "revision": 1,
        "status": "pending",
        "attempts": 0,
        "attempted": None,
        "unsure": False,
        "thread": None,
        "next_try": NOW,
        "lease_until": None,
        "fence": 0,
        "created": NOW,
    }
    return values | more


@pytest.fixture
async def engine(url):
    await upgrade(url)
    engine = open_engine(url)
    yield engine
    engine.dispose()


def claim(engine, limit=100):
    with engine.begin() as connection:
        claimed = dispatch.claim(connection, now=NOW, limit=limit, lease=LEASE, platforms=ALL)
    return [one.id for one in claimed]


def expected(rows):
    """The rule, message by message: the first of its channel that is not passed over, if it can be sent now."""
    found, served = [], set()
    for one in rows:
        follower = one["kind"] in ("update", "reply")
        if one["channel"] in served or one["status"] not in ("pending", "sending"):
            continue
        if (follower and one["thread"] is None) or one["platform"] == "console":
            continue
        due = one["next_try"] <= NOW or one["next_try"] > NOW + timedelta(days=1)
        sending = one["status"] == "sending"
        if not due and not sending and one["attempts"] in (0, *range(5, 99)):
            continue
        served.add(one["channel"])
        lease = one["lease_until"]
        free = lease is None or not NOW < lease <= NOW + timedelta(hours=1)
        if free if sending else due:
            found.append(one["id"])
    return found


@pytest.mark.parametrize("seed", range(6))
async def test_the_turn_is_the_one_that_the_rule_gives(engine, seed):
    chance = random.Random(seed)
    platforms = {"a": "discord", "b": "discord", "c": "slack", "d": "slack", "e": "console"}
    rows = [
        row(
            number,
            channel := chance.choice("abcde"),
            platform=platforms[channel],
            kind=chance.choice(["alert", "catch_up", "update", "reply", "notice"]),
            status=chance.choice(["pending", "pending", "sending", "sent", "dead"]),
            attempts=chance.choice([0, 1, 4, 5, 9]),
            thread=chance.choice([None, "17"]),
            next_try=NOW + chance.choice([-1, 0, 1, 60 * 24 * 2]) * MINUTE,
            lease_until=chance.choice([None, NOW - MINUTE, NOW + MINUTE, NOW + 90 * MINUTE]),
        )
        for number in range(chance.choice([8, 40]))
    ]
    with engine.begin() as connection:
        connection.execute(sa.insert(deliveries), rows)
    assert claim(engine) == expected(rows)


async def test_of_many_channels_those_that_have_waited_longest_come_first(engine):
    with engine.begin() as connection:
        connection.execute(sa.insert(deliveries), [row(n, channel) for n, channel in enumerate("cabacb")])
    assert claim(engine, limit=2) == ["c-0", "a-1"]
    assert claim(engine, limit=2) == ["b-2"]


async def test_a_flooded_channel_does_not_slow_another_down(tmp_path):
    """Counted in steps of SQLite's machine, which know no busy processor."""

    async def steps(flood):
        url = f"sqlite:///{tmp_path / f'{flood}.db'}"
        await upgrade(url)
        engine = open_engine(url)
        counted = []
        with engine.begin() as connection:
            connection.execute(sa.insert(deliveries), [row(n) for n in range(flood)] + [row(0, "200")])
        with engine.begin() as connection:
            connection.connection.set_progress_handler(lambda: counted.append(1), 10)
            claimed = dispatch.claim(connection, now=NOW, limit=9, lease=LEASE, platforms=ALL)
            connection.connection.set_progress_handler(None, 10)
        engine.dispose()
        assert [one.channel.id for one in claimed] == ["100", "200"]
        return len(counted)

    assert await steps(2_000) < 2 * await steps(20)


async def test_a_message_under_way_holds_back_the_next_also_where_another_worker_s_clock_is_behind(engine):
    sending = row(0, status="sending", attempts=9, next_try=NOW + MINUTE, lease_until=NOW + MINUTE)
    with engine.begin() as connection:
        connection.execute(sa.insert(deliveries), [sending, row(1)])
    assert claim(engine) == []


@pytest.mark.parametrize(("attempts", "passed"), [(0, True), (1, False), (4, False), (5, True)])
async def test_a_message_that_waits_on_purpose_or_was_refused_five_times_is_passed(engine, attempts, passed):
    with engine.begin() as connection:
        connection.execute(sa.insert(deliveries), [row(0, attempts=attempts, next_try=NOW + MINUTE), row(1)])
    assert claim(engine) == (["100-1"] if passed else [])


async def test_a_message_claimed_while_the_clock_was_ahead_holds_its_channel_up_no_longer_than_its_lease(engine):
    ahead = row(0, status="sending", attempts=1, next_try=NOW + 180 * MINUTE, lease_until=NOW)
    with engine.begin() as connection:
        connection.execute(sa.insert(deliveries), [ahead, row(1)])
    assert claim(engine) == ["100-0"]


async def test_nothing_owed_is_nothing_claimed(url):
    await upgrade(url)
    storage = await open_storage(url)
    assert await storage.claim_deliveries(now=NOW, limit=9, lease=LEASE, platforms=ALL) == []
    await storage.close()
