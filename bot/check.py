"""`check`: lexicons, database and every feed, a line each."""

import asyncio
from collections.abc import AsyncIterator, Sized
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.config import Settings
from bot.domain.feed import Feed, FetchState
from bot.domain.pace import next_visit
from bot.domain.push import offer_of
from bot.errors import FeedError, StorageError
from bot.feeds.source import HttpFeedSource
from bot.lexicons import default_engine, lexicon_with, own_files
from bot.lexicons.own import contents
from bot.service.conditions import size
from bot.service.spans import ago, span
from bot.storage import examine
from bot.worker import Workers

AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Reached:
    """One feed's answer: `error` is empty when it is a feed that can be read. `next_poll` tells when the bot would
    ask it again after such an answer, and why then; `hub` is the host that it offers pushes by. `whole` is the size of
    an answer that each poll brings anew, since it has no validators. `no_network` as in FeedError.
    """

    feed: Feed
    entries: int = 0
    newest: str = ""
    next_poll: str = ""
    hub: str = ""
    whole: str = ""
    error: str = ""
    no_network: bool = False


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
                return Reached(feed, error=str(error), no_network=error.no_network)
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
            newest=f"newest {ago(now, min(newest, now))}" if newest else "undated",
            next_poll=f"in {span(due.at - now)}: {due.reason}",
            whole="" if fetched.etag or fetched.last_modified else size(fetched.size or 0),
            hub=(urlsplit(offer.hub).hostname or "") if offer is not None else "",
        )

    try:
        for answer in asyncio.as_completed([one(feed) for feed in settings.feeds]):
            yield await answer
    finally:
        await source.close()
        await workers.close()


async def check(settings: Settings) -> int:
    """Load every lexicon, open the database, reach every feed; print a line each. Returns how many of them failed.

    The settings themselves have been checked by then: loading them raises every mistake at once.
    """
    print(f"settings  ok: {_counted(settings.feeds, 'feed')}, {_counted(settings.subscriptions, 'channel')}")
    own = own_files(settings.lexicons)
    default_engine(own)
    lexicon = lexicon_with(own)
    print(f"lexicons  ok: topics {', '.join(lexicon.topics)}; {len(lexicon.conflicts)} conflicts")
    for name, held in contents(own):
        print(f"lexicons  ok: {name}: {held}")
    if own.place is not None and not own.files:
        print(f"lexicons  ok: {own.place}: no file in it")
    failed = 0
    try:
        print(f"database  ok: {await examine(settings.database_url.reveal())}")
    except StorageError as error:
        failed += 1
        print(f"database  FAILED: {error}")
    if settings.contact is None:
        print("warning   no contact in feeds.toml: no outlet can reach you before it blocks you; see [defaults]")
    for warning in settings.warnings:
        print(f"warning   {warning}")
    return failed + await _check_feeds(settings)


def _counted(things: Sized, noun: str) -> str:
    return f"{len(things)} {noun}" if len(things) == 1 else f"{len(things)} {noun}s"


async def _check_feeds(settings: Settings) -> int:
    failed = hubs = unreached = 0
    async for answer in reach(settings):
        hubs += bool(answer.hub)
        unreached += answer.no_network
        if answer.error:
            failed += 1
            print(f"feed      FAILED: {answer.feed.name} <{answer.feed.url}>: {answer.error}", flush=True)
        else:
            read = f"{answer.entries} {'entry' if answer.entries == 1 else 'entries'}"
            read += f", {answer.newest}" if answer.entries else ""
            read += f", hub {answer.hub}" if answer.hub else ""
            read += f", {answer.whole} at each poll (no ETag)" if answer.whole else ""
            print(f"feed      ok: {answer.feed.name}: {read}; next poll {answer.next_poll}", flush=True)
    where = settings.public_url or "off, since PARLEY_PUBLIC_URL is not set"
    print(f"pushes    {where}; feeds that name a hub: {hubs}")
    if failed:
        print(f"{failed} of {len(settings.feeds)} feeds cannot be read")
    if unreached == len(settings.feeds) > 1:
        print("no feed could be reached: is this machine online?")
    return failed
