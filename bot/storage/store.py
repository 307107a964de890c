"""SqlStorage: the `Storage` of the use cases on SQLite or PostgreSQL. Each method is one transaction, in one hop."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from bot.domain.article import Article
from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.feed import Feed, FetchState
from bot.domain.push import Offer, Push, PushStatus
from bot.domain.standing import Notice
from bot.domain.statement import Analysis
from bot.domain.story import Story, Summary
from bot.domain.subscription import Channel, Platform, Subscription
from bot.service.storage import Backlog, ClaimedFeed, FeedCounts, FeedHealth, Known, Recalled
from bot.storage import (
    articles,
    census,
    dispatch,
    entries,
    feed_sync,
    feeds,
    notices,
    outbox,
    pushes,
    stories,
    subscriptions,
)
from bot.storage.checkpoint import Checkpointer
from bot.storage.engine import DURABLE, READ_ONLY, may_be_of_one_row, open_engine
from bot.storage.gather import Gatherer
from bot.storage.lane import CLOSE_GRACE, Lane, Work
from bot.storage.tables import deliveries
from bot.storage.tables import feeds as feeds_table

T = TypeVar("T")

log = logging.getLogger(__name__)

READERS = 2
# SQLite lets one write at a time. On PostgreSQL a write waits for the server, and for the locks of other workers.
WRITERS = {"sqlite": 1, "postgresql": 4}


async def open_storage(url: str) -> "SqlStorage":
    """The storage at this address, its schema already upgraded. Raises StorageError when it does not answer."""
    storage = SqlStorage(open_engine(url, connections=READERS + max(WRITERS.values())))
    try:
        await storage.backlog()
    except BaseException:
        await storage.close()
        raise
    return storage


class SqlTransaction:
    """Satisfies `Transaction` on one connection."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add_quiet(self, feed_id: int, rows: Sequence[tuple[Article, Analysis]]) -> None:
        """Store new articles without a statement."""
        articles.add_quiet(self._connection, feed_id, rows)

    def add_article(self, feed_id: int, article: Article, analysis: Analysis, *, story: Story) -> None:
        """Store a new article with its statements."""
        articles.add_article(self._connection, feed_id, article, analysis, story)

    def revise_article(self, feed_id: int, article: Article, analysis: Analysis, *, story: Story | None) -> None:
        """Replace an article seen before."""
        articles.revise_article(self._connection, feed_id, article, analysis, story)

    def rename(self, feed_id: int, article: Article, before: Known) -> None:
        """Remember a new key for an entry seen before."""
        entries.rename(self._connection, feed_id, article, before)

    def find_story(self, feed_id: int, article: Article, *, since: datetime) -> Story | None:
        """The story this article joins."""
        return articles.find_story(self._connection, feed_id, article, since)

    def story(self, story: int) -> Story | None:
        """A story by its id."""
        return articles.story(self._connection, story)

    def start_story(self, title: str, *, now: datetime) -> Story:
        """A new story."""
        return articles.start_story(self._connection, title, now)

    def bump_story(self, story: int) -> Story:
        """The story at its next revision."""
        return articles.bump_story(self._connection, story)

    def new_gists(self, story: int, gists: Collection[tuple[str, str, str]]) -> frozenset[tuple[str, str, str]]:
        """Which of these the story has never told."""
        return articles.new_gists(self._connection, story, gists)

    def story_publishers(self, story: int) -> frozenset[str]:
        """Who already reports it."""
        return articles.story_publishers(self._connection, story)

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Every active subscription."""
        return subscriptions.active_subscriptions(self._connection)

    def alerted(self, story: int) -> Mapping[Channel, DeliveryKind]:
        """Who has been told of it."""
        return outbox.alerted(self._connection, story)

    def queue(self, channel: Channel, kind: DeliveryKind, *, story: int, revision: int, now: datetime) -> bool:
        """Owe a channel one message."""
        return outbox.queue(self._connection, channel, kind, story=story, revision=revision, now=now)

    def queue_catch_up(self, channel: Channel, story: int, *, now: datetime, due: datetime) -> None:
        """Add a story to the channel's catch-up message."""
        outbox.queue_catch_up(self._connection, channel, story, now=now, due=due)

    def queue_notice(self, channel: Channel, feed_id: int, notice: Notice, *, now: datetime, due: datetime) -> None:
        """Add a notice to the channel's open message."""
        notices.queue_notice(self._connection, channel, feed_id, notice, now=now, due=due)

    def finish_poll(self, claimed: ClaimedFeed, state: FetchState) -> bool:
        """Save the feed's new state and give the lease back."""
        return feeds.finish_poll(self._connection, claimed, state)

    def offers(self) -> Mapping[int, Offer]:
        """The hubs that active feeds name."""
        return pushes.offers(self._connection)

    def pushes(self) -> Sequence[Push]:
        """Every subscription at a hub."""
        return pushes.every_push(self._connection)

    def due_pushes(self, *, now: datetime, limit: int) -> Sequence[Push]:
        """Those whose hub is to be asked."""
        return pushes.due_pushes(self._connection, now, limit)

    def push(self, push: str) -> Push | None:
        """One of them."""
        return pushes.push(self._connection, push, hold=True)

    def save_push(self, push: Push) -> None:
        """Store one, new or changed."""
        pushes.save_push(self._connection, push)

    def drop_push(self, push: str) -> None:
        """Forget one."""
        pushes.drop_push(self._connection, push)

    def distrust_pushes(self, feed_id: int) -> None:
        """Poll a feed at its own pace again."""
        pushes.distrust_pushes(self._connection, feed_id)


class SqlStorage:
    """Satisfies `Storage`. Every failure of the database is a StorageError; nothing of the transaction is kept then."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reader = engine.execution_options(**{READ_ONLY: True})
        self._durable = engine.execution_options(**{DURABLE: True})
        self._writes = Lane("storage-write", threads=WRITERS[engine.dialect.name])
        self._reads = Lane("storage-read", threads=READERS)
        self._log = Checkpointer(engine) if engine.dialect.name == "sqlite" else None
        self._finished: Gatherer[tuple[ClaimedFeed, FetchState], bool] = Gatherer(
            self._finish_polls, by_one=may_be_of_one_row
        )

    async def write(self, work: Callable[[SqlTransaction], T]) -> T:
        """Run a unit of work; any exception rolls it back and comes out here."""
        return await self._write(lambda connection: work(SqlTransaction(connection)))

    async def sync_feeds(self, wanted: Sequence[Feed]) -> None:
        """Make the feeds match the settings."""
        _tell_retired("feeds", await self._write(lambda connection: feed_sync.sync_feeds(connection, wanted)))

    async def sync_subscriptions(self, wanted: Sequence[Subscription]) -> None:
        """Make the fixed subscriptions match the settings."""
        retired = await self._write(lambda connection: subscriptions.sync_subscriptions(connection, wanted))
        _tell_retired("channels", retired)

    async def sync_settings(self, wanted: Sequence[Feed], subscribed: Sequence[Subscription]) -> None:
        """Make both match the settings, at once."""

        def sync(connection: sa.Connection) -> None:
            feed_sync.sync_feeds(connection, wanted)
            subscriptions.sync_subscriptions(connection, subscribed)

        await self._write(sync)

    async def claim_feeds(
        self, *, now: datetime, limit: int, lease: timedelta, early: datetime | None = None
    ) -> list[ClaimedFeed]:
        """Lease due feeds."""
        return await self._write(
            lambda connection: feeds.claim_feeds(connection, now=now, limit=limit, lease=lease, early=early)
        )

    async def claim_feed(self, feed_id: int, *, now: datetime, lease: timedelta) -> ClaimedFeed | None:
        """Lease one feed, due or not."""
        return await self._write(lambda connection: feeds.claim_feed(connection, feed_id, now=now, lease=lease))

    async def release_feeds(self, claimed: Sequence[ClaimedFeed]) -> None:
        """Give leases back unused."""
        await self._write(lambda connection: feeds.release_feeds(connection, claimed))

    async def finish_poll(self, claimed: ClaimedFeed, state: FetchState) -> bool:
        """Save the state of a feed that had nothing new, together with others."""
        return await self._finished.add((claimed, state))

    async def _finish_polls(self, polls: Sequence[tuple[ClaimedFeed, FetchState]]) -> list[bool]:
        return await self._write(lambda connection: feeds.finish_polls(connection, polls))

    async def recall(self, feed_id: int, shown: Sequence[Article]) -> Recalled:
        """Which of these articles this feed has shown before."""
        return await self._read(lambda connection: entries.recall(connection, feed_id, shown))

    async def claim_deliveries(
        self, *, now: datetime, limit: int, lease: timedelta, platforms: Sequence[Platform]
    ) -> list[Delivery]:
        """Lease due deliveries."""
        # Were this mark lost in a power cut, the message would be sent again. It keeps all that was saved before, too.
        return await self._write(
            lambda connection: dispatch.claim(connection, now=now, limit=limit, lease=lease, platforms=platforms),
            durable=True,
        )

    async def message(self, delivery: Delivery) -> Message | None:
        """What to show for a delivery."""
        return await self._read(lambda connection: stories.message(connection, delivery))

    async def sent(self, delivery: Delivery, message_id: str, *, now: datetime) -> None:
        """Mark a delivery sent."""
        await self._write(lambda connection: outbox.sent(connection, delivery, message_id, now))

    async def failed(self, delivery: Delivery, error: str, *, next_try: datetime | None, unsure: bool) -> None:
        """Mark a try failed."""
        await self._write(lambda connection: outbox.failed(connection, delivery, error, next_try, unsure))

    async def latest(self, *, limit: int, topic: str | None = None, conflict: str | None = None) -> list[Summary]:
        """The newest stories."""
        return await self._read(
            lambda connection: stories.latest(connection, limit=limit, topic=topic, conflict=conflict)
        )

    async def reclaim(self, *, now: datetime) -> None:
        """Lapse every lease."""

        def lapse(connection: sa.Connection) -> None:
            connection.execute(sa.update(feeds_table).values(lease_until=None))
            held = deliveries.c.lease_until.is_not(None)
            connection.execute(sa.update(deliveries).where(held).values(lease_until=now))

        await self._write(lapse)

    async def retry_failing(self, *, now: datetime) -> None:
        """Make failing feeds due."""
        await self._write(lambda connection: feeds.retry_failing(connection, now))

    async def revive(self, name: str) -> int:
        """Have retired feeds of this name tried again."""
        return await self._write(lambda connection: feeds.revive(connection, name))

    async def prune(self, *, before: datetime) -> int:
        """Delete old articles that belong to no story."""
        return await self._write(lambda connection: articles.prune(connection, before))

    async def push(self, push: str) -> Push | None:
        """A subscription at a hub."""
        return await self._read(lambda connection: pushes.push(connection, push, hold=False))

    async def push_counts(self) -> Mapping[PushStatus, int]:
        """Subscriptions at hubs by status."""
        return await self._read(pushes.push_counts)

    async def health(self) -> list[FeedHealth]:
        """Every active feed with its state."""
        return await self._read(feeds.health)

    async def count_feeds(self, *, now: datetime, since: datetime) -> FeedCounts:
        """Feeds in figures."""
        return await self._read(lambda connection: census.count_feeds(connection, now=now, since=since))

    async def backlog(self) -> Backlog:
        """The outbox in figures."""
        return await self._read(outbox.backlog)

    async def counts(self) -> Mapping[str, int]:
        """Rows by noun."""
        return await self._read(stories.counts)

    async def close(self) -> None:
        """End the threads once they have done what they were given, and close every connection."""
        await self._finished.close()
        await asyncio.gather(self._writes.close(), self._reads.close())
        if self._log is not None:
            await asyncio.to_thread(self._log.close, CLOSE_GRACE)
        self._engine.dispose()

    async def _write(self, work: Work[T], *, durable: bool = False) -> T:
        try:
            return await self._writes.do(self._durable if durable else self._engine, work)
        finally:
            if self._log is not None:
                self._log.written()

    async def _read(self, work: Work[T]) -> T:
        return await self._reads.do(self._reader, work)


def _tell_retired(noun: str, names: Sequence[str]) -> None:
    """Tell the operator: two workers on one database, but with unlike feeds.toml, retire each other's feeds."""
    if names:
        log.warning("%s that are no longer in feeds.toml are dropped: %s", noun, ", ".join(sorted(names)))
