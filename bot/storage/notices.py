"""Notices: what channels are told of feeds themselves, several in one message of the outbox."""

from datetime import datetime
from typing import Final

import sqlalchemy as sa

from bot.domain.delivery import Delivery, DeliveryKind, DeliveryStatus
from bot.domain.standing import Notice, Standing
from bot.domain.subscription import Channel
from bot.storage.outbox import here, owe
from bot.storage.tables import deliveries, feeds, notices

# PostgreSQL: whoever owes a notice holds this until its transaction ends, or two workers that both find no open message
# make one each. Feeds change their standing seldom; SQLite has one writer anyway.
NOTICE_LOCK = 7_268_455

_OF_DELIVERY = notices.c.delivery == sa.bindparam("of_delivery")
_OF_FEED = notices.c.feed == sa.bindparam("of_feed", type_=sa.BigInteger)
# Built once, see entries.py. A message that has certainly not arrived may still grow; locked as catch-ups are.
_OPEN: Final = (
    sa.select(deliveries.c.id)
    .where(
        deliveries.c.platform == sa.bindparam("of_platform"),
        deliveries.c.channel == sa.bindparam("of_channel"),
        deliveries.c.kind == DeliveryKind.NOTICE.value,
        deliveries.c.status == DeliveryStatus.PENDING.value,
        sa.not_(deliveries.c.unsure),
    )
    .with_for_update()
)
# What the channel was told last of a feed, or may have been.
_HEARD: Final = (
    sa.select(notices.c.standing)
    .join(deliveries, deliveries.c.id == notices.c.delivery)
    .where(
        deliveries.c.platform == sa.bindparam("of_platform"),
        deliveries.c.channel == sa.bindparam("of_channel"),
        deliveries.c.kind == DeliveryKind.NOTICE.value,
        sa.or_(deliveries.c.status.in_((DeliveryStatus.SENDING.value, DeliveryStatus.SENT.value)), deliveries.c.unsure),
        _OF_FEED,
    )
    .order_by(deliveries.c.seq.desc())
    .limit(1)
)
_LOCK: Final = sa.select(sa.func.pg_advisory_xact_lock(NOTICE_LOCK))
_TAKE_OUT: Final = sa.delete(notices).where(_OF_DELIVERY, _OF_FEED)
_LEFT: Final = sa.select(notices.c.feed).where(_OF_DELIVERY).limit(1)
_TAKE_BACK: Final = sa.delete(deliveries).where(deliveries.c.id == sa.bindparam("of_delivery"))
_ADD: Final = sa.insert(notices)
_SHOWN: Final = (
    sa.select(feeds.c.name, notices.c.standing, notices.c.since, notices.c.error)
    .join(feeds, feeds.c.id == notices.c.feed)
    .where(_OF_DELIVERY)
    .order_by(feeds.c.name)
)


def queue_notice(
    connection: sa.Connection, channel: Channel, feed_id: int, notice: Notice, *, now: datetime, due: datetime
) -> None:
    """Add a notice to the channel's open message, making one if there is none.

    It takes the place of one of the same feed. A feed that works again before the channel heard otherwise is no news.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    delivery = connection.execute(_OPEN, here(channel)).scalar()
    mine = {"of_delivery": delivery, "of_feed": feed_id}
    if delivery is not None:
        connection.execute(_TAKE_OUT, mine)
    if notice.standing is Standing.WORKING:
        heard = connection.execute(_HEARD, here(channel) | {"of_feed": feed_id}).scalar()
        if heard in (None, Standing.WORKING.value):
            if delivery is not None and connection.execute(_LEFT, mine).first() is None:
                connection.execute(_TAKE_BACK, mine)
            return
    if delivery is None:
        delivery = owe(connection, channel, DeliveryKind.NOTICE, story=None, revision=1, now=now, due=due, thread=None)
    connection.execute(
        _ADD,
        {
            "delivery": delivery,
            "feed": feed_id,
            "standing": notice.standing.value,
            "since": notice.since,
            "error": notice.error,
        },
    )


def shown(connection: sa.Connection, delivery: Delivery) -> tuple[Notice, ...]:
    """What a message tells, by the feeds' names."""
    rows = connection.execute(_SHOWN, {"of_delivery": delivery.id})
    return tuple(Notice(r.name, Standing(r.standing), r.since, r.error) for r in rows)
