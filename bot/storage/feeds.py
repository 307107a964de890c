"""Feeds: what is polled, and the leases on it."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.feed import PAUSE_ASKED, Feed, FetchState
from bot.domain.pace import MAX_BACKOFF
from bot.domain.standing import LOOK_IN, Standing
from bot.service.storage import ClaimedFeed, FeedHealth
from bot.storage.tables import ANSWERING, Moment, feeds

# What polling teaches of a feed, named as in FetchState and in its order.
LEARNT: Final = tuple(f.name for f in fields(FetchState))
# What an answer without a body changes, as a rule; and what it may change besides. It leaves the others alone.
QUIET: Final = ("next_check", "last_success", "reason", "unchanged", "saved")
LOUD: Final = tuple(name for name in LEARNT if name not in (*QUIET, "items", "said", "rhythm"))
# A clock that once was ahead leaves moments behind which no clock of ours would write: they count as come.
MAX_LEASE = timedelta(hours=1)
MARGIN = timedelta(minutes=1)

# A retired feed that the operator wants tried again: due at once, and its channels hear what comes of it.
REVIVED: Final = {
    "standing": Standing.FAILING,
    "failures": 1,
    "failing_since": None,
    "error": "revived, and not asked since",
    "next_check": None,
    "reason": "revived",
}

_NOW = sa.bindparam("now", type_=Moment)
_RETIRED = feeds.c.standing == Standing.RETIRED
_SETTINGS: Final = [feeds.c[f.name] for f in fields(Feed)]
_STATE: Final = [sa.func.coalesce(feeds.c.reason, "") if name == "reason" else feeds.c[name] for name in LEARNT]
# The same without the large ones.
_BRIEF: Final = [
    sa.type_coerce(sa.null(), feeds.c[name].type) if name in ("items", "body_digest") else column
    for name, column in zip(LEARNT, _STATE, strict=True)
]


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
    tenth_more = sa.type_coerce(feeds.c.every, sa.Float) * 1_100_000  # microseconds
    without_interval = sa.type_coerce(feeds.c.next_check, sa.BigInteger) - tenth_more
    return sa.and_(
        feeds.c.next_check > sa.bindparam("far", type_=Moment),
        sa.type_coerce(without_interval, Moment) > sa.bindparam("soon", type_=Moment),
        sa.or_(~_RETIRED, feeds.c.next_check > sa.bindparam("farthest", type_=Moment)),
    )


# A row, as `_claimed` reads it.
_CLAIMABLE: Final = (
    sa.select(feeds.c.id, feeds.c.fence, *_SETTINGS, *_STATE)
    .where(feeds.c.active, lapsed(feeds))
    .with_for_update(skip_locked=True)
)


def _stretch(which: sa.ColumnElement[bool], by: sa.ColumnElement[Any] = feeds.c.next_check) -> sa.Select[Any]:
    """Free feeds of one stretch of an index, in its order: no more rows are read than are wanted."""
    return _CLAIMABLE.where(which).order_by(by, feeds.c.id).limit(sa.bindparam("most", type_=sa.Integer))


def _early(which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return _stretch(sa.and_(ANSWERING, which, sa.not_(sa.or_(*_COME))), feeds.c.last_success)


# Built once, see entries.py. Joined by OR, these stretches had either database read every feed for each claim.
_COME: Final = (feeds.c.next_check.is_(None), feeds.c.next_check <= _NOW, _out_of_reach())
DUE: Final = tuple(_stretch(come) for come in _COME)
EARLY: Final = (
    _early(feeds.c.last_success < sa.bindparam("early", type_=Moment)),
    _early(feeds.c.last_success.is_(None)),
)
_ONE: Final = _CLAIMABLE.where(feeds.c.id == sa.bindparam("of_feed"))
_LEASE: Final = (
    sa.update(feeds)
    .where(feeds.c.id.in_(sa.bindparam("chosen", expanding=True)))
    .values(lease_until=sa.bindparam("until", type_=Moment), fence=feeds.c.fence + 1)
)
_MINE = sa.and_(feeds.c.id == sa.bindparam("of_feed"), feeds.c.fence == sa.bindparam("of_fence"))
_RELEASE: Final = sa.update(feeds).where(_MINE).values(lease_until=None)
_FINISH: Final = sa.update(feeds).where(_MINE)
_MAKE_DUE: Final = sa.update(feeds).where(feeds.c.id == sa.bindparam("of_feed")).values(next_check=_NOW)
_REVIVE: Final = sa.update(feeds).where(feeds.c.active, feeds.c.name == sa.bindparam("of_name"), _RETIRED)
_HEALTH: Final = sa.select(*_SETTINGS, *_BRIEF).where(feeds.c.active).order_by(feeds.c.name)
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
    asked: dict[str, object] = {
        "now": now,
        "no_lease": no_lease(now),
        "far": now + MAX_BACKOFF * 1.1 + MARGIN,
        "soon": now + MARGIN,
        "farthest": now + LOOK_IN * 1.1 + MARGIN,
        "early": early,
    }
    rows: list[Any] = []
    for stretch in DUE if early is None else (*DUE, *EARLY):
        if len(rows) < limit:
            rows += connection.execute(stretch, asked | {"most": limit - len(rows)}).all()
    return _leased(connection, rows, now + lease)


def claim_feed(connection: sa.Connection, feed_id: int, *, now: datetime, lease: timedelta) -> ClaimedFeed | None:
    """Lease one feed, due or not; None when it is held, or gone."""
    rows = connection.execute(_ONE, {"now": now, "no_lease": no_lease(now), "of_feed": feed_id}).all()
    return next(iter(_leased(connection, rows, now + lease)), None)


def _leased(connection: sa.Connection, rows: Sequence[Any], until: datetime) -> list[ClaimedFeed]:
    """Lease feeds whose rows this transaction holds."""
    if rows:
        # By their ids, not as a subquery: PostgreSQL may run that again for each row, and lease more than the limit.
        connection.execute(_LEASE, {"chosen": [row[0] for row in rows], "until": until})
    state = 2 + len(_SETTINGS)
    return [ClaimedFeed(row[0], Feed(*row[2:state]), FetchState(*row[state:]), row[1] + 1, until) for row in rows]


def release_feeds(connection: sa.Connection, claimed: Sequence[ClaimedFeed]) -> None:
    """Give leases back unused."""
    if claimed:
        in_order = sorted(claimed, key=lambda one: one.id)
        connection.execute(_RELEASE, [{"of_feed": one.id, "of_fence": one.fence} for one in in_order])


def finish_poll(connection: sa.Connection, claimed: ClaimedFeed, state: FetchState) -> bool:
    """Save the new state and give the lease back; False when somebody else has claimed the feed since."""
    values = _written(claimed, state, LEARNT)
    if state.items is claimed.state.items:
        del values["items"]
    return connection.execute(_FINISH, values).rowcount == 1


def finish_polls(connection: sa.Connection, polls: Sequence[tuple[ClaimedFeed, FetchState]]) -> list[bool]:
    """The same for many polls at once, which have read nothing: `items`, `said` and `rhythm` are as they were.

    Whoever writes several feeds takes them in the order of their ids, or two workers on PostgreSQL wait for each other.
    """
    in_order = sorted(polls, key=lambda poll: poll[0].id)
    saved = connection.execute(_FINISH, [_written(claimed, state, QUIET) for claimed, state in in_order]).rowcount
    loud = [_written(one, state, LOUD) for one, state in in_order if _rest(state) != _rest(one.state)]
    if loud:
        connection.execute(_FINISH, loud)
    if saved == len(polls):
        return [True] * saved
    rows = connection.execute(_FENCES, {"chosen": [claimed.id for claimed, _ in polls]})
    held = {(row.id, row.fence) for row in rows}
    return [(claimed.id, claimed.fence) in held for claimed, _ in polls]


_rest: Final = attrgetter(*LOUD)


def _written(claimed: ClaimedFeed, state: FetchState, names: Sequence[str]) -> dict[str, object]:
    values = {name: getattr(state, name) for name in names}
    return values | {"of_feed": claimed.id, "of_fence": claimed.fence, "lease_until": None}


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
    rows = connection.execute(_HEALTH)
    settings = len(_SETTINGS)
    return [FeedHealth(Feed(*row[:settings]), FetchState(*row[settings:])) for row in rows]
