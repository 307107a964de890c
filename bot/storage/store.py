"""SqlStorage: the `Storage` of the use cases on SQLite or PostgreSQL. Each method is one transaction."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.article import Article
from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.feed import Feed, FetchState
from bot.domain.statement import Analysis
from bot.domain.story import Story, Summary
from bot.domain.subscription import Channel, Platform, Subscription
from bot.service.ports import Backlog, ClaimedFeed, FeedHealth, Known
from bot.storage import articles, entries, feeds, outbox, stories
from bot.storage.engine import DURABLE, READ_ONLY, async_engine, storage_errors
from bot.storage.tables import deliveries
from bot.storage.tables import feeds as feeds_table


async def open_storage(url: str) -> "SqlStorage":
    """The storage at this address, its schema already upgraded. Raises StorageError when it does not answer."""
    storage = SqlStorage(async_engine(url))
    try:
        await storage.backlog()
    except BaseException:
        await storage.close()
        raise
    return storage


class SqlTransaction:
    """Satisfies `Transaction` on one connection."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_quiet(self, feed_id: int, rows: Sequence[tuple[Article, Analysis]]) -> None:
        """Store new articles without a statement."""
        await articles.add_quiet(self._connection, feed_id, rows)

    async def add_article(self, feed_id: int, article: Article, analysis: Analysis, *, story: Story) -> None:
        """Store a new article with its statements."""
        await articles.add_article(self._connection, feed_id, article, analysis, story)

    async def revise_article(self, feed_id: int, article: Article, analysis: Analysis, *, story: Story | None) -> None:
        """Replace an article seen before."""
        await articles.revise_article(self._connection, feed_id, article, analysis, story)

    async def rename(self, feed_id: int, article: Article, before: Known) -> None:
        """Remember a new key for an entry seen before."""
        await entries.rename(self._connection, feed_id, article, before)

    async def find_story(self, feed_id: int, article: Article, *, since: datetime) -> Story | None:
        """The story this article joins."""
        return await articles.find_story(self._connection, feed_id, article, since)

    async def story(self, story: int) -> Story | None:
        """A story by its id."""
        return await articles.story(self._connection, story)

    async def start_story(self, title: str, *, now: datetime) -> Story:
        """A new story."""
        return await articles.start_story(self._connection, title, now)

    async def bump_story(self, story: int) -> Story:
        """The story at its next revision."""
        return await articles.bump_story(self._connection, story)

    async def new_gists(self, story: int, gists: Collection[tuple[str, str, str]]) -> frozenset[tuple[str, str, str]]:
        """Which of these the story has never told."""
        return await articles.new_gists(self._connection, story, gists)

    async def story_publishers(self, story: int) -> frozenset[str]:
        """Who already reports it."""
        return await articles.story_publishers(self._connection, story)

    async def subscriptions(self) -> tuple[Subscription, ...]:
        """Every active subscription."""
        return await feeds.active_subscriptions(self._connection)

    async def alerted(self, story: int) -> Mapping[Channel, DeliveryKind]:
        """Who has been told of it."""
        return await outbox.alerted(self._connection, story)

    async def queue(self, channel: Channel, kind: DeliveryKind, *, story: int, revision: int, now: datetime) -> bool:
        """Owe a channel one message."""
        return await outbox.queue(self._connection, channel, kind, story=story, revision=revision, now=now)

    async def queue_catch_up(self, channel: Channel, story: int, *, now: datetime, due: datetime) -> None:
        """Add a story to the channel's catch-up message."""
        await outbox.queue_catch_up(self._connection, channel, story, now=now, due=due)

    async def finish_poll(self, claimed: ClaimedFeed, state: FetchState) -> bool:
        """Save the feed's new state and give the lease back."""
        return await feeds.finish_poll(self._connection, claimed, state)


class SqlStorage:
    """Satisfies `Storage`. Every failure of the database is a StorageError; nothing of the transaction is kept then."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**{READ_ONLY: True})
        self._durable = engine.execution_options(**{DURABLE: True})
        # SQLite lets one write at a time and has the others poll for their turn; waiting in line here is fairer.
        self._turn = asyncio.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTransaction]:
        """A write transaction: commits at the end, rolls back on any exception."""
        async with self._write() as connection:
            yield SqlTransaction(connection)

    async def sync_feeds(self, wanted: Sequence[Feed]) -> None:
        """Make the feeds match the settings."""
        async with self._write() as connection:
            await feeds.sync_feeds(connection, wanted)

    async def sync_subscriptions(self, wanted: Sequence[Subscription]) -> None:
        """Make the fixed subscriptions match the settings."""
        async with self._write() as connection:
            await feeds.sync_subscriptions(connection, wanted)

    async def claim_feeds(
        self, *, now: datetime, limit: int, lease: timedelta, early: datetime | None = None
    ) -> list[ClaimedFeed]:
        """Lease due feeds."""
        async with self._write() as connection:
            return await feeds.claim_feeds(connection, now=now, limit=limit, lease=lease, early=early)

    async def release_feeds(self, claimed: Sequence[ClaimedFeed]) -> None:
        """Give leases back unused."""
        async with self._write() as connection:
            await feeds.release_feeds(connection, claimed)

    async def known(self, feed_id: int, keys: Sequence[str]) -> Mapping[str, Known]:
        """Which keys this feed has shown before."""
        async with self._read() as connection:
            return await entries.known(connection, feed_id, keys)

    async def known_pages(self, feed_id: int, new: Sequence[Article]) -> Mapping[str, Known]:
        """Which articles this feed has shown under another key."""
        async with self._read() as connection:
            return await entries.known_pages(connection, feed_id, new)

    async def claim_deliveries(
        self, *, now: datetime, limit: int, lease: timedelta, platforms: Sequence[Platform]
    ) -> list[Delivery]:
        """Lease due deliveries."""
        # Were this mark lost in a power cut, the message would be sent again. It keeps all that was saved before, too.
        async with self._write(durable=True) as connection:
            return await outbox.claim(connection, now=now, limit=limit, lease=lease, platforms=platforms)

    async def message(self, delivery: Delivery) -> Message | None:
        """What to show for a delivery."""
        async with self._read() as connection:
            return await stories.message(connection, delivery)

    async def sent(self, delivery: Delivery, message_id: str, *, now: datetime) -> None:
        """Mark a delivery sent."""
        async with self._write() as connection:
            await outbox.sent(connection, delivery, message_id, now)

    async def failed(self, delivery: Delivery, error: str, *, next_try: datetime | None, unsure: bool) -> None:
        """Mark a try failed."""
        async with self._write() as connection:
            await outbox.failed(connection, delivery, error, next_try, unsure)

    async def latest(self, *, limit: int, topic: str | None = None, conflict: str | None = None) -> list[Summary]:
        """The newest stories."""
        async with self._read() as connection:
            return await stories.latest(connection, limit=limit, topic=topic, conflict=conflict)

    async def reclaim(self, *, now: datetime) -> None:
        """Lapse every lease."""
        async with self._write() as connection:
            await connection.execute(sa.update(feeds_table).values(lease_until=None))
            held = deliveries.c.lease_until.is_not(None)
            await connection.execute(sa.update(deliveries).where(held).values(lease_until=now))

    async def retry_failing(self, *, now: datetime) -> None:
        """Make failing feeds due."""
        async with self._write() as connection:
            await feeds.retry_failing(connection, now)

    async def prune(self, *, before: datetime) -> int:
        """Delete old articles that belong to no story."""
        async with self._write() as connection:
            return await articles.prune(connection, before)

    async def health(self) -> list[FeedHealth]:
        """Every active feed with its state."""
        async with self._read() as connection:
            return await feeds.health(connection)

    async def backlog(self) -> Backlog:
        """The outbox in figures."""
        async with self._read() as connection:
            return await outbox.backlog(connection)

    async def counts(self) -> Mapping[str, int]:
        """Rows by noun."""
        async with self._read() as connection:
            return await stories.counts(connection)

    async def close(self) -> None:
        """Close every connection; each holds a thread that would keep the process alive."""
        await self._engine.dispose()

    @asynccontextmanager
    async def _write(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        engine = self._durable if durable else self._engine
        async with self._turn:
            with storage_errors():
                async with engine.begin() as connection:
                    yield connection

    @asynccontextmanager
    async def _read(self) -> AsyncIterator[AsyncConnection]:
        with storage_errors():
            async with self._reader.connect() as connection:
                yield connection
