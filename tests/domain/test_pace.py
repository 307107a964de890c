from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pace import SAYS_NOTHING, Said, learnt_rhythm, next_try, next_visit

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)  # a Thursday
FIVE, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
QUARTER = timedelta(minutes=15)
TEN = timedelta(minutes=10)
spans = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400))
moments = st.integers(0, 31_536_000).map(lambda seconds: NOW + timedelta(seconds=seconds))
says = st.builds(
    Said,
    ttl=st.none() | spans,
    period=st.none() | spans,
    skip_hours=st.frozensets(st.integers(0, 23), max_size=23),
    skip_days=st.frozensets(st.integers(0, 6), max_size=6),
)


def visit(said=SAYS_NOTHING, *, every=FIVE, slowest=HOUR, **rest):
    due = next_visit(NOW, every=every, slowest=slowest, said=said, **rest)
    return due.at - NOW, due.reason


@pytest.mark.parametrize(
    ("said", "known", "wait", "word"),
    [
        (SAYS_NOTHING, {}, FIVE, "its interval"),
        (SAYS_NOTHING, {"jitter": 0.5}, FIVE + timedelta(seconds=15), "its interval"),
        (Said(ttl=TEN), {}, TEN, "ttl"),
        (Said(ttl=timedelta(minutes=1)), {}, FIVE, "its interval"),
        (Said(period=TEN), {}, TEN, "updatePeriod"),
        (Said(ttl=DAY), {}, HOUR, "(ttl); at_most is sooner"),
        (SAYS_NOTHING, {"fresh_for": TEN}, TEN, "Cache-Control"),
        (SAYS_NOTHING, {"rhythm": timedelta(minutes=40)}, TEN, "seldom"),
        (SAYS_NOTHING, {"rhythm": FIVE}, FIVE, "its interval"),
        (SAYS_NOTHING, {"last_news": NOW - timedelta(hours=4)}, TEN, "no news"),
        (SAYS_NOTHING, {"last_news": NOW + DAY}, FIVE, "its interval"),
        (SAYS_NOTHING, {"pushed": True}, HOUR, "its hub pushes"),
        (Said(ttl=DAY), {"pushed": True}, HOUR, "(ttl); at_most is sooner"),
        (SAYS_NOTHING, {"pushed": True, "asked_to_wait": timedelta(hours=2)}, timedelta(hours=2), "Retry-After"),
        (Said(skip_hours=frozenset({12})), {}, timedelta(minutes=30), "skipHours"),
        (Said(skip_hours=frozenset({12, 13})), {}, HOUR, "skipHours"),
        (Said(skip_hours=frozenset({13})), {}, FIVE, "its interval"),
        (Said(skip_days=frozenset({3})), {}, HOUR, "skipDays"),
        (SAYS_NOTHING, {"asked_to_wait": timedelta(hours=2)}, timedelta(hours=2), "Retry-After"),
        (SAYS_NOTHING, {"asked_to_wait": timedelta(seconds=1)}, FIVE, "its interval"),
        (SAYS_NOTHING, {"asked_to_wait": timedelta(days=400)}, DAY, "Retry-After"),
    ],
)
def test_a_feed_is_asked_when_the_longest_wish_within_the_bounds_says(said, known, wait, word):
    found, reason = visit(said, **known)
    assert found == wait
    assert word in reason


@given(
    says,
    moments,
    st.timedeltas(timedelta(seconds=1), DAY),
    st.timedeltas(timedelta(0), DAY),
    st.none() | spans,
    st.none() | spans,
    st.none() | spans,
    st.floats(0, 0.99),
)
def test_whatever_is_said_the_operators_bounds_hold(said, now, every, more, fresh_for, rhythm, silence, jitter):
    slowest = max(every, min(every + more, DAY))
    due = next_visit(
        now,
        every=every,
        slowest=slowest,
        said=said,
        fresh_for=fresh_for,
        rhythm=rhythm,
        last_news=now - silence if silence is not None else None,
        jitter=jitter,
    )
    assert now + every <= due.at <= now + slowest + every * 0.1
    assert due.reason


@given(says, moments)
def test_a_feed_that_rests_is_asked_once_it_wakes(said, now):
    due = next_visit(now, every=timedelta(seconds=1), slowest=timedelta(days=8), said=said)
    assert not said.rests(due.at) or due.at == now + timedelta(days=8)


@given(says, spans, spans)
def test_a_longer_wish_never_brings_the_next_visit_forward(said, fresh_for, more):
    bounds = {"every": FIVE, "slowest": DAY}
    first = next_visit(NOW, said=SAYS_NOTHING, fresh_for=fresh_for, **bounds)
    assert next_visit(NOW, said=SAYS_NOTHING, fresh_for=fresh_for + more, **bounds).at >= first.at
    assert next_visit(NOW, said=said, fresh_for=fresh_for, **bounds).at >= first.at


@pytest.mark.parametrize(
    ("failures", "asked", "wait", "reason"),
    [
        (1, None, FIVE, "failed polls in a row: 1"),
        (2, None, TEN, "failed polls in a row: 2"),
        (4, None, timedelta(minutes=40), "failed polls in a row: 4"),
        (50, None, DAY, "failed polls in a row: 50"),
        (1, timedelta(hours=2), timedelta(hours=2), "its server asked for a pause (Retry-After)"),
        (1, timedelta(seconds=1), FIVE, "failed polls in a row: 1"),
        (1, timedelta(days=400), DAY, "its server asked for a pause (Retry-After)"),
    ],
)
def test_a_feed_that_fails_is_asked_ever_more_seldom_and_obeyed(failures, asked, wait, reason):
    due = next_try(NOW, every=FIVE, failures=failures, asked_to_wait=asked)
    assert (due.at - NOW, due.reason) == (wait, reason)


def test_an_interval_longer_than_the_longest_backoff_is_not_shortened_by_failures():
    assert next_try(NOW, every=timedelta(days=3), failures=4).at - NOW == timedelta(days=3)


def test_one_night_does_not_make_a_busy_feed_a_slow_one():
    assert learnt_rhythm(TEN, HOUR * 8) == timedelta(minutes=17, seconds=30)


@given(st.timedeltas(timedelta(minutes=1), DAY), st.timedeltas(timedelta(0), DAY))
def test_the_rhythm_settles_at_the_gaps_that_are_seen(gap, start):
    rhythm = start
    for _ in range(60):
        rhythm = learnt_rhythm(rhythm, gap)
    assert abs(rhythm - gap) <= gap * 0.01


@given(st.none() | spans, st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_clock_that_is_set_makes_no_negative_rhythm(rhythm, gap):
    assert learnt_rhythm(rhythm, gap) >= timedelta(0)
