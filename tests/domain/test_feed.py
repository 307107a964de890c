from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.feed import FetchState, next_check

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("failures", "asked", "jitter", "wait"),
    [
        (0, None, 0.0, FIVE),
        (0, None, 0.5, FIVE + timedelta(seconds=15)),
        (1, None, 0.0, FIVE),
        (2, None, 0.0, timedelta(minutes=10)),
        (4, None, 0.0, timedelta(minutes=40)),
        (50, None, 0.0, timedelta(days=1)),
        (0, timedelta(hours=2), 0.0, timedelta(hours=2)),
        (0, timedelta(seconds=1), 0.0, FIVE),
        (0, timedelta(days=400), 0.0, timedelta(days=1)),
    ],
)
def test_the_next_check_backs_off_and_obeys_the_server(failures, asked, jitter, wait):
    due = next_check(NOW, every=FIVE, failures=failures, asked_to_wait=asked, jitter=jitter)
    assert due - NOW == wait


def test_an_interval_longer_than_the_longest_backoff_is_not_shortened_by_failures():
    assert next_check(NOW, every=timedelta(days=3), failures=4) - NOW == timedelta(days=3)


def test_a_feed_is_new_until_a_poll_succeeds():
    assert FetchState(failures=3, error="no such host").first_poll
    assert not FetchState(last_success=NOW).first_poll
