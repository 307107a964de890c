from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.feed import Feed, FetchState
from bot.domain.subscription import Platform
from bot.errors import StorageError
from bot.service.health import Pulse, Vitals, judge_health
from bot.service.ports import Backlog, FeedHealth
from tests.fakes.clock import FakeClock
from tests.fakes.messenger import FakeMessenger
from tests.fakes.meter import FakeMeter

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Archive:
    """The two questions that Pulse asks a Storage."""

    def __init__(self) -> None:
        self.feeds: list[FeedHealth] = []
        self.owed = Backlog(0, 0, None)
        self.error: StorageError | None = None

    async def health(self) -> list[FeedHealth]:
        if self.error:
            raise self.error
        return self.feeds

    async def backlog(self) -> Backlog:
        return self.owed


class Rig:
    def __init__(self) -> None:
        self.clock, self.meter, self.archive = FakeClock(START), FakeMeter(), Archive()
        self.discord = FakeMessenger(Platform.DISCORD)
        storage: Any = self.archive
        messengers = {Platform.DISCORD: self.discord}
        self.pulse = Pulse(storage=storage, messengers=messengers, clock=self.clock, meter=self.meter, version="9.9.9")

    async def live(self, **delta: float) -> None:
        """Time passes, and both tickers come round."""
        self.clock.forward(**delta)
        self.pulse.beat()
        await self.pulse.look()


def vitals(**changes: Any) -> Vitals:
    return Vitals(**{"started": START, "ticked": START, "looked": START} | changes)


@pytest.mark.parametrize(
    ("state", "seconds", "reasons"),
    [
        (vitals(), 0, ()),
        (vitals(), 30, ()),
        (vitals(), 31, ("no feed was looked at for 31 s",)),
        (vitals(storage_error="disk full"), 1, ("the database does not answer: disk full",)),
        (vitals(ticked=START + timedelta(seconds=60)), 61, ("the database gave no answer for 61 s",)),
        (vitals(offline={Platform.SLACK: START - timedelta(seconds=100)}), 20, ()),
        (vitals(offline={Platform.SLACK: START - timedelta(seconds=100)}), 21, ("slack is not connected for 2 min",)),
    ],
)
def test_verdict(state: Vitals, seconds: int, reasons: tuple[str, ...]) -> None:
    assert judge_health(state, now=START + timedelta(seconds=seconds)) == reasons


def test_every_reason_is_told_at_once() -> None:
    state = vitals(storage_error="gone", offline={Platform.DISCORD: START})
    assert len(judge_health(state, now=START + timedelta(hours=1))) == 3


async def test_a_fresh_bot_is_healthy_and_names_its_version() -> None:
    rig = Rig()
    report = rig.pulse.report()
    assert report.healthy
    assert report.reasons == ()
    assert report.facts["version"] == "9.9.9"
    assert report.facts["discord"] == "connected"
    assert rig.meter.counts[("parley_build_info", "9.9.9")] == 1


async def test_missing_ticks_are_noticed_and_forgiven() -> None:
    rig = Rig()
    await rig.live(minutes=10)
    assert rig.pulse.report().healthy
    rig.clock.forward(seconds=45)
    assert rig.pulse.report().reasons == ("no feed was looked at for 45 s",)
    rig.pulse.beat()
    assert rig.pulse.report().healthy


async def test_a_storage_error_is_a_reason_until_the_next_good_look() -> None:
    rig = Rig()
    rig.archive.error = StorageError("the disk is full")
    await rig.live(seconds=5)
    assert rig.pulse.report().reasons == ("the database does not answer: the disk is full",)
    rig.archive.error = None
    await rig.live(seconds=5)
    assert rig.pulse.report().healthy


async def test_a_platform_may_reconnect_in_peace() -> None:
    rig = Rig()
    rig.discord.down = True
    await rig.live(seconds=5)
    assert rig.pulse.report().healthy
    assert rig.pulse.report().facts["discord"] == "not connected"
    await rig.live(seconds=121)
    assert rig.pulse.report().reasons == ("discord is not connected for 2 min",)
    rig.discord.down = False
    assert rig.pulse.report().healthy
    rig.discord.down = True  # the count starts anew
    assert rig.pulse.report().healthy


async def test_failing_feeds_and_a_backlog_are_figures_not_reasons() -> None:
    rig = Rig()
    feed = Feed(name="A", url="https://a.example/rss", publisher="A")
    later = START + timedelta(minutes=1)
    rig.archive.feeds = [
        FeedHealth(feed, FetchState(failures=3, next_check=later)),
        FeedHealth(feed, FetchState(next_check=START - timedelta(minutes=6))),
        FeedHealth(feed, FetchState()),
    ]
    rig.archive.owed = Backlog(pending=7, dead=2, oldest=START - timedelta(seconds=90))
    await rig.live(seconds=0)
    report = rig.pulse.report()
    assert report.healthy
    assert report.facts["feeds"] == 3
    assert report.facts["feeds_failing"] == 1
    assert report.facts["feeds_overdue"] == 1
    assert report.facts["messages_waiting"] == 7
    assert report.facts["oldest_message_seconds"] == 90
    counts = rig.meter.counts
    assert counts[("parley_feeds", "failing")] == 1
    assert counts[("parley_feeds", "working")] == 2
    assert counts[("parley_feeds_overdue",)] == 1
    assert counts[("parley_outbox_pending",)] == 7
    assert counts[("parley_outbox_dead",)] == 2
    assert counts[("parley_outbox_oldest_seconds",)] == 90
