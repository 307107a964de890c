"""A feed read (parsed and made plain), against feedparser on the same bytes.

New: all its items, against feedparser alone. Changed: two new items of 30, against a loop that leaves known items out
and gives feedparser the rest. feedparser runs as it comes: it sanitises and joins addresses, as our plain words and
links do, which is a quarter of that loop. Neither side fetches, nor knows an archive: `bench.poll` and `bench.cycle`
count those.
"""

import asyncio
import hashlib
import io
import statistics
import time
from collections.abc import Callable, Sequence

import feedparser
from lxml import etree

from bench.rig import ask, bodies
from bench.server import FeedServer
from bot.feeds import jobs
from bot.service.ports import Parsed

TYPE = "application/rss+xml"
HEADERS = {"content-type": TYPE}
URL = "http://outlet.example/feed"


def ratio(feeds: int, pairs: int) -> float:
    """CPU of ours to feedparser's on new feeds, the median of `pairs` interleaved runs over so many."""
    with FeedServer(flagged_share=4) as server:
        raw = asyncio.run(bodies([server.url(i) for i in range(feeds)]))
    ours = [(lambda body=body: _ours(body, frozenset())) for body in raw]
    theirs = [(lambda body=body: feedparser.parse(io.BytesIO(body), response_headers=HEADERS)) for body in raw]
    return statistics.median(_interleaved(ours, theirs) for _ in range(pairs))


def changed_ratio(feeds: int, pairs: int) -> float:
    """CPU of ours to the trimming loop's on changed feeds, the median of `pairs` interleaved runs over so many."""
    with FeedServer(flagged_share=0) as server:
        urls = [server.url(i) for i in range(feeds)]
        before = asyncio.run(bodies(urls))
        asyncio.run(ask(server, "/round"))
        after = asyncio.run(bodies(urls))
    known = [_ours(body, frozenset()).items for body in before]
    seen = [frozenset(map(_digest, _items(etree.fromstring(body)))) for body in before]
    ours = [(lambda body=body, of=of: _ours(body, of)) for body, of in zip(after, known, strict=True)]
    theirs = [(lambda body=body, of=of: _trimmed(body, of)) for body, of in zip(after, seen, strict=True)]
    return statistics.median(_interleaved(ours, theirs) for _ in range(pairs))


def _interleaved(ours: Sequence[Callable[[], object]], theirs: Sequence[Callable[[], object]]) -> float:
    spent = [0.0, 0.0]
    for both in zip(ours, theirs, strict=True):
        for side, read in enumerate(both):
            begin = time.process_time()
            read()
            spent[side] += time.process_time() - begin
    return spent[0] / spent[1]


def _ours(body: bytes, known: frozenset[bytes]) -> Parsed:
    return jobs.parse(body, URL, TYPE, known)


def _trimmed(body: bytes, seen: frozenset[bytes]) -> object:
    """Little more than the calls: no charset but the declared, no shape but the usual, no cleaning but feedparser's."""
    root = etree.fromstring(body)
    for item in _items(root):
        parent = item.getparent()
        if parent is not None and _digest(item) in seen:
            parent.remove(item)
    return feedparser.parse(io.BytesIO(etree.tostring(root, encoding="utf-8", xml_declaration=True)))


def _items(root: etree._Element) -> list[etree._Element]:
    return list(root.iter("{*}item", "{*}entry"))


def _digest(item: etree._Element) -> bytes:
    return hashlib.blake2b(etree.tostring(item, with_tail=False), digest_size=8).digest()
