"""The CPU of a whole poll of changed feeds, against feedparser alone on the same bytes.

The whole bot but for its chat: real HTTP over loopback, the parse child, the engine, SQLite, the outbox. Each feed is
polled once unmeasured, which fills the archive, then has two new items of 30.
"""

import asyncio
import os
import statistics
import tempfile
from pathlib import Path

import feedparser

from bench.reading import changed_ratio
from bench.rig import Rig, ask, bodies
from bench.server import FeedServer
from bench.watch import cpu

PAIRS = 3


async def whole_poll(server: FeedServer, feeds: int, folder: Path) -> tuple[float, float]:
    """CPU seconds of (the bot's poll, feedparser alone) for one round in which every feed has changed."""
    urls = [server.url(i) for i in range(feeds)]
    rig = Rig(urls, folder)
    await rig.open()
    await ask(server, "/round")
    before = cpu(without=server.pid)
    await rig.poller.round()
    spent = cpu(without=server.pid) - before
    await rig.close()
    raw = await bodies(urls)
    before = cpu(without=server.pid)
    for body in raw:
        feedparser.parse(body)
    return spent, cpu(without=server.pid) - before


async def whole_polls(feeds: int, pairs: int) -> list[tuple[float, float]]:
    """So many times what `whole_poll` tells, against one server."""
    with tempfile.TemporaryDirectory() as folder, FeedServer(flagged_share=4) as server:
        return [await whole_poll(server, feeds, Path(folder)) for _ in range(pairs)]


def main() -> None:
    """Print the figures."""
    feeds = int(os.environ.get("BENCH_FEEDS", "1000"))
    pairs = asyncio.run(whole_polls(feeds, PAIRS))
    bot, alone = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(a / b for a, b in pairs)
    part = changed_ratio(min(feeds, 200), PAIRS)
    print(f"poll      {bot:.2f} s CPU for {feeds} changed feeds (2 new items of 30, every fourth flagged): whole bot,")
    print(f"          children included; {alone:.2f} s for feedparser alone on the same bytes: {ratio:.2f} of it")
    print(f"          trimmed, read and made plain alone: {part:.2f} of a loop that trims and calls feedparser as it")
    print("          comes; the rest of the whole is fetching, pipes, the engine and the archive")


if __name__ == "__main__":
    main()
