"""Stories and messages for the tests of the chat platforms, written by us."""

from datetime import UTC, datetime
from typing import Any

from bot.domain.delivery import DeliveryKind, Message
from bot.domain.feed import Affiliation
from bot.domain.statement import Stance
from bot.domain.story import Said, Source, Summary

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def said(**changes: Any) -> Said:
    fields: dict[str, Any] = {
        "speaker": "Mara Voss",
        "speaker_text": "the foreign minister",
        "topic": "ceasefire",
        "stance": Stance.REJECT,
        "target": ("Ruritania",),
        "evidence": "The foreign minister said no truce was on the table.",
        "quote": "no truce is on the table",
        "confidence": 0.9,
        "revision": 1,
        "publisher": "The Example",
    }
    return Said(**(fields | changes))


def source(**changes: Any) -> Source:
    fields: dict[str, Any] = {
        "publisher": "The Example",
        "affiliation": Affiliation.INDEPENDENT,
        "link": "https://example.org/news/1",
        "title": "Minister rules out a truce",
        "language": "en",
        "published": NOON,
    }
    return Source(**(fields | changes))


def summary(**changes: Any) -> Summary:
    fields: dict[str, Any] = {
        "story": 1,
        "revision": 1,
        "title": "Minister rules out a truce",
        "statements": (said(),),
        "sources": (source(),),
        "seen": NOON,
    }
    return Summary(**(fields | changes))


def message(kind: DeliveryKind = DeliveryKind.ALERT, *summaries: Summary, delivery: str = "d1") -> Message:
    return Message(delivery, kind, summaries or (summary(),))
