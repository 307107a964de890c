import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.subscription import Platform
from bot.errors import StorageError
from bot.service.health import Pulse, Vitals, judge_health
from bot.service.storage import Backlog, FeedCounts
from tests.fakes.clock import FakeClock
from tests.fakes.messenger import FakeMessenger
from tests.fakes.meter import FakeMeter

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Archive:
    """The two questions that Pulse asks a Storage."""

    def __init__(self) -> None:
        self.feeds = FeedCounts(0)
        self.since: datetime | None = None
        self.owed = Backlog(0, 0, None)
        self.error: StorageError | None = None

    async def count_feeds(self, *, now: datetime, since: datetime) -> FeedCounts:
        if self.error:
            raise self.error
        self.since = since
        return self.feeds

    async def backlog(self) -> Backlog:
        return self.owed


class Rig:
    def __init__(self) -> None:
        self.clock, self.meter, self.archive = FakeClock(START), FakeMeter(), Archive()
        self.discord = FakeMessenger(Platform.DISCORD)
        storage: Any = self.archive
        messengers = {Platform.DISCORD: self.discord}
        self.seconds = 0.0
        self.pulse = Pulse(
            storage=storage,
            messengers=messengers,
            clock=self.clock,
            meter=self.meter,
            version="9.9.9",
            steady=lambda: self.seconds,
        )

    def forward(self, **delta: float) -> None:
        """Time passes, on both clocks."""
        self.clock.forward(**delta)
        self.seconds += timedelta(**delta).total_seconds()

    async def live(self, **delta: float) -> None:
        """Time passes, and both tickers come round."""
        self.forward(**delta)
        self.pulse.beat()
        await self.pulse.look()


def vitals(**seconds: float) -> Vitals:
    given = {key: timedelta(seconds=value) for key, value in ({"silent": 0.0, "blind": 0.0} | seconds).items()}
    offline = {Platform.SLACK: given.pop("slack")} if "slack" in given else {}
    return Vitals(offline=offline, **given)


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        (vitals(), ()),
        (vitals(silent=30, blind=60, slack=120), ()),
        (vitals(silent=31), ("no feed was looked at for 31 s",)),
        (vitals(blind=61), ("the database gave no answer for 61 s",)),
        (vitals(slack=121), ("slack is not connected for 2 min",)),
        (replace(vitals(), storage_error="disk full"), ("the database does not answer: disk full",)),
        (replace(vitals(blind=999), storage_error="disk full"), ("the database does not answer: disk full",)),
    ],
)
def test_verdict(state: Vitals, reasons: tuple[str, ...]) -> None:
    assert judge_health(state) == reasons


def test_every_reason_is_told_at_once() -> None:
    assert len(judge_health(replace(vitals(silent=3600, slack=3600), storage_error="gone"))) == 3


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
    rig.forward(seconds=45)
    assert rig.pulse.report().reasons == ("no feed was looked at for 45 s",)
    rig.pulse.beat()
    assert rig.pulse.report().healthy


async def test_a_clock_that_is_set_neither_hides_silence_nor_fakes_it() -> None:
    rig = Rig()
    rig.discord.down = True
    await rig.live(seconds=5)
    rig.clock.forward(days=365)
    assert rig.pulse.report().healthy
    rig.clock.forward(days=-730)
    rig.forward(seconds=300)
    assert len(rig.pulse.report().reasons) == 3
    assert rig.pulse.report().facts["last_tick_seconds"] == 300
    assert rig.pulse.report().facts["uptime_seconds"] == 305


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
    rig.archive.feeds = FeedCounts(4, failing=1, retired=1, overdue=1, overdue_names=("A",))
    rig.archive.owed = Backlog(pending=7, dead=2, oldest=START - timedelta(seconds=90))
    await rig.live(seconds=0)
    report = rig.pulse.report()
    assert report.healthy
    assert report.facts["feeds"] == 4
    assert report.facts["feeds_failing"] == 1
    assert report.facts["feeds_retired"] == 1
    assert report.facts["feeds_overdue"] == 1
    assert report.facts["messages_waiting"] == 7
    assert report.facts["oldest_message_seconds"] == 90
    counts = rig.meter.counts
    assert counts[("parley_feeds", "failing")] == 1
    assert counts[("parley_feeds", "retired")] == 1
    assert counts[("parley_feeds", "working")] == 2
    assert counts[("parley_feeds_overdue",)] == 1
    assert counts[("parley_outbox_pending",)] == 7
    assert counts[("parley_outbox_dead",)] == 2
    assert counts[("parley_outbox_oldest_seconds",)] == 90


async def test_a_message_that_waits_on_purpose_is_not_late() -> None:
    rig = Rig()
    rig.archive.owed = Backlog(pending=1, dead=0, oldest=START + timedelta(minutes=15))
    await rig.live(seconds=0)
    assert rig.meter.counts[("parley_outbox_oldest_seconds",)] == 0


async def test_feeds_that_go_unpolled_are_told_of_when_it_begins_and_when_it_ends(caplog) -> None:
    rig = Rig()
    late = [
        FeedCounts(9),
        FeedCounts(9, overdue=1, overdue_names=("A",)),
        FeedCounts(9, overdue=7, overdue_names=("A",)),
    ]
    with caplog.at_level(logging.INFO):
        for counts in (*late, late[1], late[0], late[2]):
            rig.archive.feeds = counts
            await rig.live(seconds=10)
    assert [r.getMessage().split(";")[0] for r in caplog.records] == [
        "feeds not polled for more than three of their intervals: 1 (A)",
        "every feed is polled in time again",
        "feeds not polled for more than three of their intervals: 7 (A, …)",
    ]
    assert rig.pulse.report().healthy


async def test_no_feed_is_late_for_the_time_before_the_start() -> None:
    rig = Rig()
    await rig.live(minutes=3)
    rig.clock.forward(days=365)
    await rig.live(minutes=1)
    assert rig.archive.since == rig.clock.now() - timedelta(minutes=4)
