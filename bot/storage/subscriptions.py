"""Subscriptions: who wants what."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.subscription import Channel, Platform, Subscription
from bot.storage.tables import subscriptions

_PLACE = sa.and_(
    subscriptions.c.platform == sa.bindparam("of_platform"), subscriptions.c.channel == sa.bindparam("of_channel")
)
# Built once, see entries.py.
_ACTIVE: Final = (
    sa.select(subscriptions).where(subscriptions.c.active).order_by(subscriptions.c.platform, subscriptions.c.channel)
)
_ONE: Final = sa.select(subscriptions).where(_PLACE)


def sync_subscriptions(connection: sa.Connection, wanted: Sequence[Subscription]) -> list[str]:
    """Make the fixed subscriptions match the settings; those made by command are left alone. Returns those retired."""
    rows = connection.execute(sa.select(subscriptions))
    stored = {(r.platform, r.channel): r for r in rows}
    for subscription in wanted:
        key = (subscription.channel.platform.value, subscription.channel.id)
        values = {
            "topics": json.dumps(sorted(subscription.topics)),
            "conflicts": json.dumps(sorted(subscription.conflicts)),
            "catch_up": subscription.catch_up.total_seconds(),
            "fixed": True,
            "active": True,
        }
        if stored.pop(key, None) is None:
            connection.execute(sa.insert(subscriptions).values(platform=key[0], channel=key[1], **values))
        else:
            connection.execute(sa.update(subscriptions).where(_is(*key)).values(**values))
    retired = [key for key, row in stored.items() if row.fixed and row.active]
    for key in retired:
        connection.execute(sa.update(subscriptions).where(_is(*key)).values(active=False))
    return [f"{platform} {channel}" for platform, channel in retired]


def active_subscriptions(connection: sa.Connection) -> tuple[Subscription, ...]:
    """Every active subscription."""
    return tuple(_subscription(r) for r in connection.execute(_ACTIVE))


def subscription_of(connection: sa.Connection, channel: Channel) -> Subscription:
    """What a channel wants, or wanted when it was still subscribed."""
    row = connection.execute(_ONE, {"of_platform": channel.platform.value, "of_channel": channel.id}).first()
    return Subscription(channel) if row is None else _subscription(row)


def _is(platform: str, channel: str) -> sa.ColumnElement[bool]:
    return sa.and_(subscriptions.c.platform == platform, subscriptions.c.channel == channel)


def _subscription(row: Any) -> Subscription:
    return Subscription(
        Channel(Platform(row.platform), row.channel),
        frozenset(json.loads(row.topics)),
        frozenset(json.loads(row.conflicts)),
        timedelta(seconds=row.catch_up),
    )
