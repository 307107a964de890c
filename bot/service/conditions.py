"""How each feed fares, in words: for the `feeds` command, `feed list` and whoever reads its JSON. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from bot.domain.standing import Standing
from bot.service.spans import ago, span
from bot.service.storage import FeedHealth


class Condition(StrEnum):
    """How a feed fares, the worst first."""

    FAILING = "failing"
    GONE = "gone"
    NEW = "new"
    OK = "ok"


NAMES = {
    Condition.FAILING: "failing",
    Condition.GONE: "gone for good",
    Condition.NEW: "not read yet",
    Condition.OK: "ok",
}
KILO = 1000
# A message may hold thousands of words, and each is looked for in every feed while nothing else runs.
MAX_WORDS = 20


@dataclass(frozen=True, slots=True)
class Fares:
    """One feed in words: each a few, but for `why` (why the next check is then) and `error` ("" where it works)."""

    name: str
    condition: Condition
    answered: str
    changed: str
    next_check: str
    why: str
    saved: str
    error: str


def condition(health: FeedHealth) -> Condition:
    """A feed that fails is failing, also before it has ever answered; one is gone that its server calls so (410)."""
    if health.state.standing is Standing.RETIRED:
        return Condition.GONE
    if health.state.failures:
        return Condition.FAILING
    return Condition.NEW if health.state.first_poll else Condition.OK


def fares(health: FeedHealth, now: datetime) -> Fares:
    """How a feed fares at this moment."""
    state = health.state
    due = state.next_check
    return Fares(
        name=health.feed.name,
        condition=condition(health),
        answered=ago(now, state.last_success),
        changed=ago(now, state.last_change),
        next_check="now" if due is None or due <= now else f"in {span(due - now)}",
        why=state.reason,
        saved=size(state.saved),
        error=state.error or "",
    )


def chosen(feeds: Iterable[FeedHealth], *, words: str = "", condition_: Condition | None = None) -> list[FeedHealth]:
    """Feeds whose name, publisher or host holds every one of these words, the ailing first, then by name."""
    wanted = list(dict.fromkeys(words.casefold().split()))[:MAX_WORDS]
    found = [f for f in feeds if (condition_ is None or condition(f) is condition_) and _holds(f, wanted)]
    order = list(Condition)
    return sorted(found, key=lambda f: (order.index(condition(f)), -f.state.failures, f.feed.name.casefold()))


def counted(feeds: Sequence[FeedHealth]) -> str:
    """ "64 feeds: 2 failing, 1 not read yet, 61 ok"."""
    counts = Counter(condition(feed) for feed in feeds)
    parts = ", ".join(f"{counts[c]} {NAMES[c]}" for c in Condition if counts[c])
    return f"{len(feeds)} feed{'' if len(feeds) == 1 else 's'}" + (f": {parts}" if parts else "")


def as_json(health: FeedHealth) -> Mapping[str, object]:
    """Every figure, for programs: times in ISO 8601 (UTC) or null, spans in seconds, sizes in bytes."""
    feed, state = health.feed, health.state
    return {
        "name": feed.name,
        "url": feed.url,
        "publisher": feed.publisher,
        "state": condition(health),
        "every": feed.every.total_seconds(),
        "at_most": feed.slowest.total_seconds(),
        "last_success": _iso(state.last_success),
        "last_change": _iso(state.last_change),
        "last_news": _iso(state.last_news),
        "next_check": _iso(state.next_check),
        "reason": state.reason,
        "failures": state.failures,
        "error": state.error,
        "moved_to": state.moved_to,
        "body_bytes": state.body_size,
        "unchanged": state.unchanged,
        "saved_bytes": state.saved,
    }


def size(number: int) -> str:
    """Bytes in their largest fitting unit: "0 B", "12 kB", "3.4 MB"."""
    value, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < KILO:
            break
        value, unit = value / KILO, larger
    return f"{value:.0f} {unit}" if unit in ("B", "kB") or value >= 100 else f"{value:.1f} {unit}"


def _holds(health: FeedHealth, words: Collection[str]) -> bool:
    if not words:
        return True
    feed = health.feed
    searched = "\n".join((feed.name, feed.publisher, urlsplit(feed.url).hostname or "")).casefold()
    return all(word in searched for word in words)


def _iso(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat()
