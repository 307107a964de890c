"""A feed server in a process of its own, so that its work is not counted as the bot's.

`/feed/<n>` answers an RSS document of 30 items of feed n, with an ETag. Feeds gain two new items in place of their two
oldest: all of them at `/round`, or every tenth (`/round?every=10`); or by themselves, at every n-th request
(`moves_every`). `/served` tells when each item that is to be an alert was first served (time.monotonic, one clock for
all processes of a machine; `?since=n` leaves out the first n), and how many answers there were of each kind. Faulty
ones (`faults`, a share) hold nothing new, so that what is expected of the bot is what `/served` tells.
"""

import asyncio
import hashlib
import logging
import sys
import time
from multiprocessing import Process, Queue

from aiohttp import web

from bench.faults import KINDS, faulty

ITEMS = 30
WORDS = [
    "harbour",
    "bridge",
    "painter",
    "village",
    "report",
    "weather",
    "rail",
    "grain",
    "weaving",
    "school",
    "river",
    "northern",
    "orchard",
    "morning",
    "figures",
    "pottery",
    "bakers",
    "pavement",
    "road",
    "health",
    "energy",
    "festival",
    "harvest",
    "local",
    "library",
    "meadow",
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
    """A stretch of words that is always the same for the same seed; none of them keeps the engine from its verdict."""
    digest = hashlib.sha256(seed.encode()).digest()
    return " ".join(WORDS[(digest[i % 32] * (i + 7) + i * i) % len(WORDS)] for i in range(count))


def item(feed: int, number: int, flagged: bool, published: float) -> str:
    """One item. A flagged one reports a statement, so that it ends as an alert."""
    topic = words(f"t{feed}.{number}", 6)
    title = f"Ukraine rejects ceasefire proposal over {topic}" if flagged else topic.capitalize()
    text = words(f"b{feed}.{number}", 90)
    return (
        f"<item><title>{title} {feed}.{number}</title><link>http://outlet.example/{feed}/{number}?utm_source=rss</link>"
        f'<guid isPermaLink="false">{feed}-{number}</guid>'
        f"<description>&lt;p&gt;{text}.&lt;/p&gt;&lt;p&gt;{text[:200]}&lt;/p&gt;</description>"
        f"<pubDate>{time.strftime('%a, %d %b %Y %H:%M:%S GMT', time.gmtime(published))}</pubDate></item>"
    )


class Rig:
    """The feeds' state. Items keep their bytes from version to version, as a real feed's do."""

    def __init__(self, flagged_share: int, *, moves_every: int, faults: float) -> None:
        self.versions: dict[int, int] = {}
        self.asked: dict[int, int] = {}
        self.well: dict[int, int] = {}
        self.served: dict[str, float] = {}
        self.answers: dict[str, int] = {}
        self._born: dict[tuple[int, int], float] = {}
        self._start = time.time()
        self._flagged_share = flagged_share
        self._moves_every = moves_every
        self._faults = faults

    def fault(self, feed: int) -> str | None:
        """Count a request; the fault of its answer, if it is to be faulty: always the same for the same request."""
        self.asked[feed] = self.asked.get(feed, 0) + 1
        draw = int.from_bytes(hashlib.sha256(f"{feed}.{self.asked[feed]}".encode()).digest()[:8])
        if draw / 2**64 >= self._faults:
            return None
        kind = KINDS[draw % len(KINDS)]
        # A feed that answers "gone" is asked once a day from then on: one in a hundred may, or no load is left.
        return "404" if kind == "410" and feed % 100 else kind

    def move(self, feed: int) -> None:
        """Two new items."""
        self.versions[feed] = self.versions.get(feed, 0) + 1

    def answer_well(self, feed: int) -> None:
        """Count a good answer; the first shows what is old."""
        before = self.well.get(feed, 0)
        self.well[feed] = before + 1
        if self._moves_every and before and (feed + before) % self._moves_every == 0:
            self.move(feed)

    def body(self, feed: int) -> str:
        """The document of a feed in its version, newest item first."""
        newest = ITEMS + 2 * self.versions.get(feed, 0)
        new = [n for n in range(newest, newest - ITEMS, -1) if n > ITEMS and (feed, n) not in self._born]
        self._born |= {(feed, number): time.time() for number in new}
        rows = "".join(self._item(feed, number) for number in range(newest, newest - ITEMS, -1))
        now = time.monotonic()
        self.served |= {f"{feed}/{number}": now for number in new if self._flagged(feed, number)}
        return (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>Feed '
            f"{feed}</title><link>http://outlet.example/</link><description>bench</description>{rows}</channel></rss>"
        )

    def _item(self, feed: int, number: int) -> str:
        published = self._born.get((feed, number), self._start - 60 * (ITEMS - number))
        return item(feed, number, self._flagged(feed, number), published)

    def _flagged(self, feed: int, number: int) -> bool:
        return self._flagged_share > 0 and (feed + number) % self._flagged_share == 0


def application(rig: Rig) -> web.Application:
    """What the server answers."""

    async def feed(request: web.Request) -> web.StreamResponse:
        number = int(request.match_info["number"])
        fault = None if "moved" in request.query else rig.fault(number)
        status = fault or "ok"
        rig.answers[status] = rig.answers.get(status, 0) + 1
        if fault:
            return await faulty(fault, request, rig.body(number).encode())
        rig.answer_well(number)
        etag = f'"{rig.versions.get(number, 0)}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        return web.Response(text=rig.body(number), content_type="application/rss+xml", headers={"ETag": etag})

    async def advance(request: web.Request) -> web.Response:
        every = int(request.query.get("every", "1"))
        for number in list(rig.asked):
            if number % every == 0:
                rig.move(number)
        return web.json_response(len(rig.asked))

    async def served(request: web.Request) -> web.Response:
        since = int(request.query.get("since", "0"))
        return web.json_response({"items": dict(list(rig.served.items())[since:]), "answers": rig.answers})

    app = web.Application()
    app.add_routes([web.get("/feed/{number}", feed), web.get("/round", advance), web.get("/served", served)])
    return app


def serve(port: "Queue[int]", hosts: int, rig: Rig) -> None:
    """Runs in the server's process until it is killed."""
    logging.disable(logging.CRITICAL)  # clients that hang up are what faulty answers are for

    async def main() -> None:
        runner = web.AppRunner(application(rig), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        number = runner.addresses[0][1]
        for host in range(2, hosts + 1):
            await web.TCPSite(runner, f"127.0.0.{host}", number).start()
        port.put(number)
        await asyncio.Event().wait()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        sys.exit(0)


class FeedServer:
    """Context manager: the server's process and its addresses. Its feeds share out `hosts` (127.0.0.1, .2, …)."""

    def __init__(self, *, flagged_share: int, moves_every: int = 0, faults: float = 0.0, hosts: int = 1) -> None:
        self._port: Queue[int] = Queue()
        rig = Rig(flagged_share, moves_every=moves_every, faults=faults)
        self._process = Process(target=serve, args=(self._port, hosts, rig), daemon=True)
        self._hosts = hosts
        self.port = 0

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def base(self) -> str:
        """Its first address."""
        return f"http://127.0.0.1:{self.port}"

    def url(self, feed: int) -> str:
        """Where a feed is."""
        return f"http://127.0.0.{1 + feed % self._hosts}:{self.port}/feed/{feed}"

    def __enter__(self) -> "FeedServer":
        self._process.start()
        self.port = self._port.get(timeout=30)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()
