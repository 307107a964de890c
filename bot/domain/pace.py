"""Pace: how often a feed is worth asking, by what it and its server say and by how often it has news."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.push import Offer

MAX_BACKOFF = timedelta(days=1)
# A quarter of the usual time between two pieces of news: on average an item is an eighth of it old when it is read.
RHYTHM_SHARE = 4
# Silence alone says less than a rhythm does, since nights are silent, too: six hours of it make a quarter of an hour.
SILENCE_SHARE = 24
# What a new gap counts in the running average, and how often the average it may be at most: one night changes little.
GAP_WEIGHT = 0.25
LONGEST_GAP = 4
HOUR = timedelta(hours=1)
# The one reason that the operator's own wish for a shorter interval does not overrule.
PAUSED = "its server asked for a pause (Retry-After)"
WEEK_HOURS = 7 * 24


@dataclass(frozen=True, slots=True)
class Said:
    """What a feed says of itself.

    `ttl` from RSS 2.0's element of that name, `period` from sy:updatePeriod over sy:updateFrequency (RSS 1.0's
    syndication module), `skip_hours` (0 to 23) and `skip_days` (Monday is 0), both in UTC, from skipHours and skipDays.
    `offer` is the hub that would push it (domain/push.py).
    """

    ttl: timedelta | None = None
    period: timedelta | None = None
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    offer: Offer | None = None

    def rests(self, when: datetime) -> bool:
        """Whether it publishes nothing at this moment (in UTC)."""
        return when.hour in self.skip_hours or when.weekday() in self.skip_days


SAYS_NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Due:
    """When a feed is asked again, and in plain words why then."""

    at: datetime
    reason: str


def next_visit(
    now: datetime,
    *,
    every: timedelta,
    slowest: timedelta,
    said: Said,
    fresh_for: timedelta | None = None,
    rhythm: timedelta | None = None,
    last_news: datetime | None = None,
    asked_to_wait: timedelta | None = None,
    pushed: bool = False,
    jitter: float = 0.0,
) -> Due:
    """When to ask a feed that works: the longest of all wishes, between the operator's `every` and `slowest`.

    `fresh_for` is for how long the server calls its answer fresh, `rhythm` the usual time between two pieces of news.
    `pushed`: its hub has shown that it tells what is new by itself, so that polls are but a check on it.
    `jitter` in [0, 1) adds up to a tenth of `every`, so that feeds do not fire in step. `asked_to_wait` (Retry-After)
    alone goes beyond `slowest`, up to a day.
    """
    silence = now - last_news if last_news is not None else timedelta(0)
    wishes = (
        (said.ttl, "the feed asks for it (ttl)"),
        (said.period, "the feed asks for it (updatePeriod)"),
        (fresh_for, "its server calls the answer fresh until then (Cache-Control, Expires)"),
        (rhythm / RHYTHM_SHARE if rhythm else None, "it seldom has news"),
        (silence / SILENCE_SHARE, "it has had no news for long"),
        (slowest if pushed else None, "its hub pushes what is new (WebSub)"),
    )
    wait, reason = every, "its interval"
    for wish, why in wishes:
        if wish is not None and wish > wait:
            wait, reason = wish, why
    if wait > slowest:
        wait, reason = slowest, f"{reason}; at_most is sooner"
    rest = _rest(now + wait, said, until=now + slowest) - now
    if rest > wait:
        wait, reason = rest, "it publishes nothing before (skipHours, skipDays)"
    wait += every * 0.1 * jitter
    if asked_to_wait is not None and min(asked_to_wait, MAX_BACKOFF) > wait:
        wait, reason = min(asked_to_wait, MAX_BACKOFF), PAUSED
    return Due(now + wait, reason)


def next_try(
    now: datetime,
    *,
    every: timedelta,
    failures: int,
    asked_to_wait: timedelta | None = None,
    jitter: float = 0.0,
) -> Due:
    """When to ask a feed that failed: the interval, doubled from the second failure on, up to a day.

    Never before the server's wish (`asked_to_wait`, a day of it at most). `jitter` as in `next_visit`.
    """
    wait = min(every * (1 << min(max(failures - 1, 0), 20)), max(MAX_BACKOFF, every))
    wait += every * 0.1 * jitter
    reason = f"failed polls in a row: {failures}"
    if asked_to_wait is not None and min(asked_to_wait, MAX_BACKOFF) > wait:
        wait, reason = min(asked_to_wait, MAX_BACKOFF), PAUSED
    return Due(now + wait, reason)


def learnt_rhythm(rhythm: timedelta | None, gap: timedelta) -> timedelta:
    """The running average of the time between two pieces of news, with one more gap in it."""
    gap = max(gap, timedelta(0))
    if rhythm is None:
        return min(gap, MAX_BACKOFF)
    return rhythm + (min(gap, max(rhythm, HOUR / 60) * LONGEST_GAP) - rhythm) * GAP_WEIGHT


def _rest(when: datetime, said: Said, *, until: datetime) -> datetime:
    """The first moment from `when` on in which the feed does not rest, `until` at the latest."""
    if not said.rests(when):
        return when
    for hours in range(1, WEEK_HOURS + 1):
        begin = when.replace(minute=0, second=0, microsecond=0) + HOUR * hours
        if begin >= until or not said.rests(begin):
            return min(begin, until)
    return until
