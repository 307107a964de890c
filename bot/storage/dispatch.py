"""Claims of the outbox: whose turn it is, one message a channel at a time, in the order they were owed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.domain.subscription import Channel, Platform
from bot.storage.feeds import lapsed, no_lease
from bot.storage.outbox import FOLLOW_KINDS
from bot.storage.tables import Moment, deliveries

# A message refused this often steps aside, so that what is wrong with it alone does not hold up its channel.
PATIENCE = 5
# No message waits longer; a later moment was written while the clock was ahead.
MAX_WAIT = timedelta(days=1)

_NOW = sa.bindparam("now", type_=Moment)
_PENDING = deliveries.c.status == DeliveryStatus.PENDING.value
_SENDING = deliveries.c.status == DeliveryStatus.SENDING.value


def _due(table: Any) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.next_try <= _NOW, table.c.next_try > sa.bindparam("far", type_=Moment))


def _ready(table: Any) -> sa.ColumnElement[bool]:
    """Whether a delivery may be sent at all: a follower needs to know its thread."""
    return sa.or_(table.c.kind.not_in(FOLLOW_KINDS), table.c.thread.is_not(None))


def _open(name: str) -> sa.ColumnElement[bool]:
    """The index's own words, or SQLite does not use it."""
    return sa.literal_column(f"{name}.status IN ('pending', 'sending')")


def _channels() -> sa.CTE:
    """One open message of each channel that has any, found by skipping from channel to channel in ix_deliveries_open.

    A flooded channel costs no more than another: thousands of messages are not looked at to find the others'.
    """
    before = deliveries.alias("before")

    def topmost(name: str, *where: Callable[[Any], sa.ColumnElement[bool]]) -> sa.ScalarSelect[int]:
        table = deliveries.alias(name)
        found = sa.select(table.c.seq).where(_open(name), *(condition(table) for condition in where))
        in_order = found.order_by(table.c.platform, table.c.channel, table.c.seq)
        return in_order.limit(1).correlate(before).scalar_subquery()

    channels = sa.select(topmost("first").label("seq")).cte("channels", recursive=True)
    # Two steps: SQLite does not find its way by (platform, channel) > (…, …).
    following = sa.func.coalesce(
        topmost("further", lambda t: t.c.platform == before.c.platform, lambda t: t.c.channel > before.c.channel),
        topmost("other", lambda t: t.c.platform > before.c.platform),
    )
    return channels.union_all(sa.select(following).join_from(channels, before, before.c.seq == channels.c.seq))


def _heads() -> sa.Select[tuple[int]]:
    """The one message of each channel that comes before all others: under way, or to be sent and due or being retried.

    Those that wait on purpose, have stepped aside or have no thread yet hold up nobody.
    """
    channels, one, head = _channels(), deliveries.alias("one"), deliveries.alias("head")
    retried = sa.and_(head.c.attempts > 0, head.c.attempts < PATIENCE)
    under_way = head.c.status == DeliveryStatus.SENDING.value
    here = sa.and_(head.c.platform == one.c.platform, head.c.channel == one.c.channel)
    found = sa.select(head.c.seq).where(here, _open("head"), _ready(head), sa.or_(_due(head), retried, under_way))
    topmost = found.order_by(head.c.seq).limit(1).correlate(one).scalar_subquery()
    can_send = one.c.platform.in_(sa.bindparam("platforms", expanding=True))
    return sa.select(topmost).join_from(channels, one, one.c.seq == channels.c.seq).where(can_send)


def _claimable() -> sa.Select[tuple[int]]:
    """The heads that can be claimed now, oldest first."""
    return (
        sa.select(deliveries.c.seq)
        .where(
            deliveries.c.seq.in_(_heads()),
            # Said again: PostgreSQL looks once more at a row that another worker has just changed, but at no subquery.
            # One under way is due when its lease ends, whatever a clock said that was ahead when it was claimed.
            sa.or_(sa.and_(_PENDING, _due(deliveries)), sa.and_(_SENDING, lapsed(deliveries))),
        )
        .order_by(deliveries.c.seq)
        .limit(sa.bindparam("most", type_=sa.Integer))
        .with_for_update(skip_locked=True, of=deliveries)
    )


def _claimed() -> sa.Update:
    in_doubt = sa.or_(deliveries.c.unsure, _SENDING)
    return (
        sa.update(deliveries)
        .where(deliveries.c.seq.in_(sa.bindparam("chosen", expanding=True)))
        .values(
            status=DeliveryStatus.SENDING.value,
            attempts=deliveries.c.attempts + 1,
            unsure=in_doubt,
            attempted=sa.case(  # how far back to look for it; a moment yet to come says nothing of when it really was
                (sa.and_(in_doubt, deliveries.c.attempted > _NOW), sa.bindparam("long_ago", type_=Moment)),
                (in_doubt, deliveries.c.attempted),
                else_=_NOW,
            ),
            next_try=_NOW,
            lease_until=sa.bindparam("until", type_=Moment),
            fence=deliveries.c.fence + 1,
        )
        .returning(deliveries)
    )


# Built once, see entries.py.
_CLAIMABLE: Final = _claimable()
_CLAIM: Final = _claimed()


def claim(
    connection: sa.Connection, *, now: datetime, limit: int, lease: timedelta, platforms: Sequence[Platform]
) -> list[Delivery]:
    """Lease due deliveries, oldest first, at most one a channel, and mark them SENDING."""
    moments = {"now": now, "no_lease": no_lease(now), "far": now + MAX_WAIT}
    asked = {**moments, "most": limit, "platforms": [p.value for p in platforms]}
    heads = connection.execute(_CLAIMABLE, asked).scalars().all()
    if not heads:
        return []
    values = {"chosen": heads, "now": now, "long_ago": now - MAX_WAIT, "until": now + lease}
    claimed = connection.execute(_CLAIM, values)
    return [_delivery(r) for r in sorted(claimed, key=lambda r: r.seq)]


def _channel(row: Any) -> Channel:
    return Channel(Platform(row.platform), row.channel)


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        channel=_channel(row),
        kind=DeliveryKind(row.kind),
        story=row.story,
        revision=row.revision,
        created=row.created,
        attempts=row.attempts,
        attempted=row.attempted,
        unsure=row.unsure,
        thread=row.thread,
        fence=row.fence,
    )
