"""The outbox: messages owed to channels, and what becomes of them (claims: dispatch.py)."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.domain.subscription import Channel, Platform
from bot.service.storage import Backlog
from bot.storage.tables import DEAD, OPEN, catch_ups, deliveries

FOLLOW_KINDS = (DeliveryKind.UPDATE.value, DeliveryKind.REPLY.value)


_PENDING = deliveries.c.status == DeliveryStatus.PENDING.value
_SENDING = deliveries.c.status == DeliveryStatus.SENDING.value
_HERE = sa.and_(
    deliveries.c.platform == sa.bindparam("of_platform"), deliveries.c.channel == sa.bindparam("of_channel")
)
_OF_STORY = sa.bindparam("of_story", type_=sa.BigInteger)
_OF_KIND = deliveries.c.kind == sa.bindparam("of_kind")


def _first_messages() -> sa.Select[Any]:
    """The alert or catch-up of a story in each channel; not one that was given up: the channel has not been told."""
    in_catch_up = sa.select(catch_ups.c.delivery).where(catch_ups.c.story == _OF_STORY)
    return (
        sa.select(deliveries)
        .where(
            sa.or_(
                sa.and_(deliveries.c.story == _OF_STORY, deliveries.c.kind == DeliveryKind.ALERT.value),
                deliveries.c.id.in_(in_catch_up),
            ),
            deliveries.c.status != DeliveryStatus.DEAD.value,
        )
        .order_by(deliveries.c.seq.desc())
    )


# Built once, see entries.py.
_FIRST: Final = _first_messages()
# Locked, so that it cannot become sent unnoticed between this look and the follower's arrival.
_FIRST_HERE: Final = _FIRST.where(_HERE).with_for_update(of=deliveries)
_SAME = sa.and_(_HERE, _OF_KIND, deliveries.c.story == _OF_STORY, deliveries.c.revision == sa.bindparam("of_revision"))
_STATUS: Final = sa.select(deliveries.c.status).where(_SAME)
_ANEW: Final = sa.update(deliveries).where(_SAME)
_OLDER_EDITS: Final = sa.delete(deliveries).where(_HERE, _OF_KIND, deliveries.c.story == _OF_STORY, _PENDING)
_ADD: Final = sa.insert(deliveries)
_OPEN_CATCH_UP: Final = (
    sa.select(deliveries.c.id)
    .where(_HERE, deliveries.c.kind == DeliveryKind.CATCH_UP.value, _PENDING, deliveries.c.attempts == 0)
    .with_for_update()  # a claim at the same moment either is over, or has to wait until the story is in
)
_IN_CATCH_UP: Final = sa.select(catch_ups.c.story).where(
    catch_ups.c.delivery == sa.bindparam("of_delivery"), catch_ups.c.story == _OF_STORY
)
_ADD_TO_CATCH_UP: Final = sa.insert(catch_ups)
_MINE: Final = sa.update(deliveries).where(
    deliveries.c.id == sa.bindparam("of_delivery"), deliveries.c.fence == sa.bindparam("of_fence"), _SENDING
)
# Pending updates and replies of the stories that a delivery opens in its channel.
_FOLLOWERS = sa.update(deliveries).where(_HERE, deliveries.c.kind.in_(FOLLOW_KINDS), _PENDING)
_FOLLOWERS_OF_ALERT: Final = _FOLLOWERS.where(deliveries.c.story == _OF_STORY)
_FOLLOWERS_OF_CATCH_UP: Final = _FOLLOWERS.where(
    deliveries.c.story.in_(sa.select(catch_ups.c.story).where(catch_ups.c.delivery == sa.bindparam("of_delivery")))
)
# A message that waits on purpose (a notice, a catch-up) is not late before its own moment has come.
_OWED_SINCE: Final = sa.case((deliveries.c.attempts == 0, deliveries.c.next_try), else_=deliveries.c.created)
_WAITING: Final = sa.select(sa.func.count(), sa.func.min(_OWED_SINCE)).where(OPEN)
_GIVEN_UP: Final = sa.select(sa.func.count()).select_from(deliveries).where(DEAD)


def alerted(connection: sa.Connection, story: int) -> Mapping[Channel, DeliveryKind]:
    """Channels that have been, or are owed, a first message about this story."""
    rows = connection.execute(_FIRST, {"of_story": story})
    return {Channel(Platform(r.platform), r.channel): DeliveryKind(r.kind) for r in rows}


def queue(
    connection: sa.Connection, channel: Channel, kind: DeliveryKind, *, story: int, revision: int, now: datetime
) -> bool:
    """Owe a channel one message; False if it is owed already, or follows nothing."""
    same = {**here(channel), "of_kind": kind.value, "of_story": story, "of_revision": revision}
    status = connection.execute(_STATUS, same).scalar()
    if status == DeliveryStatus.DEAD.value and kind is DeliveryKind.ALERT:
        # The same message, so that it is looked for if it may have arrived when it was given up.
        anew = {"status": DeliveryStatus.PENDING.value, "attempts": 0, "next_try": now, "created": now, "error": None}
        connection.execute(_ANEW, same | anew)
        return True
    if status is not None:
        return False
    thread = None
    if kind.value in FOLLOW_KINDS:
        first = connection.execute(_FIRST_HERE, {**here(channel), "of_story": story}).first()
        if first is None:
            return False  # nothing to edit, no thread to reply in
        thread = first.message
    if kind is DeliveryKind.UPDATE:  # the newest edit shows everything that older ones would have
        connection.execute(_OLDER_EDITS, {**here(channel), "of_kind": kind.value, "of_story": story})
    owe(connection, channel, kind, story=story, revision=revision, now=now, due=now, thread=thread)
    return True


def queue_catch_up(connection: sa.Connection, channel: Channel, story: int, *, now: datetime, due: datetime) -> None:
    """Add a story to the channel's one catch-up message that has not been tried yet, making it if there is none."""
    delivery = connection.execute(_OPEN_CATCH_UP, here(channel)).scalar()
    if delivery is None:
        kind = DeliveryKind.CATCH_UP
        delivery = owe(connection, channel, kind, story=None, revision=1, now=now, due=due, thread=None)
    elif connection.execute(_IN_CATCH_UP, {"of_delivery": delivery, "of_story": story}).first() is not None:
        return
    connection.execute(_ADD_TO_CATCH_UP, {"delivery": delivery, "story": story})


def sent(connection: sa.Connection, delivery: Delivery, message_id: str, now: datetime) -> None:
    """Mark a delivery sent, and tell those that wait for its message."""
    values = {"status": DeliveryStatus.SENT.value, "message": message_id, "sent": now, "unsure": False, "error": None}
    if _finish(connection, delivery, values):
        _tell_followers(connection, delivery, {"thread": message_id})


def failed(connection: sa.Connection, delivery: Delivery, error: str, next_try: datetime | None, unsure: bool) -> None:
    """Mark a try failed. What would have followed a dead message is dead, too."""
    if next_try is not None:
        values = {"status": DeliveryStatus.PENDING.value, "unsure": unsure, "error": error, "next_try": next_try}
        _finish(connection, delivery, values)
        return
    dead = {"status": DeliveryStatus.DEAD.value}
    if _finish(connection, delivery, {**dead, "unsure": unsure, "error": error}):
        why = f"the message it belongs to was given up: {error}"
        _tell_followers(connection, delivery, {**dead, "error": why})


def backlog(connection: sa.Connection) -> Backlog:
    """The outbox in figures."""
    waiting = connection.execute(_WAITING).one()
    return Backlog(waiting[0], connection.execute(_GIVEN_UP).scalar_one(), waiting[1])


def owe(
    connection: sa.Connection,
    channel: Channel,
    kind: DeliveryKind,
    *,
    story: int | None,
    revision: int,
    now: datetime,
    due: datetime,
    thread: str | None,
) -> str:
    """Enter a message, to be sent at `due`. Returns its id."""
    delivery = secrets.token_hex(12)
    connection.execute(
        _ADD,
        {
            "id": delivery,
            "platform": channel.platform.value,
            "channel": channel.id,
            "kind": kind.value,
            "story": story,
            "revision": revision,
            "status": DeliveryStatus.PENDING.value,
            "attempts": 0,
            "unsure": False,
            "thread": thread,
            "next_try": due,
            "fence": 0,
            "created": now,
        },
    )
    return delivery


def _finish(connection: sa.Connection, delivery: Delivery, values: Mapping[str, object]) -> bool:
    """Write what became of a claimed delivery; False if somebody else has claimed it since."""
    mine = {"of_delivery": delivery.id, "of_fence": delivery.fence, "lease_until": None}
    return connection.execute(_MINE, {**mine, **values}).rowcount == 1


def _tell_followers(connection: sa.Connection, delivery: Delivery, values: Mapping[str, object]) -> None:
    place = here(delivery.channel)
    if delivery.kind is DeliveryKind.CATCH_UP:
        connection.execute(_FOLLOWERS_OF_CATCH_UP, {**place, "of_delivery": delivery.id, **values})
    elif delivery.kind is DeliveryKind.ALERT:
        connection.execute(_FOLLOWERS_OF_ALERT, {**place, "of_story": delivery.story, **values})


def here(channel: Channel) -> dict[str, object]:
    """The parameters that name a channel."""
    return {"of_platform": channel.platform.value, "of_channel": channel.id}
