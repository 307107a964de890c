"""Small articles and statements for storage tests."""

import asyncio
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.domain.article import Article
from bot.domain.feed import Feed
from bot.domain.statement import Analysis, Span, Stance, Statement
from bot.domain.story import Story
from bot.domain.subscription import Channel, Platform, Subscription
from bot.service.storage import Known, Storage, Transaction
from bot.storage import SqlStorage
from bot.storage.lane import Work

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASE = timedelta(seconds=60)
HERE = Channel(Platform.DISCORD, "100")
THERE = Channel(Platform.SLACK, "C1")
ALL = (Platform.DISCORD, Platform.SLACK)
FEED = Feed("Harbour Wire", "https://wire.example/rss", "Harbour Wire", language="en")
OTHER = Feed("Radio Lindenau", "https://radio.example/rss", "Radio Lindenau")


def subscribed(*channels: Channel) -> list[Subscription]:
    return [Subscription(c) for c in channels]


def article(
    key: str, title: str = "Ruritania turns a truce down again", *, link: str | None = None, **more: object
) -> Article:
    values: dict[str, object] = {
        "key": key,
        "feed": FEED.name,
        "title": title,
        "text": f"Ruritania said no. ({key})",
        "language": "en",
        "link": link,
        "canonical_link": link,
        "published": NOW - timedelta(minutes=5),
        "seen": NOW,
        "digest": f"digest of {key}",
    }
    return Article(**(values | more))  # type: ignore[arg-type]  # tests give the right ones


def analysis(speaker: str = "Ruritania", stance: Stance = Stance.REJECT, *, topic: str = "ceasefire") -> Analysis:
    evidence = Span(0, 9 + len(speaker), f"{speaker} said no.")
    statement = Statement(
        speaker=speaker,
        speaker_span=Span(0, len(speaker), speaker),
        topic=topic,
        stance=stance,
        target=("Ruritania", "Graustark"),
        evidence=evidence,
        quote=None,
        cue=Span(len(speaker) + 1, len(speaker) + 5, "said"),
        confidence=0.75,
        reason="a test's statement",
        conflicts=("ruritania",),
    )
    return Analysis((topic,), (statement,), ("because",))


async def flag(storage: Storage, feed_id: int, what: Article, **said: Any) -> Story:
    """File a flagged article as the bot does, in the story it joins or starts."""

    def file(tx: Transaction) -> Story:
        story = tx.find_story(feed_id, what, since=NOW - timedelta(hours=48)) or tx.start_story(what.title, now=NOW)
        tx.add_article(feed_id, what, analysis(**said), story=story)
        return story

    return await storage.write(file)


async def seen(storage: Storage, feed_id: int, *keys: str) -> Mapping[str, Known]:
    """What the archive knows of these keys."""
    return (await storage.recall(feed_id, [article(key) for key in keys])).by_key


async def side_by_side(storage: SqlStorage, first: Work[Any], second: Work[Any]) -> tuple[Any, Any]:
    """What two transactions answer of which the second starts while the first has done its work and not ended."""
    done, end = threading.Event(), threading.Event()

    def held(connection: sa.Connection) -> Any:
        answer = first(connection)
        done.set()
        end.wait(9)
        return answer

    one = asyncio.create_task(storage._write(held))
    await asyncio.to_thread(done.wait, 9)
    other = asyncio.create_task(storage._write(second))
    await asyncio.sleep(0.1)  # until it waits
    end.set()
    return await one, await other
