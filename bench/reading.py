"""A new feed read (all its items parsed and made plain), against feedparser alone on the same bytes."""

import asyncio
import io
import statistics
import time

import feedparser

from bench.rig import bodies
from bench.server import FeedServer
from bot.feeds import jobs

TYPE = "application/rss+xml"


def ratio(feeds: int, pairs: int) -> float:
    """CPU of ours to feedparser's, the median of `pairs` interleaved runs over so many feeds."""
    with FeedServer(flagged_share=4) as server:
        raw = asyncio.run(bodies([server.url(i) for i in range(feeds)]))
    return statistics.median(_one(raw) for _ in range(pairs))


def _one(raw: list[bytes]) -> float:
    ours = theirs = 0.0
    for body in raw:
        begin = time.process_time()
        jobs.parse(body, "http://outlet.example/feed", TYPE, frozenset())
        middle = time.process_time()
        feedparser.parse(io.BytesIO(body), response_headers={"content-type": TYPE})
        ours, theirs = ours + middle - begin, theirs + time.process_time() - middle
    return ours / theirs
