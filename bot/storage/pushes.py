"""Pushes: feeds' subscriptions at their hubs."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.push import LONGEST_LEASE, Offer, Push, PushStatus
from bot.domain.standing import Standing
from bot.storage.tables import Moment, feeds, pushes

_COLUMNS: Final = [f.name for f in fields(Push)]
# Built once, see entries.py. Most feeds name no hub; the word saves reading what those say.
_OFFERING: Final = sa.select(feeds.c.id, feeds.c.url, feeds.c.said).where(
    feeds.c.active,
    feeds.c.standing != Standing.RETIRED,
    sa.type_coerce(feeds.c.said, sa.Text).contains('"hub": ', autoescape=True),
)
_ALL: Final = sa.select(pushes).order_by(pushes.c.created, pushes.c.id)
_ONE: Final = sa.select(pushes).where(pushes.c.id == sa.bindparam("of_push"))
_DUE: Final = (
    sa.select(pushes)
    .where(
        sa.or_(
            pushes.c.next_try <= sa.bindparam("now", type_=Moment),
            # No hub is left alone for longer than a lease: this was written while the clock was ahead.
            pushes.c.next_try > sa.bindparam("far", type_=Moment),
        )
    )
    .order_by(pushes.c.next_try, pushes.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_COUNTS: Final = sa.select(pushes.c.status, sa.func.count()).group_by(pushes.c.status)


def offers(connection: sa.Connection) -> dict[int, Offer]:
    """The hub that each active feed names, if it is not gone; with the feed's own address as topic if it names none."""
    found = {}
    for row in connection.execute(_OFFERING):
        offer = row.said.offer
        if offer is not None:
            found[row.id] = Offer(offer.hub, offer.topic or row.url)
    return found


def every_push(connection: sa.Connection) -> list[Push]:
    """All of them, held until the transaction ends."""
    return [_push(row) for row in connection.execute(_ALL.with_for_update())]


def due_pushes(connection: sa.Connection, now: datetime, limit: int) -> list[Push]:
    """Those whose hub is to be asked, longest due first; another worker's are left out."""
    return [_push(row) for row in connection.execute(_DUE, {"now": now, "far": now + LONGEST_LEASE, "most": limit})]


def push(connection: sa.Connection, id_: str, *, hold: bool) -> Push | None:
    """One by its id; `hold` keeps other workers from it until the transaction ends."""
    row = connection.execute(_ONE.with_for_update() if hold else _ONE, {"of_push": id_}).one_or_none()
    return _push(row) if row is not None else None


def save_push(connection: sa.Connection, one: Push) -> None:
    """Insert or update."""
    values = {name: getattr(one, name) for name in _COLUMNS}
    if not connection.execute(sa.update(pushes).where(pushes.c.id == one.id).values(**values)).rowcount:
        connection.execute(sa.insert(pushes).values(**values))


def drop_push(connection: sa.Connection, id_: str) -> None:
    """Delete."""
    connection.execute(sa.delete(pushes).where(pushes.c.id == id_))


def distrust_pushes(connection: sa.Connection, feed_id: int) -> None:
    """Forget that a feed's hub has pushed."""
    connection.execute(sa.update(feeds).where(feeds.c.id == feed_id).values(pushed_until=None))


def push_counts(connection: sa.Connection) -> Mapping[PushStatus, int]:
    """Rows by status."""
    return {PushStatus(status): number for status, number in connection.execute(_COUNTS)}


def _push(row: Any) -> Push:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return Push(**values | {"status": PushStatus(row.status)})
