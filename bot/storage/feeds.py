"""Feeds: what is polled, and the leases on it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.feed import PAUSE_ASKED, Affiliation, Feed, FetchState, FullText
from bot.domain.pace import MAX_BACKOFF
from bot.domain.standing import LOOK_IN, Standing
from bot.service.storage import ClaimedFeed, FeedHealth
from bot.storage.said import said_of, stored
from bot.storage.tables import Moment, feeds

ITEM = 8  # bytes a digest
# Columns that begin at 0, named as in FetchState.
COUNTS: Final = ("failures", "moved_times", "body_size", "unchanged", "saved")
# A clock that once was ahead leaves moments behind which no clock of ours would write: they count as come.
MAX_LEASE = timedelta(hours=1)
MARGIN = timedelta(minutes=1)

# A retired feed that the operator wants tried again: due at once, and its channels hear what comes of it.
REVIVED: Final = {
    "standing": Standing.FAILING.value,
    "failures": 1,
    "failing_since": None,
    "error": "revived, and not asked since",
    "next_check": None,
    "reason": "revived",
}

_NOW = sa.bindparam("now", type_=Moment)
_RETIRED = feeds.c.standing == Standing.RETIRED.value
STATE: Final = [c for c in feeds.c if c.name not in ("items", "body_digest")]


def lapsed(table: sa.Table) -> sa.ColumnElement[bool]:
    """Whether nobody holds a row of this table: no lease, one that has ended, or one longer than any that is given.

    Takes the parameters `now` and `no_lease` (see `no_lease`).
    """
    until = table.c.lease_until
    return sa.or_(until.is_(None), until <= _NOW, until > sa.bindparam("no_lease", type_=Moment))


def no_lease(now: datetime) -> datetime:
    """No lease that is given now ends later."""
    return now + MAX_LEASE


def _out_of_reach() -> sa.ColumnElement[bool]:
    """Whether a feed's next check is later than any rule puts it: its interval or a day (if retired, LOOK_IN), and a
    tenth more.
    """
    without_interval = sa.type_coerce(feeds.c.next_check, sa.BigInteger) - feeds.c.every * 1_100_000  # microseconds
    return sa.and_(
        feeds.c.next_check > sa.bindparam("far", type_=Moment),
        sa.type_coerce(without_interval, Moment) > sa.bindparam("soon", type_=Moment),
        sa.or_(~_RETIRED, feeds.c.next_check > sa.bindparam("farthest", type_=Moment)),
    )


def _choice(due: Sequence[sa.ColumnElement[bool]]) -> sa.Select[tuple[int]]:
    """Ids of free feeds of which one of these holds, longest due first.

    Each condition is one stretch of the index ix_feeds_due; joined by OR alone, they had SQLite read every feed.
    """
    stretches = sa.union_all(*(sa.select(feeds.c.id).where(feeds.c.active, one) for one in due))
    return (
        sa.select(feeds.c.id)
        # Said twice: PostgreSQL looks again at a row that another worker has just changed, but not into the subquery.
        # But for `active`, or SQLite walks through all that are.
        .where(feeds.c.id.in_(stretches), sa.or_(*due), lapsed(feeds))
        .order_by(feeds.c.next_check.nulls_first())
        .limit(sa.bindparam("most", type_=sa.Integer))
        .with_for_update(skip_locked=True)
    )


# Built once, see entries.py.
_COME = (feeds.c.next_check.is_(None), feeds.c.next_check <= _NOW, _out_of_reach())
_DUE: Final = _choice(_COME)
_UNPOLLED = sa.or_(feeds.c.last_success.is_(None), feeds.c.last_success < sa.bindparam("early", type_=Moment))
_DUE_EARLY: Final = _choice((*_COME, sa.and_(feeds.c.failures == 0, _UNPOLLED)))
_LEASE: Final = (
    sa.update(feeds)
    .where(feeds.c.id.in_(sa.bindparam("chosen", expanding=True)))
    .values(lease_until=sa.bindparam("until", type_=Moment), fence=feeds.c.fence + 1)
    .returning(feeds)
)
_FREE: Final = (
    sa.select(feeds.c.id)
    .where(feeds.c.id == sa.bindparam("of_feed"), feeds.c.active, lapsed(feeds))
    .with_for_update(skip_locked=True)
)
_MINE = sa.and_(feeds.c.id == sa.bindparam("of_feed"), feeds.c.fence == sa.bindparam("of_fence"))
_RELEASE: Final = sa.update(feeds).where(_MINE).values(lease_until=None)
_FINISH: Final = sa.update(feeds).where(_MINE)
_MAKE_DUE: Final = sa.update(feeds).where(feeds.c.id == sa.bindparam("of_feed")).values(next_check=_NOW)
_REVIVE: Final = sa.update(feeds).where(feeds.c.active, feeds.c.name == sa.bindparam("of_name"), _RETIRED)
_FENCES: Final = sa.select(feeds.c.id, feeds.c.fence).where(feeds.c.id.in_(sa.bindparam("chosen", expanding=True)))


def claim_feeds(
    connection: sa.Connection,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    early: datetime | None,
) -> list[ClaimedFeed]:
    """Lease due feeds, longest due first."""
    moments = {
        "now": now,
        "no_lease": no_lease(now),
        "far": now + MAX_BACKOFF * 1.1 + MARGIN,
        "soon": now + MARGIN,
        "farthest": now + LOOK_IN * 1.1 + MARGIN,
    }
    # Not as a subquery of the update: PostgreSQL may run that again for each row, and lease more than the limit.
    if early is None:
        chosen = connection.execute(_DUE, {**moments, "most": limit})
    else:
        chosen = connection.execute(_DUE_EARLY, {**moments, "most": limit, "early": early})
    ids = chosen.scalars().all()
    if not ids:
        return []
    claimed = _leased(connection, ids, now + lease)
    return sorted(claimed, key=lambda c: (c.state.next_check is not None, c.state.next_check, c.id))


def claim_feed(connection: sa.Connection, feed_id: int, *, now: datetime, lease: timedelta) -> ClaimedFeed | None:
    """Lease one feed, due or not; None when it is held, or gone."""
    moments = {"now": now, "no_lease": no_lease(now)}
    free: int | None = connection.execute(_FREE, {**moments, "of_feed": feed_id}).scalar_one_or_none()
    return _leased(connection, [free], now + lease)[0] if free is not None else None


def _leased(connection: sa.Connection, ids: Sequence[object], until: datetime) -> list[ClaimedFeed]:
    rows = connection.execute(_LEASE, {"chosen": ids, "until": until})
    return [ClaimedFeed(r.id, _feed(r), _state(r), r.fence, r.lease_until) for r in rows]


def release_feeds(connection: sa.Connection, claimed: Sequence[ClaimedFeed]) -> None:
    """Give leases back unused."""
    if claimed:
        in_order = sorted(claimed, key=lambda one: one.id)
        connection.execute(_RELEASE, [{"of_feed": one.id, "of_fence": one.fence} for one in in_order])


def finish_poll(connection: sa.Connection, claimed: ClaimedFeed, state: FetchState) -> bool:
    """Save the new state and give the lease back; False when somebody else has claimed the feed since."""
    values = _finished(claimed, state) | {
        "said": stored(state.said),
        "rhythm": state.rhythm.total_seconds() if state.rhythm is not None else None,
    }
    if state.items is not claimed.state.items:
        values["items"] = b"".join(sorted(state.items))
    return connection.execute(_FINISH, values).rowcount == 1


def finish_polls(connection: sa.Connection, polls: Sequence[tuple[ClaimedFeed, FetchState]]) -> list[bool]:
    """The same for many polls at once, which have read nothing: `items`, `said` and `rhythm` are as they were.

    Whoever writes several feeds takes them in the order of their ids, or two workers on PostgreSQL wait for each other.
    """
    in_order = sorted(polls, key=lambda poll: poll[0].id)
    saved = connection.execute(_FINISH, [_finished(claimed, state) for claimed, state in in_order]).rowcount
    if saved == len(polls):
        return [True] * saved
    rows = connection.execute(_FENCES, {"chosen": [claimed.id for claimed, _ in polls]})
    held = {(row.id, row.fence) for row in rows}
    return [(claimed.id, claimed.fence) in held for claimed, _ in polls]


def _finished(claimed: ClaimedFeed, state: FetchState) -> dict[str, object]:
    return {
        "of_feed": claimed.id,
        "of_fence": claimed.fence,
        "etag": state.etag,
        "last_modified": state.last_modified,
        "body_digest": state.body_digest,
        "error": state.error,
        "next_check": state.next_check,
        "last_success": state.last_success,
        "last_change": state.last_change,
        "last_news": state.last_news,
        "reason": state.reason,
        "moved_to": state.moved_to,
        **{count: getattr(state, count) for count in COUNTS},
        "failing_since": state.failing_since,
        "standing": state.standing.value,
        "pushed_until": state.pushed_until,
        "lease_until": None,
    }


def retry_failing(connection: sa.Connection, now: datetime) -> None:
    """Make failing feeds due, but for those whose server asked for a pause or that are retired."""
    free = sa.not_(sa.func.coalesce(feeds.c.error, "").endswith(PAUSE_ASKED))
    late = (
        sa.select(feeds.c.id)
        .where(feeds.c.failures > 0, feeds.c.next_check > now, free, ~_RETIRED)
        .order_by(feeds.c.id)
    )
    # A feed that another worker is writing at this moment has just been asked.
    ids = connection.execute(late.with_for_update(skip_locked=True)).scalars().all()
    if ids:
        connection.execute(_MAKE_DUE, [{"of_feed": one, "now": now} for one in ids])


def revive(connection: sa.Connection, name: str) -> int:
    """Have retired feeds of this name tried again. Returns how many there were."""
    return connection.execute(_REVIVE, {"of_name": name, **REVIVED}).rowcount


def health(connection: sa.Connection) -> list[FeedHealth]:
    """Every active feed with its state, without its memory of items."""
    rows = connection.execute(sa.select(*STATE).where(feeds.c.active).order_by(feeds.c.name))
    return [FeedHealth(_feed(r), _state(r)) for r in rows]


def _feed(row: Any) -> Feed:
    return Feed(
        name=row.name,
        url=row.url,
        publisher=row.publisher,
        affiliation=Affiliation(row.affiliation),
        language=row.language,
        every=timedelta(seconds=row.every),
        at_most=timedelta(seconds=row.at_most),
        full_text=FullText(row.full_text),
    )


def _state(row: Any) -> FetchState:
    raw = getattr(row, "items", None)
    digests = raw if isinstance(raw, bytes) else b""
    return FetchState(
        etag=row.etag,
        last_modified=row.last_modified,
        body_digest=getattr(row, "body_digest", None),
        items=frozenset(digests[i : i + ITEM] for i in range(0, len(digests), ITEM)),
        error=row.error,
        next_check=row.next_check,
        last_success=row.last_success,
        last_change=row.last_change,
        last_news=row.last_news,
        rhythm=timedelta(seconds=row.rhythm) if row.rhythm is not None else None,
        said=said_of(row.said),
        reason=row.reason or "",
        moved_to=row.moved_to,
        **{count: getattr(row, count) for count in COUNTS},
        failing_since=row.failing_since,
        standing=Standing(row.standing),
        pushed_until=row.pushed_until,
    )
