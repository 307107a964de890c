"""What a feed's head says of itself. Read with lxml: feedparser keeps one of several skipped hours."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from lxml import etree

from bot.domain.pace import Said
from bot.feeds.offer import offered

# http://purl.org/rss/1.0/modules/syndication/: daily and once where one of the two is left out.
PERIODS = {
    "hourly": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=30),
    "yearly": timedelta(days=365),
}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST = timedelta(days=365)
_NUMBER = re.compile(r"\d{1,6}", re.ASCII)


def said_in(root: etree._Element) -> Said:
    """What the root or the channel right under it says; whatever cannot be meant (an hour 99) is left out."""
    named = [(_name(e), e) for e in root]
    named += [(_name(e), e) for name, head in named if name == "channel" for e in head]
    found = {name.lower(): e for name, e in named}
    words = {name: (found[name].text or "") for name in ("ttl", "updateperiod", "updatefrequency") if name in found}
    hours = {_number(word) for word in _inner(found.get("skiphours"))}
    days = {DAYS.index(word) for word in _inner(found.get("skipdays")) if word in DAYS}
    return Said(
        ttl=_ttl(words.get("ttl")),
        period=_period(words.get("updateperiod"), words.get("updatefrequency")),
        # RSS 0.91 counted 1 to 24, RSS 2.0 counts 0 to 23.
        skip_hours=_some(({h % 24 for h in hours if h is not None and h <= 24}), 24),
        skip_days=_some(days, 7),
        offer=offered((e.get("rel"), e.get("href")) for name, e in named if name == "link"),
    )


def said_to_feedparser(feed: Mapping[str, Any]) -> Said:
    """The same from feedparser's feed, for documents that lxml cannot read; it does not tell the skipped hours."""
    return Said(
        ttl=_ttl(feed.get("ttl")),
        period=_period(feed.get("sy_updateperiod"), feed.get("sy_updatefrequency")),
        offer=offered((link.get("rel"), link.get("href")) for link in feed.get("links") or ()),
    )


def _ttl(word: object) -> timedelta | None:
    """Minutes."""
    minutes = _number(word)
    return min(timedelta(minutes=minutes), LONGEST) if minutes else None


def _period(period: object, frequency: object) -> timedelta | None:
    if period is None and frequency is None:
        return None
    length = PERIODS.get(str(period).strip().lower()) if period is not None else PERIODS["daily"]
    times = _number(frequency) if frequency is not None else 1
    return length / times if length is not None and times else None


def _some(found: set[int], every: int) -> frozenset[int]:
    """Nothing where all are named: a feed that never publishes is a mistake."""
    return frozenset(found) if len(found) < every else frozenset()


def _inner(element: etree._Element | None) -> Iterable[str]:
    return [] if element is None else [(e.text or "").strip().lower() for e in element if isinstance(e.tag, str)]


def _name(element: etree._Element) -> str:
    """The local name; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _number(word: object) -> int | None:
    found = _NUMBER.fullmatch(word.strip()) if isinstance(word, str) else None
    return int(found[0]) if found else None
