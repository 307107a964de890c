"""What differs between the settings that run and those read anew, a line each. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from urllib.parse import urlsplit

from bot.config import Settings
from bot.domain.feed import Feed
from bot.domain.subscription import Channel, Subscription

# What may change under a running bot; everything else was built in at its start.
LIVE = ("feeds", "subscriptions", "contact")
# A folder that is there now, beside the settings file, is a change without a variable.
RESTART = {"lexicons": "the folder of lexicons"}
# That many feeds with one and the same change (a new default) are one line.
ALIKE = 4


@dataclass(frozen=True, slots=True)
class Changes:
    """`applied` are lines for what a running bot can take over, `restart` the settings it cannot."""

    applied: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()


def changes(before: Settings, after: Settings) -> Changes:
    """The differences in the order of the new file; what is gone comes last. No address is shown beyond its host."""
    applied = [*_feeds(before.feeds, after.feeds), *_channels(before.subscriptions, after.subscriptions)]
    if before.contact != after.contact:
        applied.append(f"contact: {before.contact or 'none'} -> {after.contact or 'none'}")
    restart = (
        RESTART.get(field.name) or f"PARLEY_{field.name.upper()}"
        for field in fields(Settings)
        if field.name not in (*LIVE, "config") and getattr(before, field.name) != getattr(after, field.name)
    )
    return Changes(tuple(applied), tuple(restart))


def _feeds(before: Sequence[Feed], after: Sequence[Feed]) -> Iterator[str]:
    old = {feed.url: feed for feed in before}
    kept = {feed.url for feed in after}
    gone = {feed.name: feed for feed in before if feed.url not in kept}
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for feed in after:
        if feed.url in old:
            alike[_between(_told(old[feed.url]), _told(feed))].append(old[feed.url].name)
        elif gone.pop(feed.name, None) is not None:
            host = urlsplit(feed.url).hostname
            yield f'feed "{feed.name}": has a new address at {host}; it starts anew, unless it had moved there for good'
        else:
            yield f'feed "{feed.name}": added'
    alike.pop("", None)
    for change, names in alike.items():
        if len(names) < ALIKE:
            yield from (f'feed "{name}": {change}' for name in names)
        else:
            yield f"{len(names)} feeds: {change}"
    yield from (f'feed "{name}": removed' for name in gone)


def _channels(before: Sequence[Subscription], after: Sequence[Subscription]) -> Iterator[str]:
    old = {s.channel: s for s in before}
    for subscription in after:
        name = _channel(subscription.channel)
        if (known := old.pop(subscription.channel, None)) is None:
            yield f"{name}: added"
        elif change := _between(_wanted(known), _wanted(subscription)):
            yield f"{name}: {change}"
    yield from (f"{_channel(gone)}: removed" for gone in old)


def _channel(channel: Channel) -> str:
    return f'channel "{channel.platform} {channel.id}"'


def _told(feed: Feed) -> Mapping[str, str]:
    return {
        "name": feed.name,
        "publisher": "its name" if feed.publisher == feed.name else feed.publisher,
        "affiliation": feed.affiliation,
        "language": feed.language or "none",
        "every": span(feed.every),
        "at_most": span(feed.at_most),
        "full_text": feed.full_text,
    }


def _wanted(subscription: Subscription) -> Mapping[str, str]:
    return {
        "topics": ", ".join(sorted(subscription.topics)),
        "conflicts": ", ".join(sorted(subscription.conflicts)) or "all",
        "catch_up": span(subscription.catch_up) if subscription.catch_up else "off",
    }


def _between(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    return "; ".join(f"{key} {before[key]} -> {value}" for key, value in after.items() if value != before[key])


def span(time: timedelta) -> str:
    """A time span as feeds.toml writes it: "90s", "15m", "2h", "1d"."""
    seconds = round(time.total_seconds())
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
