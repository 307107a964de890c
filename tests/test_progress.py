"""What the operator is told at a start and after the first round."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.feed import Feed, FetchState
from bot.progress import Progress
from bot.service.ingest import PollOutcome
from bot.service.storage import ClaimedFeed, FeedCounts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FEED = Feed("Harbour Wire", "https://wire.example/rss", "Harbour Wire")


@pytest.fixture(autouse=True)
def _every_line(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def polled(*outcomes: tuple[int, str], total: int) -> Progress:
    progress = Progress(total=total)
    for number, status in outcomes:
        progress.polled(ClaimedFeed(number, FEED, FetchState(), 1, NOW), PollOutcome(status, new=3, flagged=1))
    return progress


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        (FeedCounts(1), "failing feeds: 0 of 1; next poll: now"),
        (
            FeedCounts(3, failing=1, retired=1, first_due=NOW + timedelta(minutes=4)),
            "failing feeds: 1 of 3; gone for good (410): 1; next poll: at 12:04:00 UTC, in 4 min",
        ),
    ],
)
def test_a_start_tells_what_failed_and_when_it_goes_on(
    caplog: pytest.LogCaptureFixture, counts: FeedCounts, told: str
) -> None:
    Progress(total=counts.total).plan(counts, now=NOW)
    assert caplog.messages == [told]


def test_the_first_round_does_not_wait_for_feeds_that_are_gone(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(total=3)
    progress.plan(FeedCounts(3, retired=1), now=NOW)
    for number in (1, 2):
        progress.polled(ClaimedFeed(number, FEED, FetchState(), 1, NOW), PollOutcome("unchanged"))
    assert caplog.messages[-1].startswith("first round: 2 of 2 feeds answered")


def test_nor_does_it_once_feeds_toml_has_changed_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    progress = Progress(total=3)
    progress.plan(FeedCounts(3, retired=1), now=NOW)
    progress.expect(FeedCounts(2, retired=1))
    progress.polled(ClaimedFeed(1, FEED, FetchState(), 1, NOW), PollOutcome("unchanged"))
    assert caplog.messages[-1].startswith("first round: 1 of 1 feeds answered")


def test_a_feed_that_is_not_asked_for_long_fills_no_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.progress.EVERY", -1.0)
    polled(*[(1, "unchanged")] * 50, (2, "unchanged"), total=3)
    assert [m.split(",")[0] for m in caplog.messages] == [
        "first round: 1 of 3 feeds asked",
        "first round: 2 of 3 feeds asked",
    ]


def test_the_first_round_is_summed_up_once(caplog: pytest.LogCaptureFixture) -> None:
    progress = polled((1, "polled"), (2, "failed"), (2, "failed"), (3, "unchanged"), (1, "polled"), total=3)
    assert progress.failed == 1
    assert caplog.messages == [
        "first round: 2 of 3 feeds answered, 1 failed; 12 new articles, 4 of them report a statement"
    ]


def test_a_feed_that_fails_and_then_works_has_not_failed() -> None:
    assert polled((1, "failed"), (1, "polled"), total=2).failed == 0


@pytest.mark.parametrize(
    ("unreached", "asked"), [([True, True], True), ([True], False), ([True, False], False), ([False, False], False)]
)
def test_where_no_feed_can_be_reached_the_network_is_asked_about(
    caplog: pytest.LogCaptureFixture, unreached: list[bool], asked: bool
) -> None:
    progress = Progress(total=len(unreached))
    for number, offline in enumerate(unreached):
        outcome = PollOutcome("failed", no_network=offline)
        progress.polled(ClaimedFeed(number, FEED, FetchState(), 1, NOW), outcome)
    assert ("no feed could be reached: is this machine online?" in caplog.messages) is asked
