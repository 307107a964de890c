"""The CPU of a whole poll of changed feeds, against feedparser alone on the same bytes; and the way to the alert.

The whole bot but for its chat: real HTTP over loopback, the parse child, the engine, SQLite, the outbox; the messenger
at the end notes the time. Each feed is polled once unmeasured, which fills the archive, then has two new items of 30.
"""

import asyncio
import contextlib
import os
import random
import resource
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import feedparser

from bench.server import FeedServer
from bot.analyst import WorkerAnalyst, warm_child
from bot.domain.delivery import Delivery, Message
from bot.domain.feed import Feed
from bot.domain.subscription import Channel, Platform, Subscription
from bot.feeds.source import HttpFeedSource
from bot.service.deliver import Deliverer
from bot.service.ingest import Ingest
from bot.service.poller import Poller
from bot.storage import SqlStorage, open_storage, upgrade
from bot.worker import Workers

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Now:
    """Satisfies `Clock`."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


class NoMeter:
    """Satisfies `Meter`."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Nothing."""

    gauge = observe = count


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
        link = message.summaries[0].sources[0].link or ""
        self.at.append((link.split("?")[0].removeprefix("http://outlet.example/"), time.monotonic()))
        return delivery.id

    edit = post

    async def find(self, delivery: Delivery) -> None:
        """Nothing is ever in doubt here."""
        del delivery


def cpu(*, without: int) -> float:
    """CPU seconds so far of this process and its living children; not of the child `without`, the feed server."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            fields = stat.read_text().rsplit(")", 1)[1].split()
            if int(fields[1]) == os.getpid() and int(stat.parent.name) != without:
                ticks += int(fields[11]) + int(fields[12])
    return own.ru_utime + own.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


class Rig:
    """The bot's parts on a fresh database, all feeds read once."""

    def __init__(self, base: str, feeds: int, folder: Path, *, every: timedelta = timedelta(minutes=5)) -> None:
        self.feeds = [
            Feed(f"Feed {i}", f"{base}/feed/{i}", f"Publisher {i}", language="en", every=every, at_most=every)
            for i in range(feeds)
        ]
        self.url = f"sqlite:///{folder / f'bench-{random.random()}.db'}"  # noqa: S311  # a file's name
        self.stopwatch = Stopwatch()
        self.storage: SqlStorage
        self.workers = Workers(1, initializer=warm_child)
        self.source = HttpFeedSource(self.workers, allow=LOOPBACK, contact=None)

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
            analyst=WorkerAnalyst(self.workers),
            storage=self.storage,
            clock=Now(),
            meter=NoMeter(),
            owed=self.deliverer.wake,
            jitter=random.random,
        )
        self.poller = Poller(ingest=ingest, storage=self.storage, clock=Now(), at_once=20)
        await self.poller.round()

    async def close(self) -> None:
        """End the children, so that their CPU counts."""
        await self.deliverer.drain()
        await self.workers.close()
        await self.source.close()
        await self.storage.close()


async def ask(base: str, path: str) -> dict[str, float]:
    """The bench server's answer."""
    async with aiohttp.ClientSession() as session, session.get(base + path) as answer:
        return await answer.json(content_type=None)  # type: ignore[no-any-return]  # JSON is what it is


async def bodies(base: str, feeds: int) -> list[bytes]:
    """What every feed holds now."""
    async with aiohttp.ClientSession() as session:
        return [await (await session.get(f"{base}/feed/{i}")).read() for i in range(feeds)]


async def whole_poll(server: FeedServer, feeds: int, folder: Path) -> tuple[float, float]:
    """CPU seconds of (the bot's poll, feedparser alone) for one round in which every feed has changed."""
    rig = Rig(server.base, feeds, folder)
    await rig.open()
    await ask(server.base, "/round")
    before = cpu(without=server.pid)
    await rig.poller.round()
    spent = cpu(without=server.pid) - before
    await rig.close()
    raw = await bodies(server.base, feeds)
    before = cpu(without=server.pid)
    for body in raw:
        feedparser.parse(body)
    return spent, cpu(without=server.pid) - before


async def latency(base: str, feeds: int, seconds: float, folder: Path) -> list[float]:
    """Milliseconds from a feed's answer to its alert handed over, for each flagged item, at the bot's own pace."""
    rig = Rig(base, feeds, folder, every=timedelta(seconds=10))
    await rig.open()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        await rig.poller.tick()
        await rig.deliverer.pump()
        await asyncio.sleep(0.25)
    await rig.poller.stop(timedelta(seconds=5))
    await rig.close()
    served = await ask(base, "/served")
    return sorted((at - served[item]) * 1000 for item, at in rig.stopwatch.at)


async def main() -> None:
    """Print the figures."""
    feeds = int(os.environ.get("BENCH_FEEDS", "1000"))
    with tempfile.TemporaryDirectory() as folder:
        with FeedServer(flagged_share=4) as server:
            pairs = [await whole_poll(server, feeds, Path(folder)) for _ in range(3)]
        with FeedServer(flagged_share=4, self_moving=True) as server:
            waits = await latency(server.base, 200, 40, Path(folder))
    bot, alone = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"poll      {bot:.2f} s CPU for {feeds} changed feeds (2 new items of 30, every fourth flagged): whole bot,")
    print(f"          children included; {alone:.2f} s for feedparser alone on the same bytes: {ratio:.2f} of it")
    if waits:
        p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
        print(f"latency   {p50:.0f} ms p50, {p99:.0f} ms p99 from a feed's answer to its alert handed over")
        print(f"          ({len(waits)} alerts; 200 feeds at 10 s, every answer with two new items)")


if __name__ == "__main__":
    asyncio.run(main())
