"""What a failed poll makes of a feed, and what its channels are told of that."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.feed import PAUSE_ASKED, Feed, FetchState
from bot.domain.pace import next_try
from bot.domain.standing import LOOK_IN, Notice, Standing, after_failure
from bot.errors import FeedError
from bot.service.storage import ClaimedFeed, Transaction

# Feeds of one host fail and recover within minutes of each other: their notices wait for one message this long.
NOTICE_WAIT = timedelta(minutes=15)
# How the error of a feed ends whose server says that it will not come back (410).
GONE = ": the outlet has given it up; take it out of feeds.toml, or write its new address there"
RETIRED = "its outlet says that it is gone for good: looked in on once a week"


def failed(state: FetchState, feed: Feed, error: FeedError, *, now: datetime, jitter: float) -> FetchState:
    """The state after a failure; validators and memory stay, so that the next good answer is read in full.

    A learnt address that fails, also by being gone, is forgotten: the configured one is asked next, and decides.
    """
    gone = error.gone and state.learnt_address is None
    failures, since = state.failures + 1, state.failing_since or now
    due = next_try(now, every=feed.every, failures=failures, asked_to_wait=error.retry_after, jitter=jitter)
    standing = after_failure(state.standing, gone=gone, failures=failures, since=since, next_try=due.at)
    retired = standing is Standing.RETIRED
    said = f"{error}{GONE if gone else ''}{PAUSE_ASKED if error.retry_after is not None else ''}"
    return replace(
        state,
        moved_to=None,
        moved_times=0,
        failures=failures,
        failing_since=since,
        error=said,
        standing=standing,
        next_check=now + LOOK_IN * (1 + jitter / 10) if retired else due.at,
        reason=RETIRED if retired else due.reason,
    )


def works(state: FetchState, *, now: datetime) -> FetchState:
    """The state after an answer, as far as failures go."""
    return replace(state, failures=0, failing_since=None, error=None, standing=Standing.WORKING, last_success=now)


def owe_notices(tx: Transaction, claimed: ClaimedFeed, state: FetchState, *, now: datetime, wait: timedelta) -> None:
    """Owe every channel a notice where the feed's standing has changed."""
    if state.standing is claimed.state.standing:
        return
    since = state.failing_since or claimed.state.failing_since
    notice = Notice(claimed.feed.name, state.standing, since, state.error or "")
    for subscription in tx.subscriptions():
        tx.queue_notice(subscription.channel, claimed.id, notice, now=now, due=now + wait)
