"""Small articles and statements for storage tests."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.article import Article
from bot.domain.feed import Feed
from bot.domain.statement import Analysis, Span, Stance, Statement
from bot.domain.story import Story
from bot.domain.subscription import Channel, Platform, Subscription
from bot.service.storage import Known, Storage, Transaction

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
