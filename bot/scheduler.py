"""A few tickers: each calls one use case and nothing else. State lives in the database, not here."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.service.ports import Meter

log = logging.getLogger(__name__)

# apscheduler waits for an hour of the wall clock. When that clock is set back, the hour comes again, and nothing ticks.
LOOK_SECONDS = 1.0
JUMP_SECONDS = 2.0


class Every(BaseTrigger):  # type: ignore[misc]  # apscheduler has no types
    """Fires an interval from now, and so on; what was missed (a clock set forward, a long sleep) is not made up for.

    apscheduler's own IntervalTrigger lists the missed ticks one by one: a year of seconds takes minutes and gigabytes.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next tick after the previous one; asked by apscheduler."""
        if previous_fire_time is None:
            return now + self._interval
        return max(previous_fire_time + self._interval, now)


class Scheduler:
    """Runs tickers without overlap; a tick that falls while its job still runs is left out, the next one comes.

    Ticks go on whatever the wall clock does: when it jumps against the steady one, every ticker ticks at once.
    """

    def __init__(self, meter: Meter, *, wall: Callable[[], float] = time.time) -> None:
        # The default grace of one second would skip a tick that the loop was late for.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._meter = meter
        self._wall = wall
        self._watch: asyncio.TimerHandle | None = None
        self._stopping = False
        self._running: set[asyncio.Future[object]] = set()
        self._scheduler.add_listener(self._heard, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        # An overlapping tick is normal here: the poll ticker waits while the disk is slow.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

    def every(self, interval: timedelta, name: str, job: Callable[[], Awaitable[object]]) -> None:
        """Add a ticker; its first tick comes one interval after the start."""

        async def tick() -> None:
            running = asyncio.ensure_future(job())
            self._running.add(running)
            running.add_done_callback(self._running.discard)
            # apscheduler cuts its jobs off when it shuts down; what a tick has just claimed would wait for its lease.
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError:
                if not self._stopping:
                    raise

        self._scheduler.add_job(tick, Every(interval), id=name, name=name)

    def start(self) -> None:
        """Begin ticking, in the running event loop."""
        self._scheduler.start()
        self._look_later()

    async def stop(self, grace: timedelta) -> None:
        """No more ticks; give jobs that run already `grace` to end, then cut them off."""
        self._stopping = True
        if self._watch is not None:
            self._watch.cancel()
        self._scheduler.shutdown(wait=False)
        running = list(self._running)
        if running:
            _, late = await asyncio.wait(running, timeout=grace.total_seconds())
            for job in late:
                job.cancel()
        # What a job raises now nobody hears of otherwise: apscheduler listens no more.
        for outcome in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(outcome, Exception):
                log.error("a ticker failed while the bot stopped", exc_info=outcome)

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(LOOK_SECONDS, self._look, self._wall() - loop.time())

    def _look(self, ahead: float) -> None:
        """Compare how far the wall clock is ahead of the steady one with how far it was."""
        jump = self._wall() - asyncio.get_running_loop().time() - ahead
        if abs(jump) > JUMP_SECONDS:
            log.warning("the clock was set %s by %.0f s", "back" if jump < 0 else "forward", abs(jump))
            now = datetime.fromtimestamp(self._wall(), self._scheduler.timezone)
            for job in self._scheduler.get_jobs():
                job.modify(next_run_time=now)
        self._look_later()

    def _heard(self, event: JobExecutionEvent) -> None:
        self._meter.count("parley_scheduler_missed_total", job=event.job_id)
        if event.exception is not None:
            log.error("ticker %s failed", event.job_id, exc_info=event.exception)
