"""Reach every feed once and tell what came back: the network half of `check`."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.config import Settings
from bot.domain.feed import Feed, FetchState
from bot.domain.pace import next_visit
from bot.domain.push import offer_of
from bot.errors import FeedError
from bot.feeds.source import HttpFeedSource
from bot.service.spans import ago, span
from bot.worker import Workers

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Reached:
    """One feed's answer: `error` is empty when it is a feed that can be read. `next_poll` tells when the bot would
    ask it again after such an answer, and why then; `hub` is the host that it offers pushes by.
    """

    feed: Feed
    entries: int = 0
    newest: str = ""
    next_poll: str = ""
    hub: str = ""
    error: str = ""


async def reach(settings: Settings) -> AsyncIterator[Reached]:
    """Every feed's answer, as they come in."""
    workers = Workers(1)
    source = HttpFeedSource(workers, allow=settings.allow_addresses, contact=settings.contact)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(feed: Feed) -> Reached:
        async with turns:
            try:
                fetched = await source.fetch(feed, FetchState())
            except FeedError as error:
                return Reached(feed, error=str(error))
            try:
                parsed = await source.parse(fetched, known=frozenset())
            except FeedError as error:
                offers = await source.offers(fetched)
                mend = f"; its site offers: {' '.join(offers)}" if offers else ""
                return Reached(feed, error=f"{error}{mend}")
        newest = max((e.published for e in parsed.entries if e.published), default=None)
        now = datetime.now(UTC)
        offer = offer_of(fetched.offer, parsed.said.offer)
        due = next_visit(
            now,
            every=feed.every,
            slowest=feed.slowest,
            said=parsed.said,
            fresh_for=fetched.fresh_for,
            asked_to_wait=fetched.asked_to_wait,
        )
        return Reached(
            feed,
            len(parsed.entries),
            newest=ago(now, min(newest, now)) if newest else "undated",
            next_poll=f"in {span(due.at - now)}: {due.reason}",
            hub=(urlsplit(offer.hub).hostname or "") if offer is not None else "",
        )

    try:
        for answer in asyncio.as_completed([one(feed) for feed in settings.feeds]):
            yield await answer
    finally:
        await source.close()
        await workers.close()
