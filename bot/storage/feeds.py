"""Feeds and subscriptions: what is polled, for whom, and the leases on it."""

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.feed import MAX_BACKOFF, PAUSE_ASKED, Affiliation, Feed, FetchState, FullText
from bot.domain.subscription import Channel, Platform, Subscription
from bot.service.ports import ClaimedFeed, FeedHealth
from bot.storage.tables import Moment, feeds, subscriptions

log = logging.getLogger(__name__)

ITEM = 8  # bytes a digest
# A clock that once was ahead leaves moments behind which no clock of ours would write: they count as come.
MAX_LEASE = timedelta(hours=1)
MARGIN = timedelta(minutes=1)


async def sync_feeds(connection: AsyncConnection, wanted: Sequence[Feed]) -> None:
    """Make the table match the settings, by url; what polling taught of a feed is kept."""
    rows = await connection.execute(sa.select(feeds))
    stored = {row.url: row for row in rows}
    settings = {f.url: _settings(f) for f in wanted}
    new = [
        {"url": url, "items": b"", "failures": 0, "fence": 0, **s} for url, s in settings.items() if url not in stored
    ]
    if new:
        await connection.execute(sa.insert(feeds), new)
    _tell_retired("feeds", [row.name for url, row in stored.items() if row.active and url not in settings])
    for url, row in stored.items():
        changed = settings.get(url, {"active": False})
        if any(getattr(row, key) != value for key, value in changed.items()):
            await connection.execute(sa.update(feeds).where(feeds.c.id == row.id).values(**changed))


async def claim_feeds(
    connection: AsyncConnection,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    early: datetime | None,
) -> list[ClaimedFeed]:
    """Lease due feeds, longest due first."""
    due = sa.or_(feeds.c.next_check.is_(None), feeds.c.next_check <= now, _out_of_reach(now))
    if early is not None:
        unpolled = sa.or_(feeds.c.last_success.is_(None), feeds.c.last_success < early)
        due = sa.or_(due, sa.and_(feeds.c.failures == 0, unpolled))
    # Not as a subquery of the update: PostgreSQL may run that again for each row, and lease more than the limit.
    chosen = await connection.execute(
        sa.select(feeds.c.id)
        .where(feeds.c.active, due, lapsed(feeds, now))
        .order_by(feeds.c.next_check.nulls_first())
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = chosen.scalars().all()
    if not ids:
        return []
    rows = await connection.execute(
        sa.update(feeds)
        .where(feeds.c.id.in_(ids))
        .values(lease_until=now + lease, fence=feeds.c.fence + 1)
        .returning(feeds)
    )
    claimed = [ClaimedFeed(r.id, _feed(r), _state(r), r.fence, r.lease_until) for r in rows]
    return sorted(claimed, key=lambda c: (c.state.next_check is not None, c.state.next_check, c.id))


async def release_feeds(connection: AsyncConnection, claimed: Sequence[ClaimedFeed]) -> None:
    """Give leases back unused."""
    for one in claimed:
        await connection.execute(
            sa.update(feeds).where(feeds.c.id == one.id, feeds.c.fence == one.fence).values(lease_until=None)
        )


async def finish_poll(connection: AsyncConnection, claimed: ClaimedFeed, state: FetchState) -> bool:
    """Save the new state and give the lease back; False when somebody else has claimed the feed since."""
    values: dict[str, object] = {
        "etag": state.etag,
        "last_modified": state.last_modified,
        "body_digest": state.body_digest,
        "failures": state.failures,
        "error": state.error,
        "next_check": state.next_check,
        "last_success": state.last_success,
        "last_change": state.last_change,
        "lease_until": None,
    }
    if state.items is not claimed.state.items:
        values["items"] = b"".join(sorted(state.items))
    result = await connection.execute(
        sa.update(feeds).where(feeds.c.id == claimed.id, feeds.c.fence == claimed.fence).values(values)
    )
    return result.rowcount == 1


async def retry_failing(connection: AsyncConnection, now: datetime) -> None:
    """Make failing feeds due, but for those whose server asked for a pause."""
    free = sa.not_(sa.func.coalesce(feeds.c.error, "").endswith(PAUSE_ASKED))
    await connection.execute(
        sa.update(feeds).where(feeds.c.failures > 0, feeds.c.next_check > now, free).values(next_check=now)
    )


async def health(connection: AsyncConnection) -> list[FeedHealth]:
    """Every active feed with its state, without its memory of items."""
    columns = [c for c in feeds.c if c.name not in ("items", "body_digest")]
    rows = await connection.execute(sa.select(*columns).where(feeds.c.active).order_by(feeds.c.name))
    return [FeedHealth(_feed(r), _state(r)) for r in rows]


async def sync_subscriptions(connection: AsyncConnection, wanted: Sequence[Subscription]) -> None:
    """Make the fixed subscriptions match the settings; those made by command are left alone."""
    rows = await connection.execute(sa.select(subscriptions))
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
            await connection.execute(sa.insert(subscriptions).values(platform=key[0], channel=key[1], **values))
        else:
            await connection.execute(sa.update(subscriptions).where(_is(*key)).values(**values))
    retired = [key for key, row in stored.items() if row.fixed and row.active]
    _tell_retired("channels", [f"{platform} {channel}" for platform, channel in retired])
    for key in retired:
        await connection.execute(sa.update(subscriptions).where(_is(*key)).values(active=False))


async def active_subscriptions(connection: AsyncConnection) -> tuple[Subscription, ...]:
    """Every active subscription."""
    rows = await connection.execute(
        sa.select(subscriptions)
        .where(subscriptions.c.active)
        .order_by(subscriptions.c.platform, subscriptions.c.channel)
    )
    return tuple(_subscription(r) for r in rows)


async def subscription_of(connection: AsyncConnection, channel: Channel) -> Subscription:
    """What a channel wants, or wanted when it was still subscribed."""
    rows = await connection.execute(sa.select(subscriptions).where(_is(channel.platform.value, channel.id)))
    row = rows.first()
    return Subscription(channel) if row is None else _subscription(row)


def _tell_retired(noun: str, names: Sequence[str]) -> None:
    """Tell the operator: two workers on one database, but with unlike feeds.toml, retire each other's feeds."""
    if names:
        log.warning("%s that are no longer in feeds.toml are retired: %s", noun, ", ".join(sorted(names)))


def lapsed(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    """Whether nobody holds a row of this table: no lease, one that has ended, or one longer than any that is given."""
    until = table.c.lease_until
    return sa.or_(until.is_(None), until <= now, until > now + MAX_LEASE)


def _out_of_reach(now: datetime) -> sa.ColumnElement[bool]:
    """Whether a feed's next check is later than `next_check` ever puts it: its interval or a day, and a tenth more."""
    without_interval = sa.type_coerce(feeds.c.next_check, sa.BigInteger) - feeds.c.every * 1_100_000  # microseconds
    return sa.and_(
        feeds.c.next_check > now + MAX_BACKOFF * 1.1 + MARGIN,
        sa.type_coerce(without_interval, Moment) > now + MARGIN,
    )


def _is(platform: str, channel: str) -> sa.ColumnElement[bool]:
    return sa.and_(subscriptions.c.platform == platform, subscriptions.c.channel == channel)


def _subscription(row: Any) -> Subscription:
    return Subscription(
        Channel(Platform(row.platform), row.channel),
        frozenset(json.loads(row.topics)),
        frozenset(json.loads(row.conflicts)),
        timedelta(seconds=row.catch_up),
    )


def _settings(feed: Feed) -> dict[str, object]:
    return {
        "name": feed.name,
        "publisher": feed.publisher,
        "affiliation": feed.affiliation.value,
        "language": feed.language,
        "every": feed.every.total_seconds(),
        "full_text": feed.full_text.value,
        "active": True,
    }


def _feed(row: Any) -> Feed:
    return Feed(
        name=row.name,
        url=row.url,
        publisher=row.publisher,
        affiliation=Affiliation(row.affiliation),
        language=row.language,
        every=timedelta(seconds=row.every),
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
        failures=row.failures,
        error=row.error,
        next_check=row.next_check,
        last_success=row.last_success,
        last_change=row.last_change,
    )
