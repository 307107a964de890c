from datetime import UTC, datetime, timedelta

from bot.domain.feed import Feed, FetchState

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_feed_is_new_until_a_poll_succeeds():
    assert FetchState(failures=3, error="no such host").first_poll
    assert not FetchState(last_success=NOW).first_poll


def test_the_slowest_interval_is_never_shorter_than_the_fastest():
    assert Feed("A", "https://a.example", "A").slowest == timedelta(minutes=15)
    assert Feed("A", "https://a.example", "A", every=timedelta(hours=2)).slowest == timedelta(hours=2)
