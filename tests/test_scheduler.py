import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Self

import apscheduler.executors.base
import apscheduler.schedulers.base
import pytest

from bot import scheduler as module
from bot.scheduler import Every, Scheduler
from tests.fakes.meter import FakeMeter

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Wall:
    """The wall clock, as apscheduler and the scheduler see it: right, until it is set."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.off = timedelta(0)
        wall = self

        class Shifted(datetime):
            @classmethod
            def now(cls, tz=None) -> Self:
                return super().now(tz) + wall.off

        patch.setattr(apscheduler.schedulers.base, "datetime", Shifted)
        patch.setattr(apscheduler.executors.base, "datetime", Shifted)
        patch.setattr(module, "LOOK_SECONDS", 0.02)

    def time(self) -> float:
        return (datetime.now(UTC) + self.off).timestamp()


@asynccontextmanager
async def ticking(wall: Wall) -> AsyncIterator[Callable]:
    """A started scheduler with one ticker; call the value to wait for the next few ticks."""
    ticks: asyncio.Queue[None] = asyncio.Queue()

    async def tick() -> None:
        ticks.put_nowait(None)

    async def wait(number: int) -> None:
        while not ticks.empty():
            ticks.get_nowait()
        async with asyncio.timeout(20):
            for _ in range(number):
                await ticks.get()

    scheduler = Scheduler(FakeMeter(), wall=wall.time)
    scheduler.every(timedelta(seconds=0.05), "tick", tick)
    scheduler.start()
    try:
        yield wait
    finally:
        await scheduler.stop(SECOND)


@pytest.mark.parametrize(
    ("off", "words"),
    [(timedelta(hours=-1), "set back by 3600 s"), (timedelta(days=365 * 50), "set forward by 1576800000 s")],
)
async def test_ticks_go_on_when_the_clock_is_set(monkeypatch, caplog, off, words):
    wall = Wall(monkeypatch)
    with caplog.at_level(logging.WARNING):
        async with ticking(wall) as wait:
            await wait(2)
            wall.off = off
            await wait(5)
    assert words in caplog.text
    assert caplog.text.count("the clock was set") == 1


async def test_a_steady_clock_is_no_news(monkeypatch, caplog):
    async with ticking(Wall(monkeypatch)) as wait:
        await wait(5)
    assert "clock" not in caplog.text


async def test_a_failing_tick_is_logged_and_counted_and_the_next_one_comes(monkeypatch, caplog):
    Wall(monkeypatch)
    meter, again = FakeMeter(), asyncio.Event()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        ticks += 1
        if ticks == 1:
            raise RuntimeError("a fault of ours")
        again.set()

    scheduler = Scheduler(meter)
    scheduler.every(timedelta(seconds=0.05), "fragile", tick)
    scheduler.start()
    async with asyncio.timeout(20):
        await again.wait()
    await scheduler.stop(SECOND)
    assert "ticker fragile failed" in caplog.text
    assert meter.counts[("parley_scheduler_missed_total", "fragile")] == 1


@pytest.mark.parametrize(("grace", "ended"), [(20 * SECOND, "carried through"), (SECOND / 100, "cut off")])
async def test_a_job_that_runs_when_all_stops_may_end_within_its_grace(monkeypatch, grace, ended):
    Wall(monkeypatch)
    began, gate, fate = asyncio.Event(), asyncio.Event(), []

    async def job() -> None:
        began.set()
        try:
            await gate.wait()
            fate.append("carried through")
        except asyncio.CancelledError:
            fate.append("cut off")
            raise

    scheduler = Scheduler(FakeMeter())
    scheduler.every(timedelta(seconds=0.01), "slow", job)
    scheduler.start()
    await began.wait()
    if ended == "carried through":
        asyncio.get_running_loop().call_later(0.05, gate.set)
    await scheduler.stop(grace)
    assert fate == [ended]


async def test_what_a_job_raises_while_all_stops_is_told(monkeypatch, caplog):
    Wall(monkeypatch)
    began, gate = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        began.set()
        await gate.wait()
        raise RuntimeError("a fault of ours")

    scheduler = Scheduler(FakeMeter())
    scheduler.every(timedelta(seconds=0.01), "fragile", job)
    scheduler.start()
    await began.wait()
    asyncio.get_running_loop().call_later(0.05, gate.set)
    await scheduler.stop(20 * SECOND)
    assert "a ticker failed while the bot stopped" in caplog.text
    assert "a fault of ours" in caplog.text


@pytest.mark.parametrize(
    ("previous", "next_"),
    [
        (None, NOW + SECOND),
        (NOW, NOW + SECOND),
        (NOW - SECOND / 4, NOW + SECOND * 3 / 4),
        (NOW - timedelta(days=365), NOW),
    ],
)
def test_missed_ticks_are_not_made_up_for(previous, next_):
    assert Every(SECOND).get_next_fire_time(previous, NOW) == next_
