"""Feeds in figures, counted by the database: the look every few seconds must stay cheap with ten thousand of them."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from bot.domain.standing import Standing
from bot.service.storage import FeedCounts
from bot.storage.feeds import lapsed, no_lease
from bot.storage.tables import Moment, feeds

NAMED = 5
# A feed waits for `every` at the least, so that one which is due for two more has gone unpolled for three.
_LATE_AFTER = 2
_MICROSECONDS = 1_000_000

_EVERY = sa.type_coerce(feeds.c.every, sa.Float)  # seconds
_NOW = sa.bindparam("now", type_=Moment)
_RETIRED = feeds.c.standing == Standing.RETIRED
_TOTALS: Final = sa.select(
    sa.func.count(),
    sa.func.count().filter(_RETIRED),
    sa.func.count().filter(feeds.c.failures > 0, ~_RETIRED),
).where(feeds.c.active)
_FIRST_DUE: Final = (
    sa.select(feeds.c.next_check).where(feeds.c.active).order_by(feeds.c.next_check.nulls_first()).limit(1)
)


def _overdue(stretch: sa.ColumnElement[bool]) -> sa.Select[tuple[str]]:
    """Names of overdue feeds within one stretch of the index ix_feeds_due."""
    late = sa.type_coerce(feeds.c.next_check, sa.BigInteger) + _EVERY * (_LATE_AFTER * _MICROSECONDS)
    return sa.select(feeds.c.name).where(
        feeds.c.active,
        stretch,
        lapsed(feeds),  # one that is being polled at this moment is not
        sa.or_(feeds.c.next_check.is_(None), late < sa.type_coerce(_NOW, sa.BigInteger)),
        sa.bindparam("up_for", type_=sa.Float) / _LATE_AFTER > _EVERY,
    )


_OVERDUE: Final = sa.union_all(_overdue(feeds.c.next_check.is_(None)), _overdue(feeds.c.next_check <= _NOW)).subquery()
_HOW_MANY: Final = sa.select(sa.func.count()).select_from(_OVERDUE)
_NAMES: Final = sa.select(_OVERDUE.c.name).order_by(_OVERDUE.c.name).limit(NAMED)


def count_feeds(connection: sa.Connection, *, now: datetime, since: datetime) -> FeedCounts:
    """Active feeds by state; `since` is when this bot began to poll: what was due before is late from then on."""
    total, retired, failing = connection.execute(_TOTALS).one()
    asked = {"now": now, "no_lease": no_lease(now), "up_for": (now - since).total_seconds()}
    overdue = connection.execute(_HOW_MANY, asked).scalar_one()
    names = connection.execute(_NAMES, asked).scalars().all() if overdue else ()
    return FeedCounts(total, failing, retired, overdue, tuple(names), connection.execute(_FIRST_DUE).scalar())
