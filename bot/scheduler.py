"""A few tickers: each calls one use case and nothing else. State lives in the database, not here."""

import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.service.ports import Meter

log = logging.getLogger(__name__)


class Scheduler:
    """Runs tickers without overlap; a tick that falls while its job still runs is left out, the next one comes."""

    def __init__(self, meter: Meter) -> None:
        # The default grace of one second would skip a tick that the loop was late for.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        self._meter = meter
        self._scheduler.add_listener(self._heard, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
        # An overlapping tick is normal here: the poll ticker waits while the disk is slow.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

    def every(self, interval: timedelta, name: str, job: Callable[[], Awaitable[object]]) -> None:
        """Add a ticker; its first tick comes one interval after the start."""
        self._scheduler.add_job(job, "interval", seconds=interval.total_seconds(), id=name, name=name)

    def start(self) -> None:
        """Begin ticking, in the running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """No more ticks. Jobs that run already are left alone."""
        self._scheduler.shutdown(wait=False)

    def _heard(self, event: JobExecutionEvent) -> None:
        self._meter.count("parley_scheduler_missed_total", job=event.job_id)
        if event.exception is not None:
            log.error("ticker %s failed", event.job_id, exc_info=event.exception)
