import asyncio
from datetime import timedelta

from bot.domain.feed import Feed
from bot.service.ingest import PollOutcome
from bot.service.poller import Poller


class SlowIngest:
    """Stands in for Ingest: polls last until they are let go."""

    def __init__(self, storage) -> None:
        self.storage = storage
        self.gate = asyncio.Event()
        self.running = self.most = self.done = 0

    async def poll(self, claimed):
        from dataclasses import replace

        self.running += 1
        self.most = max(self.most, self.running)
        await self.gate.wait()
        self.running -= 1
        self.done += 1
        now = claimed.lease_until
        await self.storage.write(
            lambda tx: tx.finish_poll(claimed, replace(claimed.state, next_check=now, last_success=now))
        )
        return PollOutcome("polled")


async def poller_on(bot, *, feeds: int, at_once: int = 3):
    await bot.storage.sync_feeds([Feed(f"F{i}", f"https://wire.example/{i}", "P") for i in range(feeds)])
    ingest = SlowIngest(bot.storage)
    heard = []
    poller = Poller(
        ingest=ingest, storage=bot.storage, clock=bot.clock, at_once=at_once, polled=lambda c, _: heard.append(c.id)
    )
    return poller, ingest, heard


async def test_no_more_polls_run_at_a_time_than_may(bot):
    poller, ingest, heard = await poller_on(bot, feeds=8)
    assert await poller.tick() == 3
    assert await poller.tick() == 0
    ingest.gate.set()
    await poller.round()
    assert ingest.most <= 3
    assert sorted(heard) == sorted(set(heard))
    assert len(heard) == 8


async def test_a_round_ends(bot):
    poller, ingest, heard = await poller_on(bot, feeds=5, at_once=9)
    ingest.gate.set()
    await poller.round()
    assert len(heard) == 5


async def test_a_round_ends_also_where_the_clock_is_set_back_in_it(bot):
    poller, ingest, heard = await poller_on(bot, feeds=5)
    good = ingest.poll

    async def set_back(claimed):
        if not heard:
            bot.clock.forward(hours=-1)
        if len(heard) > 30:
            raise TypeError("a round without an end")
        bot.clock.forward(seconds=1)
        return await good(claimed)

    ingest.poll = set_back
    ingest.gate.set()
    await poller.round()
    assert set(heard) == set(range(1, 6))
    assert len(heard) <= 10, "those that were asked before the first look after it may be asked twice"


async def test_feeds_that_wait_their_turn_start_as_soon_as_one_ends(bot):
    poller, ingest, heard = await poller_on(bot, feeds=7)
    ingest.gate.set()
    await poller.tick()
    await until(lambda: len(heard) == 7)  # without another tick
    await poller.stop(timedelta(seconds=1))


async def test_a_feed_that_falls_due_after_another_is_polled_without_a_tick(bot):
    poller, ingest, heard = await poller_on(bot, feeds=1)
    ingest.gate.set()
    assert await poller.tick() == 1
    await bot.storage.sync_feeds([Feed(f"F{i}", f"https://wire.example/{i}", "P") for i in range(2)])
    await until(lambda: len(heard) == 2)
    await poller.stop(timedelta(seconds=1))


async def test_where_nothing_is_due_only_ticks_look(bot, monkeypatch):
    poller, ingest, _ = await poller_on(bot, feeds=1)
    ingest.gate.set()
    looks = []
    claim = bot.storage.claim_feeds

    async def counted(**options):
        looks.append(options["limit"])
        return await claim(**options)

    monkeypatch.setattr(bot.storage, "claim_feeds", counted)
    monkeypatch.setattr("bot.service.poller.PACE", timedelta(milliseconds=1))
    monkeypatch.setattr("bot.service.poller.SLOWEST_PACE", timedelta(milliseconds=16))
    await poller.tick()
    await until(lambda: len(looks) == 5)  # at once, then after 1, 2, 4 and 8 ms
    await asyncio.sleep(0.1)
    assert len(looks) == 5
    await poller.tick()
    await asyncio.sleep(0.1)
    assert len(looks) == 6


async def test_after_a_round_nothing_is_looked_for(bot, monkeypatch):
    """Many rounds, since a look may begin in the very moment in which a round finds nothing more."""
    poller, ingest, heard = await poller_on(bot, feeds=1)
    ingest.gate.set()
    monkeypatch.setattr("bot.service.poller.PACE", timedelta(milliseconds=1))
    for known in range(1, 41):
        await poller.round()
        done = len(heard)
        await bot.storage.sync_feeds([Feed(f"F{i}", f"https://wire.example/{i}", "P") for i in range(known + 1)])
        await asyncio.sleep(0.01)
        assert len(heard) == done


async def until(true):
    for _ in range(500):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not happen")


async def test_stopping_gives_leases_back(bot):
    poller, ingest, _ = await poller_on(bot, feeds=2)
    await poller.tick()
    await asyncio.sleep(0.05)
    await poller.stop(timedelta(milliseconds=10))
    assert ingest.done == 0
    assert await poller.tick() == 0
    claimed = await bot.storage.claim_feeds(now=bot.clock.now(), limit=9, lease=timedelta(minutes=1))
    assert len(claimed) == 2


async def test_a_fault_of_ours_in_one_poll_does_not_stop_the_others(bot, caplog):
    poller, ingest, heard = await poller_on(bot, feeds=2, at_once=1)

    async def broken(_claimed):
        raise TypeError("a fault of ours")

    good, ingest.poll = ingest.poll, broken
    await poller.round()
    assert "F0: unexpected fault while polling" in caplog.text
    assert "F1: unexpected fault while polling" in caplog.text
    ingest.poll = good
    ingest.gate.set()
    bot.clock.forward(minutes=4)
    await poller.round()
    assert len(heard) == 2, "once their leases have lapsed"
