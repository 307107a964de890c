"""Requests that only read: what chat commands and the health page ask for."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from bot.domain.standing import Standing
from bot.domain.subscription import Platform
from bot.service.conditions import Condition, chosen, counted, fares
from bot.service.ports import Clock, Messenger
from bot.service.reply import Reply
from bot.service.spans import ago, span
from bot.service.storage import FeedHealth, Storage

SHOWN_FAILURES = 5
MAX_FACT = 1000
# So many feeds with their errors have room in one message of either platform.
PAGE = 10
MAX_ERROR = 200


class Queries:
    """Answers from the archive and from the running parts."""

    def __init__(
        self, *, storage: Storage, messengers: Mapping[Platform, Messenger], clock: Clock, version: str
    ) -> None:
        self._storage = storage
        self._messengers = messengers
        self._clock = clock
        self._version = version
        self._started = clock.now()

    async def latest(self, *, topic: str | None = None, conflict: str | None = None, limit: int = 5) -> Reply:
        """The newest stories, as cards."""
        summaries = await self._storage.latest(limit=limit, topic=topic, conflict=conflict)
        about = " · ".join(x for x in (topic, conflict) if x)
        if not summaries:
            hint = "Nothing yet. New feeds fill the archive at their first poll; see status for their state."
            return Reply("Latest statements", text=f"{about}: {hint}" if about else hint)
        return Reply("Latest statements", text=about, summaries=tuple(summaries))

    async def status(self) -> Reply:
        """How the bot is doing, in words."""
        now = self._clock.now()
        feeds = await self._storage.health()
        backlog = await self._storage.backlog()
        counts = await self._storage.counts()
        retired = [f.feed.name for f in feeds if f.state.standing is Standing.RETIRED]
        failing = [f for f in feeds if f.state.failures and f.state.standing is not Standing.RETIRED]
        last = max((f.state.last_success for f in feeds if f.state.last_success), default=None)
        owed = f"{backlog.pending} waiting, {backlog.dead} given up"
        if backlog.oldest is not None and backlog.oldest <= now:
            owed += f", the oldest since {ago(now, backlog.oldest)}"
        links = ", ".join(f"{p} {'connected' if m.healthy() else 'NOT connected'}" for p, m in self._messengers.items())
        facts = [
            ("Feeds", f"{len(feeds) - len(retired)} polled, {len(failing)} failing; last answer {ago(now, last)}"),
            ("Messages", owed),
            ("Archive", ", ".join(f"{number} {noun}" for noun, number in counts.items())),
            ("Channels", links),
            ("Running", f"since {ago(now, self._started)}, version {self._version}"),
        ]
        if pushes := await self._storage.push_counts():
            facts.append(("Pushes", ", ".join(f"{number} {status}" for status, number in sorted(pushes.items()))))
        if reasons := Counter(f.state.reason for f in feeds if f.state.reason and not f.state.failures):
            facts.append(("Next polls", "\n".join(f"{why}: {n}" for why, n in reasons.most_common())))
        if failing:
            facts.append(("Failing feeds", _failures(failing, now)))
        if retired:
            facts.append(("Gone for good (410)", _cut(", ".join(retired))))
        return Reply("Status", facts=tuple(facts))

    async def feeds(self, *, find: str = "", state: Condition | None = None, page: int = 1) -> Reply:
        """How each feed fares, the ailing first, PAGE of them at a time."""
        now = self._clock.now()
        found = chosen(await self._storage.health(), words=find, condition_=state)
        if not found:
            return Reply("Feeds", text="No feed is so. Leave the words out to see them all.")
        pages = -(-len(found) // PAGE)
        page = min(page, pages)
        text = counted(found)
        if pages > 1:
            text += f"\npage {page} of {pages}, the ailing first" + (f"; more: page {page + 1}" if page < pages else "")
        shown = found[(page - 1) * PAGE : page * PAGE]
        return Reply("Feeds", text=text, facts=tuple((one.feed.name, _fares(one, now)) for one in shown))


def _fares(health: FeedHealth, now: datetime) -> str:
    told = fares(health, now)
    error = _cut(told.error, MAX_ERROR)
    why = f" ({told.why})" if told.why else ""
    lines = [
        f"{told.condition}: {error}" if error else f"{told.condition}",
        f"answered {told.answered}, changed {told.changed}, next check {told.next_check}{why}",
    ]
    if health.state.unchanged:
        lines.append(f'{told.saved} saved by {health.state.unchanged} answers "unchanged"')
    return "\n".join(lines)


def _failures(failing: list[FeedHealth], now: datetime) -> str:
    rows = [
        f"{f.feed.name}: {f.state.error}"
        + (f" (next try in {span(f.state.next_check - now)}: {f.state.reason})" if f.state.next_check else "")
        for f in sorted(failing, key=lambda f: -f.state.failures)[:SHOWN_FAILURES]
    ]
    more = len(failing) - SHOWN_FAILURES
    return _cut("\n".join(rows)) + (f"\n… and {more} more" if more > 0 else "")


def _cut(text: str, most: int = MAX_FACT) -> str:
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0] + "…"
