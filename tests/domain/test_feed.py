from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.feed import Feed, FetchState

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_a_feed_is_new_until_a_poll_succeeds():
    assert FetchState(failures=3, error="no such host").first_poll
    assert not FetchState(last_success=NOW).first_poll


def test_the_slowest_interval_is_never_shorter_than_the_fastest():
    assert Feed("A", "https://a.example", "A").slowest == timedelta(minutes=15)
    assert Feed("A", "https://a.example", "A", every=timedelta(hours=2)).slowest == timedelta(hours=2)


def sent(*addresses: str | None) -> FetchState:
    state = FetchState()
    for address in addresses:
        state = replace(state, **state.sent_to(address))
    return state


def test_an_address_is_learnt_after_three_redirects_for_good_in_a_row():
    assert sent("b", "b").learnt_address is None
    assert sent("b", "b", None, "b").learnt_address is None
    assert sent("b", "c", "b", "b").learnt_address is None
    assert sent("b", "b", "b").learnt_address == "b"


def test_a_learnt_address_stays_until_it_leads_on():
    assert sent("b", "b", "b", None, None).learnt_address == "b"
    assert sent("b", "b", "b", "c").learnt_address is None
    assert sent("b", "b", "b", "c", "c", "c").learnt_address == "c"
