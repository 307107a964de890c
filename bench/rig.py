"""The whole bot but for its chat, on a fresh database, against a feed server: what the benchmarks drive."""

import asyncio
import contextlib
import gc
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import aiohttp

from bench.server import FeedServer
from bot.analyst import WorkerAnalyst
from bot.app import TICK
from bot.childwork import warm_child
from bot.domain.delivery import Delivery, Message
from bot.domain.feed import Feed
from bot.domain.subscription import Channel, Platform, Subscription
from bot.feeds.source import HttpFeedSource
from bot.lexicons import NONE, held_lexicon
from bot.service.deliver import Deliverer
from bot.service.ingest import Ingest, PollOutcome
from bot.service.poller import Poller
from bot.service.ports import Analyst, NoMeter
from bot.service.storage import ClaimedFeed
from bot.storage import SqlStorage, open_storage, upgrade
from bot.worker import Workers

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Now:
    """Satisfies `Clock`."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


@dataclass
class Stopwatch:
    """Satisfies `Messenger`: notes when each alert is handed over, by the feed and item it came from."""

    platform: Platform = Platform.CONSOLE
    at: list[tuple[str, float]] = field(default_factory=list)

    async def start(self) -> None:
        """Nothing."""

    async def close(self) -> None:
        """Nothing."""

    def healthy(self) -> bool:
        """Always."""
        return True

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Note the time."""
        now = time.monotonic()
        for source in (s for summary in message.summaries for s in summary.sources[:1]):
            self.at.append(((source.link or "").split("?")[0].removeprefix("http://outlet.example/"), now))
        return delivery.id

    edit = post

    async def find(self, delivery: Delivery) -> None:
        """Nothing is ever in doubt here."""
        del delivery


class Rig:
    """The bot's parts on a fresh database, driven as the bot drives them."""

    def __init__(
        self,
        urls: Sequence[str],
        folder: Path,
        *,
        every: timedelta = timedelta(minutes=5),
        analyst: Analyst | None = None,
    ) -> None:
        self.feeds = [
            Feed(f"Feed {i}", url, f"Publisher {i}", language="en", every=every, at_most=every)
            for i, url in enumerate(urls)
        ]
        self.url = f"sqlite:///{folder / f'bench-{random.random()}.db'}"  # noqa: S311  # a file's name
        self.stopwatch = Stopwatch()
        self.polls: Counter[str] = Counter()
        self.workers = Workers(2, initializer=partial(warm_child, held_lexicon(NONE)))
        self.source = HttpFeedSource(self.workers, allow=LOOPBACK, contact=None)
        self.analyst = analyst or WorkerAnalyst(self.workers)
        self.storage: SqlStorage
        self._ticking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make the database and read every feed for the first time."""
        await upgrade(self.url)
        self.storage = await open_storage(self.url)
        await self.storage.sync_feeds(self.feeds)
        await self.storage.sync_subscriptions([Subscription(Channel(Platform.CONSOLE, "bench"), catch_up=timedelta(0))])
        self.deliverer = Deliverer(
            storage=self.storage, messengers={Platform.CONSOLE: self.stopwatch}, clock=Now(), meter=NoMeter()
        )
        ingest = Ingest(
            source=self.source,
            analyst=self.analyst,
            storage=self.storage,
            clock=Now(),
            meter=NoMeter(),
            owed=self.deliverer.wake,
            jitter=random.random,
        )
        self.poller = Poller(ingest=ingest, storage=self.storage, clock=Now(), polled=self._polled)
        await self.workers.warm()
        await self.poller.round()
        gc.collect()
        gc.freeze()  # as the bot does once it is built

    def _polled(self, _: ClaimedFeed, outcome: PollOutcome) -> None:
        self.polls[outcome.status] += 1

    def spread(self) -> None:
        """Have the feeds fall due evenly, as they do in the long run: just polled, they would all come at once."""
        now, every = datetime.now(UTC).timestamp(), self.feeds[0].every.total_seconds()
        moments = [(int((now + every * i / len(self.feeds)) * 1e6), f.url) for i, f in enumerate(self.feeds)]
        random.shuffle(moments)
        with contextlib.closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as database, database:
            database.executemany("UPDATE feeds SET next_check = ? WHERE url = ?", moments)

    def start(self) -> None:
        """Poll and deliver from now on, at the bot's own pace."""
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """No more polls; what is owed is sent."""
        if self._ticking is not None:
            self._ticking.cancel()
        await self.poller.stop(timedelta(seconds=5))
        await self.deliverer.drain()

    async def _tick(self) -> None:
        while True:
            await self.poller.tick()
            await self.deliverer.pump()
            await asyncio.sleep(TICK.total_seconds())

    async def close(self) -> None:
        """End the children, so that their CPU counts."""
        await self.poller.stop(timedelta(seconds=5))
        await self.deliverer.drain()
        await self.workers.close()
        await self.source.close()
        await self.storage.close()


async def ask(server: FeedServer, path: str) -> Any:
    """The bench server's answer."""
    async with aiohttp.ClientSession() as session, session.get(server.base + path) as answer:
        return await answer.json()


async def bodies(urls: Sequence[str]) -> list[bytes]:
    """What every feed holds now."""
    async with aiohttp.ClientSession() as session:
        return [await (await session.get(url)).read() for url in urls]
