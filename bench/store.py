"""The archive: what storing articles costs beside plain sqlite3 with full-text search, how fast the newest are found.

usage: python -m bench.store [ROWS]     (default: 1000000)

Ours keeps no full-text index yet; what it keeps instead is every entry's key, words' digest and page, for ever.
"""

import asyncio
import contextlib
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.server import words
from bench.watch import cpu
from bot.domain.article import Article, digest
from bot.domain.feed import Feed
from bot.domain.statement import Analysis, Span, Stance, Statement
from bot.storage import SqlStorage, open_storage, upgrade
from bot.storage.store import SqlTransaction

FEEDS = 1_000
BATCH = 100
SAMPLE = 15_000
STORIES = 10_000
ASKED = 300
ASKED_FOR: list[dict[str, str]] = [
    {},
    {"topic": "territory"},
    {"topic": "ceasefire"},
    {"conflict": "sudan"},
    {"topic": "territory", "conflict": "nowhere"},
]
START = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
CREATE TABLE article (id INTEGER PRIMARY KEY, feed INT, key TEXT, link TEXT, title TEXT, text TEXT, published INT,
                      seen INT, digest TEXT, UNIQUE (feed, key));
CREATE INDEX newest ON article (published);
CREATE VIRTUAL TABLE found USING fts5(title, text, content='article', content_rowid='id');
CREATE TRIGGER added AFTER INSERT ON article BEGIN
  INSERT INTO found (rowid, title, text) VALUES (new.id, new.title, new.text);
END;
"""
FLOOD = """
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :rows)
INSERT INTO articles (feed, key, title, title_key, text, language, link, canonical_link, published, seen, reasons)
SELECT 1 + n % :feeds, 'key-' || n, 'Title ' || n, 'title ' || n, :text, 'en', 'http://outlet.example/' || n,
       'outlet.example/' || n, :start + n * 1000000, :start + n * 1000000, '[]' FROM numbers
"""
TEXT = "word " * 80


@dataclass(frozen=True, slots=True)
class Figures:
    """CPU of ours to plain sqlite3's; the milliseconds within which half, and 99 of 100, look-ups of the newest end."""

    ratio: float
    latest_p50: float
    latest_p99: float


def article(number: int) -> Article:
    """The article of that number."""
    title, text = words(f"t{number}", 9), words(f"x{number}", 55)
    link = f"http://outlet.example/{number % FEEDS}/{number}"
    when = START + timedelta(seconds=number)
    key = digest("key", str(number))
    return Article(key, "Feed", title, text, "en", link, link, when, when, digest(title, text))


def statement(number: int) -> Analysis:
    """What a flagged article states: one of two topics, one in fifty of a rare conflict."""
    span = Span(0, 5, "words")
    topic = "territory" if number % 3 == 0 else "ceasefire"
    conflict = "sudan" if number % 50 == 0 else "ukraine"
    said = Statement("Somebody", span, topic, Stance.REJECT, (), span, None, span, 0.9, "bench", (conflict,))
    return Analysis((topic,), (said,), ())


async def ours(storage: SqlStorage, articles: list[Article], *, first: int) -> None:
    """Store them, a hundred of one feed in a unit of work."""
    for start in range(0, len(articles), BATCH):
        rows = [(a, Analysis()) for a in articles[start : start + BATCH]]
        feed = 1 + (first + start) // BATCH % FEEDS
        await storage.write(lambda tx, feed=feed, rows=rows: tx.add_quiet(feed, rows))  # type: ignore[misc]


def plain(file: Path, articles: list[Article]) -> None:
    """Store them with the standard library alone, a hundred in a transaction."""
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.executescript(PLAIN)
        for start in range(0, len(articles), BATCH):
            rows = [
                (0, a.key, a.link, a.title, a.text, a.seen.timestamp(), a.seen.timestamp(), a.digest)
                for a in articles[start : start + BATCH]
            ]
            with database:
                database.executemany(
                    "INSERT INTO article (feed, key, link, title, text, published, seen, digest) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    rows,
                )


async def opened(url: str) -> SqlStorage:
    """An empty archive with a thousand feeds."""
    await upgrade(url)
    storage = await open_storage(url)
    await storage.sync_feeds([Feed(f"F{i}", f"http://outlet.example/{i}", f"P{i}") for i in range(FEEDS)])
    return storage


def flood(url: str, rows: int) -> None:
    """So many quiet articles and their entries at once: one by one they would take minutes."""
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
        database.execute(FLOOD, {"rows": rows, "feeds": FEEDS, "start": int(START.timestamp() * 1e6), "text": TEXT})
        database.execute(
            "INSERT INTO entries (feed, key, digest, canonical_link, title_key) "
            "SELECT feed, key, key, canonical_link, title_key FROM articles"
        )


async def compared(folder: Path) -> float:
    """CPU of ours to plain sqlite3's for the same articles."""
    articles = [article(i) for i in range(SAMPLE)]
    storage = await opened(f"sqlite:///{folder / f'archive-{random.random()}.db'}")  # noqa: S311  # a file's name
    begin = cpu()
    await ours(storage, articles, first=0)
    middle = cpu()
    plain(folder / f"plain-{random.random()}.db", articles)  # noqa: S311
    end = cpu()
    await storage.close()
    return (middle - begin) / (end - middle)


async def look_ups(rows: int, folder: Path) -> tuple[float, float]:
    """The p50 and p99 of looking up the newest stories, milliseconds: all, by topic, of a rare conflict, of none."""
    url = f"sqlite:///{folder / f'archive-{random.random()}.db'}"  # noqa: S311  # a file's name
    storage = await opened(url)
    await asyncio.to_thread(flood, url, rows)

    def tell(tx: SqlTransaction) -> None:
        for number in range(rows, rows + STORIES):
            story = tx.start_story(f"Story {number}", now=START + timedelta(seconds=number))
            tx.add_article(1 + number % FEEDS, article(number), statement(number), story=story)

    await storage.write(tell)
    waits = []
    for number in range(ASKED):
        begin = time.monotonic()
        await storage.latest(limit=5, **ASKED_FOR[number % len(ASKED_FOR)])
        waits.append((time.monotonic() - begin) * 1000)
    await storage.close()
    waits.sort()
    return waits[ASKED // 2], waits[int(ASKED * 0.99)]


def measure(rows: int, pairs: int, folder: Path) -> Figures:
    """Both figures; the ratio is the median of `pairs` runs."""
    ratio = statistics.median(asyncio.run(compared(folder)) for _ in range(pairs))
    return Figures(ratio, *asyncio.run(look_ups(rows, folder)))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
        figures = measure(number, 3, Path(name))
    print(f"store     {figures.ratio:.2f} of the CPU of plain sqlite3 with FTS5; the newest of {number} articles:")
    print(f"          {figures.latest_p50:.1f} ms p50, {figures.latest_p99:.1f} ms p99")
