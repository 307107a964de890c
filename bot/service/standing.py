"""What a poll makes of a feed, and what its channels are told when that is another standing."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.feed import PAUSE_ASKED, Changes, Feed, FetchState
from bot.domain.pace import next_try, next_visit
from bot.domain.push import offer_of
from bot.domain.standing import LOOK_IN, Notice, Standing, after_failure
from bot.errors import FeedError
from bot.service.ports import Fetched, Parsed
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


def succeeded(
    state: FetchState, feed: Feed, fetched: Fetched, parsed: Parsed | None, *, now: datetime, news: bool, jitter: float
) -> FetchState:
    """The state after an answer; `parsed` None: it was the same as last time."""
    changes = _works(now) | state.heard(now=now, news=news) | state.sent_to(fetched.moved_to)
    changes |= state.counted(fetched.size)
    changes |= _kept(state, fetched) if parsed is None else _learnt(fetched, parsed, now)
    # News that no push brought: the hub is not to be relied on, until it pushes again.
    trusted = state.pushed_until if not news else None
    after = replace(state, **changes, pushed_until=trusted)
    due = next_visit(
        now,
        every=feed.every,
        slowest=feed.slowest,
        said=after.said,
        fresh_for=fetched.fresh_for,
        rhythm=after.rhythm,
        last_news=after.last_news,
        asked_to_wait=fetched.asked_to_wait,
        pushed=trusted is not None and trusted > now,
        jitter=jitter,
    )
    return replace(after, next_check=due.at, reason=due.reason)


def _works(now: datetime) -> Changes:
    working = Standing.WORKING
    return {"failures": 0, "failing_since": None, "error": None, "standing": working, "last_success": now}


def _kept(before: FetchState, fetched: Fetched) -> Changes:
    """The validators after an answer without news of its own: a 304 need not repeat them."""
    return {"etag": fetched.etag or before.etag, "last_modified": fetched.last_modified or before.last_modified}


def _learnt(fetched: Fetched, parsed: Parsed, now: datetime) -> Changes:
    """What a body changes."""
    return {
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
        "body_digest": fetched.digest,
        "items": parsed.items,
        "said": replace(parsed.said, offer=offer_of(fetched.offer, parsed.said.offer)),
        "last_change": now,
    }


def owe_notices(tx: Transaction, claimed: ClaimedFeed, state: FetchState, *, now: datetime, wait: timedelta) -> None:
    """Owe every channel a notice where the feed's standing has changed."""
    if state.standing is claimed.state.standing:
        return
    since = state.failing_since or claimed.state.failing_since
    notice = Notice(claimed.feed.name, state.standing, since, state.error or "")
    for subscription in tx.subscriptions():
        tx.queue_notice(subscription.channel, claimed.id, notice, now=now, due=now + wait)
