"""Health: what the running parts show of themselves, and the verdict that Docker and the operator read."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from bot.domain.subscription import Platform
from bot.errors import StorageError
from bot.service.ports import Clock, Messenger, Meter
from bot.service.spans import span
from bot.service.storage import FeedCounts, Storage

log = logging.getLogger(__name__)

# Ticks come every second; half a minute without one is no busy moment any more.
MAX_SILENCE = timedelta(seconds=30)
# The storage is looked at every few seconds; a look that hangs shows here.
MAX_BLINDNESS = timedelta(minutes=1)
# Platforms drop and resume connections all day long.
MAX_OFFLINE = timedelta(minutes=2)

Fact = str | int | float


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The verdict: `reasons` is empty when healthy, else one plain sentence each; `facts` are figures by name."""

    healthy: bool
    reasons: tuple[str, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is known when the verdict is asked for: for how long no tick came round, for how long the storage gave no
    answer, and for how long each unconnected platform is so.
    """

    silent: timedelta
    blind: timedelta
    storage_error: str | None = None
    offline: Mapping[Platform, timedelta] = field(default_factory=dict)


def judge_health(vitals: Vitals) -> tuple[str, ...]:
    """The reasons why this bot is not well; none when it is.

    A failing feed or a refused message is no reason: a restart mends neither. They are facts, metrics and log lines.
    """
    reasons = []
    if vitals.silent > MAX_SILENCE:
        reasons.append(f"no feed was looked at for {span(vitals.silent)}")
    if vitals.storage_error is not None:
        reasons.append(f"the database does not answer: {vitals.storage_error}")
    elif vitals.blind > MAX_BLINDNESS:
        reasons.append(f"the database gave no answer for {span(vitals.blind)}")
    reasons += [
        f"{platform} is not connected for {span(off)}" for platform, off in vitals.offline.items() if off > MAX_OFFLINE
    ]
    return tuple(reasons)


class Pulse:
    """Feels the running bot's pulse: the poll ticker calls `beat`, a slower ticker `look`, the web page `report`.

    Silence is measured on `steady` (seconds), which nobody sets: a jump of the clock neither hides it nor fakes it.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        messengers: Mapping[Platform, Messenger],
        clock: Clock,
        meter: Meter,
        version: str,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = storage
        self._messengers = messengers
        self._clock = clock
        self._meter = meter
        self._version = version
        self._steady = steady
        self._started = self._ticked = self._looked = steady()
        self._storage_error: str | None = None
        self._offline: dict[Platform, float] = {}
        self._figures: dict[str, Fact] = {}
        self._behind = False
        meter.gauge("parley_build_info", 1, version=version)

    def beat(self) -> None:
        """A tick of the poll ticker came round."""
        self._ticked = self._steady()

    async def look(self) -> None:
        """Ask the storage and the platforms how they are, and set the gauges. Raises nothing they can cause."""
        self._look_at_platforms()
        try:
            now = self._clock.now()
            feeds = await self._storage.count_feeds(now=now, since=now - self._since(self._started))
            backlog = await self._storage.backlog()
        except StorageError as error:
            self._storage_error = str(error)
            return
        self._looked = self._steady()
        self._storage_error = None
        oldest = max((now - backlog.oldest).total_seconds(), 0.0) if backlog.oldest else 0.0
        self._watch(feeds)
        self._figures = {
            "feeds": feeds.total,
            "feeds_failing": feeds.failing,
            "feeds_retired": feeds.retired,
            "feeds_overdue": feeds.overdue,
            "messages_waiting": backlog.pending,
            "messages_given_up": backlog.dead,
            "oldest_message_seconds": round(oldest, 1),
        }
        self._meter.gauge("parley_feeds", feeds.total - feeds.failing - feeds.retired, state="working")
        self._meter.gauge("parley_feeds", feeds.failing, state="failing")
        self._meter.gauge("parley_feeds", feeds.retired, state="retired")
        self._meter.gauge("parley_feeds_overdue", feeds.overdue)
        self._meter.gauge("parley_outbox_pending", backlog.pending)
        self._meter.gauge("parley_outbox_dead", backlog.dead)
        self._meter.gauge("parley_outbox_oldest_seconds", oldest)

    def report(self) -> HealthReport:
        """The verdict as of now."""
        self._look_at_platforms()
        offline = {platform: self._since(when) for platform, when in self._offline.items()}
        silent = self._since(self._ticked)
        reasons = judge_health(Vitals(silent, self._since(self._looked), self._storage_error, offline))
        facts: dict[str, Fact] = {
            "version": self._version,
            "uptime_seconds": round(self._since(self._started).total_seconds(), 1),
            "last_tick_seconds": round(silent.total_seconds(), 1),
        }
        facts |= self._figures
        facts |= {str(p): "not connected" if p in self._offline else "connected" for p in self._messengers}
        return HealthReport(healthy=not reasons, reasons=reasons, facts=facts)

    def _watch(self, feeds: FeedCounts) -> None:
        """Tell when feeds begin to go unpolled, and when that ends."""
        if feeds.overdue and not self._behind:
            more = ", …" if feeds.overdue > len(feeds.overdue_names) else ""
            log.warning(
                "feeds not polled for more than three of their intervals: %d (%s%s); polling cannot keep up",
                feeds.overdue,
                ", ".join(feeds.overdue_names),
                more,
            )
        elif self._behind and not feeds.overdue:
            log.info("every feed is polled in time again")
        self._behind = bool(feeds.overdue)

    def _since(self, when: float) -> timedelta:
        return timedelta(seconds=self._steady() - when)

    def _look_at_platforms(self) -> None:
        for platform, messenger in self._messengers.items():
            healthy = messenger.healthy()
            if healthy:
                self._offline.pop(platform, None)
            else:
                self._offline.setdefault(platform, self._steady())
            self._meter.gauge("parley_platform_connected", healthy, platform=platform)
