"""A feed server in a process of its own, so that its work is not counted as the bot's.

`/feed/<n>` answers an RSS document of 30 items of feed n; `/round` moves on: every feed then has two new items in
place of its two oldest (`self_moving`: at every request of it). The moment at which each item was first served
(time.monotonic, one clock for all processes of a machine) can be read at `/served`.
"""

import asyncio
import hashlib
import sys
import time
from collections import Counter
from multiprocessing import Process, Queue

from aiohttp import web

ITEMS = 30
WORDS = [
    "harbour",
    "bridge",
    "minister",
    "council",
    "report",
    "weather",
    "rail",
    "grain",
    "market",
    "school",
    "river",
    "northern",
    "trade",
    "morning",
    "figures",
    "company",
    "workers",
    "budget",
    "road",
    "health",
    "energy",
    "festival",
    "election",
    "local",
    "library",
    "court",
    "water",
    "city",
    "farm",
    "station",
    "museum",
    "research",
    "plan",
    "visit",
    "season",
]


def words(seed: str, count: int) -> str:
    """A stretch of dull words that is always the same for the same seed."""
    digest = hashlib.sha256(seed.encode()).digest()
    return " ".join(WORDS[(digest[i % 32] * (i + 7) + i * i) % len(WORDS)] for i in range(count))


def item(feed: int, number: int, flagged: bool) -> str:
    """One item. A flagged one reports a statement, so that it ends as an alert."""
    topic = words(f"t{feed}.{number}", 6)
    title = f"Ukraine rejects ceasefire proposal over {topic}" if flagged else topic.capitalize()
    text = words(f"b{feed}.{number}", 90)
    return (
        f"<item><title>{title} {feed}.{number}</title><link>http://outlet.example/{feed}/{number}?utm_source=rss</link>"
        f'<guid isPermaLink="false">{feed}-{number}</guid>'
        f"<description>&lt;p&gt;{text}.&lt;/p&gt;&lt;p&gt;{text[:200]}&lt;/p&gt;</description>"
        f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime())}</pubDate></item>"
    )


class Rig:
    """The feeds' state. Items keep their bytes from round to round, as a real feed's do."""

    def __init__(self, flagged_share: int, *, self_moving: bool) -> None:
        self.round = 0
        self.served: dict[str, float] = {}
        self._flagged_share = flagged_share
        self._self_moving = self_moving
        self._asked: Counter[int] = Counter()
        self._items: dict[tuple[int, int], str] = {}

    def body(self, feed: int) -> str:
        """The document of a feed in this round, newest item first."""
        if self._self_moving:
            self._asked[feed] += 1
        newest = ITEMS + 2 * (self.round + self._asked[feed])
        rows = []
        for number in range(newest, newest - ITEMS, -1):
            flagged = self._flagged_share > 0 and (feed + number) % self._flagged_share == 0
            if (feed, number) not in self._items:
                self._items[feed, number] = item(feed, number, flagged)
                self.served[f"{feed}/{number}"] = time.monotonic()
            rows.append(self._items[feed, number])
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed '
            f"{feed}</title><link>http://outlet.example/</link><description>bench</description>{''.join(rows)}</channel></rss>"
        )


def serve(port: "Queue[int]", flagged_share: int, self_moving: bool) -> None:
    """Runs in the server's process until it is killed."""
    rig = Rig(flagged_share, self_moving=self_moving)

    async def feed(request: web.Request) -> web.Response:
        etag = f'"{rig.round}"'
        if not self_moving and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        body = rig.body(int(request.match_info["number"]))
        return web.Response(text=body, content_type="application/rss+xml", headers={"ETag": etag})

    async def advance(_: web.Request) -> web.Response:
        rig.round += 1
        return web.Response(text=str(rig.round))

    async def served(_: web.Request) -> web.Response:
        return web.json_response(rig.served)

    app = web.Application()
    app.add_routes([web.get("/feed/{number}", feed), web.get("/round", advance), web.get("/served", served)])

    async def main() -> None:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port.put(runner.addresses[0][1])
        await asyncio.Event().wait()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)


class FeedServer:
    """Context manager: the server's process and its address."""

    def __init__(self, *, flagged_share: int, self_moving: bool = False) -> None:
        self._port: Queue[int] = Queue()
        self._process = Process(target=serve, args=(self._port, flagged_share, self_moving), daemon=True)
        self.base = ""

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process.pid is not None
        return self._process.pid

    def __enter__(self) -> "FeedServer":
        self._process.start()
        self.base = f"http://127.0.0.1:{self._port.get(timeout=30)}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
