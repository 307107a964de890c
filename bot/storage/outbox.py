"""The outbox: messages owed to channels, claimed one a channel at a time, in the order they were owed."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.domain.subscription import Channel, Platform
from bot.service.ports import Backlog
from bot.storage.feeds import lapsed
from bot.storage.tables import DEAD, OPEN, Moment, catch_ups, deliveries

# A message refused this often steps aside, so that what is wrong with it alone does not hold up its channel.
PATIENCE = 5
# No message waits longer; a later moment was written while the clock was ahead.
MAX_WAIT = timedelta(days=1)
FIRST_KINDS = (DeliveryKind.ALERT.value, DeliveryKind.CATCH_UP.value)
FOLLOW_KINDS = (DeliveryKind.UPDATE.value, DeliveryKind.REPLY.value)


async def alerted(connection: AsyncConnection, story: int) -> Mapping[Channel, DeliveryKind]:
    """Channels that have been, or are owed, a first message about this story."""
    rows = await connection.execute(_first_messages(story))
    return {Channel(Platform(r.platform), r.channel): DeliveryKind(r.kind) for r in rows}


async def queue(
    connection: AsyncConnection, channel: Channel, kind: DeliveryKind, *, story: int, revision: int, now: datetime
) -> bool:
    """Owe a channel one message; False if it is owed already, or follows nothing."""
    here = _in(channel)
    same = sa.and_(
        here, deliveries.c.kind == kind.value, deliveries.c.story == story, deliveries.c.revision == revision
    )
    status = (await connection.execute(sa.select(deliveries.c.status).where(same))).scalar()
    if status == DeliveryStatus.DEAD.value and kind is DeliveryKind.ALERT:
        # The same message, so that it is looked for if it may have arrived when it was given up.
        anew = {"status": DeliveryStatus.PENDING.value, "attempts": 0, "next_try": now, "created": now, "error": None}
        await connection.execute(sa.update(deliveries).where(same).values(anew))
        return True
    if status is not None:
        return False
    thread = None
    if kind.value in FOLLOW_KINDS:
        # Locked, so that it cannot become sent unnoticed between this look and the follower's arrival.
        first = (await connection.execute(_first_messages(story).where(here).with_for_update(of=deliveries))).first()
        if first is None:
            return False  # nothing to edit, no thread to reply in
        thread = first.message
    if kind is DeliveryKind.UPDATE:  # the newest edit shows everything that older ones would have
        await connection.execute(
            sa.delete(deliveries).where(
                here, deliveries.c.kind == kind.value, deliveries.c.story == story, _is(DeliveryStatus.PENDING)
            )
        )
    await _insert(connection, channel, kind, story=story, revision=revision, now=now, due=now, thread=thread)
    return True


async def queue_catch_up(
    connection: AsyncConnection, channel: Channel, story: int, *, now: datetime, due: datetime
) -> None:
    """Add a story to the channel's one catch-up message that has not been tried yet, making it if there is none."""
    waiting = await connection.execute(
        sa.select(deliveries.c.id)
        .where(
            _in(channel),
            deliveries.c.kind == DeliveryKind.CATCH_UP.value,
            _is(DeliveryStatus.PENDING),
            deliveries.c.attempts == 0,
        )
        .with_for_update()  # a claim at the same moment either is over, or has to wait until the story is in
    )
    delivery = waiting.scalar()
    if delivery is not None:
        same = sa.select(catch_ups).where(catch_ups.c.delivery == delivery, catch_ups.c.story == story)
        if (await connection.execute(same)).first() is not None:
            return
    else:
        delivery = await _insert(
            connection, channel, DeliveryKind.CATCH_UP, story=None, revision=1, now=now, due=due, thread=None
        )
    await connection.execute(sa.insert(catch_ups).values(delivery=delivery, story=story))


async def claim(
    connection: AsyncConnection, *, now: datetime, limit: int, lease: timedelta, platforms: Sequence[Platform]
) -> list[Delivery]:
    """Lease due deliveries, oldest first, at most one a channel, and mark them SENDING."""
    older = deliveries.alias("older")
    behind = (
        sa.select(older.c.seq)
        .where(
            older.c.platform == deliveries.c.platform,
            older.c.channel == deliveries.c.channel,
            older.c.seq < deliveries.c.seq,
            sa.literal_column("older.status IN ('pending', 'sending')"),
            _ready(older),
            sa.not_(sa.and_(~_due(older, now), sa.or_(older.c.attempts == 0, older.c.attempts >= PATIENCE))),
        )
        .exists()
    )
    chosen = (
        sa.select(deliveries.c.seq, deliveries.c.platform, deliveries.c.channel, deliveries.c.status)
        .where(
            sa.literal_column("deliveries.status IN ('pending', 'sending')"),
            deliveries.c.platform.in_([p.value for p in platforms]),
            _due(deliveries, now),
            sa.or_(_is(DeliveryStatus.PENDING), lapsed(deliveries, now)),
            _ready(deliveries),
            ~behind,
        )
        .order_by(deliveries.c.seq)
        .limit(limit)
        .with_for_update(skip_locked=True, of=deliveries)
    )
    rows = (await connection.execute(chosen)).all()
    heads = {(r.platform, r.channel): r for r in reversed(rows)}  # after a stepping aside two may be due in one channel
    if not heads:
        return []
    doubtful = [r.seq for r in heads.values() if r.status == DeliveryStatus.SENDING.value]
    in_doubt = sa.or_(deliveries.c.unsure, deliveries.c.seq.in_(doubtful))
    claimed = await connection.execute(
        sa.update(deliveries)
        .where(deliveries.c.seq.in_([r.seq for r in heads.values()]))
        .values(
            status=DeliveryStatus.SENDING.value,
            attempts=deliveries.c.attempts + 1,
            unsure=in_doubt,
            attempted=sa.case(  # how far back to look for it; a moment yet to come says nothing of when it really was
                (sa.and_(in_doubt, deliveries.c.attempted > now), sa.literal(now - MAX_WAIT, Moment)),
                (in_doubt, deliveries.c.attempted),
                else_=sa.literal(now, Moment),
            ),
            next_try=now,
            lease_until=now + lease,
            fence=deliveries.c.fence + 1,
        )
        .returning(deliveries)
    )
    return [_delivery(r) for r in sorted(claimed, key=lambda r: r.seq)]


async def sent(connection: AsyncConnection, delivery: Delivery, message_id: str, now: datetime) -> None:
    """Mark a delivery sent, and tell those that wait for its message."""
    result = await connection.execute(
        _mine(delivery).values(
            status=DeliveryStatus.SENT.value, message=message_id, sent=now, lease_until=None, unsure=False, error=None
        )
    )
    if result.rowcount:
        await connection.execute(_followers(delivery).values(thread=message_id))


async def failed(
    connection: AsyncConnection, delivery: Delivery, error: str, next_try: datetime | None, unsure: bool
) -> None:
    """Mark a try failed. What would have followed a dead message is dead, too."""
    dead = next_try is None
    values: dict[str, object] = {
        "status": (DeliveryStatus.DEAD if dead else DeliveryStatus.PENDING).value,
        "unsure": unsure,
        "error": error,
        "lease_until": None,
    }
    if next_try is not None:
        values["next_try"] = next_try
    result = await connection.execute(_mine(delivery).values(values))
    if dead and result.rowcount:
        why = f"the message it belongs to was given up: {error}"
        await connection.execute(_followers(delivery).values(status=DeliveryStatus.DEAD.value, error=why))


async def backlog(connection: AsyncConnection) -> Backlog:
    """The outbox in figures."""
    waiting = (
        await connection.execute(sa.select(sa.func.count(), sa.func.min(deliveries.c.created)).where(OPEN))
    ).one()
    dead = await connection.execute(sa.select(sa.func.count()).select_from(deliveries).where(DEAD))
    return Backlog(waiting[0], dead.scalar_one(), waiting[1])


async def _insert(
    connection: AsyncConnection,
    channel: Channel,
    kind: DeliveryKind,
    *,
    story: int | None,
    revision: int,
    now: datetime,
    due: datetime,
    thread: str | None,
) -> str:
    delivery = secrets.token_hex(12)
    await connection.execute(
        sa.insert(deliveries).values(
            id=delivery,
            platform=channel.platform.value,
            channel=channel.id,
            kind=kind.value,
            story=story,
            revision=revision,
            status=DeliveryStatus.PENDING.value,
            attempts=0,
            unsure=False,
            thread=thread,
            next_try=due,
            fence=0,
            created=now,
        )
    )
    return delivery


def _first_messages(story: int) -> sa.Select[Any]:
    """The alert or catch-up of a story in each channel; not one that was given up: the channel has not been told."""
    in_catch_up = sa.select(catch_ups.c.delivery).where(catch_ups.c.story == story)
    return (
        sa.select(deliveries)
        .where(
            sa.or_(
                sa.and_(deliveries.c.story == story, deliveries.c.kind == DeliveryKind.ALERT.value),
                deliveries.c.id.in_(in_catch_up),
            ),
            deliveries.c.status != DeliveryStatus.DEAD.value,
        )
        .order_by(deliveries.c.seq.desc())
    )


def _followers(delivery: Delivery) -> sa.Update:
    """Pending updates and replies of the stories that this delivery opens in its channel."""
    about: sa.ColumnElement[bool]
    if delivery.kind is DeliveryKind.CATCH_UP:
        about = deliveries.c.story.in_(sa.select(catch_ups.c.story).where(catch_ups.c.delivery == delivery.id))
    elif delivery.kind is DeliveryKind.ALERT:
        about = deliveries.c.story == delivery.story
    else:
        about = sa.false()
    return sa.update(deliveries).where(
        _in(delivery.channel), deliveries.c.kind.in_(FOLLOW_KINDS), _is(DeliveryStatus.PENDING), about
    )


def _mine(delivery: Delivery) -> sa.Update:
    return sa.update(deliveries).where(
        deliveries.c.id == delivery.id,
        deliveries.c.fence == delivery.fence,
        _is(DeliveryStatus.SENDING),
    )


def _due(table: Any, now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.next_try <= now, table.c.next_try > now + MAX_WAIT)


def _ready(table: Any) -> sa.ColumnElement[bool]:
    """Whether a delivery may be sent at all: a follower needs to know its thread."""
    return sa.or_(table.c.kind.in_(FIRST_KINDS), table.c.thread.is_not(None))


def _in(channel: Channel) -> sa.ColumnElement[bool]:
    return sa.and_(deliveries.c.platform == channel.platform.value, deliveries.c.channel == channel.id)


def _is(status: DeliveryStatus) -> sa.ColumnElement[bool]:
    return deliveries.c.status == status.value


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
