"""`check ADDRESS`: one address as if it stood in feeds.toml, and all that a poll of it would come to."""

from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

from bot.analyst import WorkerAnalyst
from bot.chat.plain import plain
from bot.childwork import warm_child
from bot.config import Settings
from bot.domain.article import Article, canonical_url, entry_key
from bot.domain.feed import Feed, FetchState
from bot.domain.pace import next_visit
from bot.domain.push import offer_of
from bot.domain.statement import VERBS, Analysis
from bot.domain.subscription import Platform
from bot.errors import ConfigError, FeedError, ParseError
from bot.feeds.source import HttpFeedSource
from bot.lexicons import held_lexicon, own_files
from bot.service.conditions import size
from bot.service.ports import Fetched, Parsed
from bot.service.reading import document, new_article
from bot.service.spans import ago, span
from bot.settings.feeds_toml import FeedsReader
from bot.settings.merge import merge, row
from bot.settings.opml import Outline, fitting
from bot.settings.words import shown
from bot.worker import Workers

MAX_SHOWN = 5
MAX_TITLE = 100


@dataclass(frozen=True, slots=True)
class _Read:
    """A feed's answer, read: `articles` in the feed's order, each with the engine's verdict."""

    fetched: Fetched
    parsed: Parsed
    articles: Sequence[Article]
    analyses: Sequence[Analysis]


async def try_out(settings: Settings, url: str) -> bool:
    """Print what the address (http or https) holds. Returns whether it is a feed. Raises ConfigError.

    Nothing is stored and nobody is told. Where it is a page, every feed that its site offers is tried as well.
    """
    feed, known = _feed(settings, url)
    lexicon = held_lexicon(own_files(settings.lexicons))
    async with AsyncExitStack() as stack:
        workers = Workers(1, initializer=partial(warm_child, lexicon))
        stack.push_async_callback(workers.close)
        source = HttpFeedSource(workers, allow=settings.allow_addresses, contact=settings.contact)
        stack.push_async_callback(source.close)
        analyst = WorkerAnalyst(workers)
        _say("address", plain(feed.url, 200) + (f", {shown(feed.name)} in {settings.config.name}" if known else ""))
        try:
            fetched = await source.fetch(feed, FetchState())
            read = await _read(source, analyst, feed, fetched)
        except ParseError as error:
            _say("FAILED", str(error))
            for offer in await source.offers(fetched):
                await _offer(source, offer)
            return False
        except FeedError as error:
            _say("FAILED", str(error))
            return False
    now = datetime.now(UTC)
    for name, words in (*_described(read), *_paced(read, feed, now), *_flagged(read)):
        _say(name, words)
    if not known:
        print(f"\nto take it in, write into {settings.config.name}:\n")
        print("\n".join(row(_as_row(feed, read))).rstrip("\n"))
    return True


def _feed(settings: Settings, url: str) -> tuple[Feed, bool]:
    """The feed of that address in the settings, else what it would be there; and whether it is there."""
    for feed in settings.feeds:
        if canonical_url(feed.url) == canonical_url(url):
            return feed, True
    file, outline = settings.config, Outline(0, {"name": urlsplit(url).hostname or "", "url": url})
    merged = merge(file.read_text("utf-8-sig"), settings.feeds, [outline], file=file.name, source="address")
    reader = FeedsReader(merged.text, source=f"{file.name} with the address", ready=frozenset(Platform))
    feeds = reader.read().feeds
    if reader.mistakes:
        raise ConfigError(reader.mistakes)
    return next(feed for feed in feeds if feed.url == url), False


async def _read(source: HttpFeedSource, analyst: WorkerAnalyst, feed: Feed, fetched: Fetched) -> _Read:
    parsed = await source.parse(fetched, known=frozenset())
    now = datetime.now(UTC)
    articles = [
        new_article(entry_key(entry), entry, title, text, feed=feed, fallback=parsed.language, now=now)
        for entry, (title, text) in zip(parsed.entries, parsed.plain, strict=True)
    ]
    analyses = await analyst.analyse([document(article, feed) for article in articles])
    return _Read(fetched, parsed, articles, analyses)


async def _offer(source: HttpFeedSource, url: str) -> None:
    """One line about a feed that the page's site offers."""
    try:
        parsed = await source.parse(await source.fetch(Feed(url, url, url), FetchState()), known=frozenset())
    except FeedError as error:
        _say("offers", f"{plain(url, 200)}: {error}")
    else:
        _say("offers", f"{plain(url, 200)}: {', '.join(_format(parsed))}, {_entries(parsed, datetime.now(UTC))}")


def _format(parsed: Parsed) -> Iterator[str]:
    yield parsed.format
    if parsed.title:
        yield f'"{plain(parsed.title, MAX_TITLE)}"'
    if parsed.language:
        yield f"language {plain(parsed.language, 20)}"


def _entries(parsed: Parsed, now: datetime) -> str:
    dated = sorted(min(e.published, now) for e in parsed.entries if e.published)
    count = f"{len(parsed.entries)} {'entry' if len(parsed.entries) == 1 else 'entries'}"
    if not dated:
        return f"{count}, undated"
    oldest = f", oldest {ago(now, dated[0])}" if len(dated) > 1 else ""
    return f"{count}, newest {ago(now, dated[-1])}{oldest}"


def _described(read: _Read) -> Iterator[tuple[str, str]]:
    yield "format", ", ".join((*_format(read.parsed), size(read.fetched.size or 0)))
    yield "entries", _entries(read.parsed, datetime.now(UTC))
    if read.fetched.moved_to:
        yield "moved", f"for good, to {plain(read.fetched.moved_to, 200)}"


def _paced(read: _Read, feed: Feed, now: datetime) -> Iterator[tuple[str, str]]:
    fetched, said = read.fetched, read.parsed.said
    due = next_visit(
        now,
        every=feed.every,
        slowest=feed.slowest,
        said=said,
        fresh_for=fetched.fresh_for,
        asked_to_wait=fetched.asked_to_wait,
    )
    yield "pace", f"next poll in {span(due.at - now)}: {due.reason}"
    validators = [n for n, v in (("ETag", fetched.etag), ("Last-Modified", fetched.last_modified)) if v]
    saved = f"{' and '.join(validators)}: its server need not send again what has not changed"
    yield "saves", saved if validators else "nothing: without ETag and Last-Modified each poll brings it whole"
    if offer := offer_of(fetched.offer, said.offer):
        yield "hub", f"{plain(urlsplit(offer.hub).hostname or '', 200)}; it pushes where PARLEY_PUBLIC_URL is set"


def _flagged(read: _Read) -> Iterator[tuple[str, str]]:
    flagged = [(a, x) for a, x in zip(read.articles, read.analyses, strict=True) if x.topics]
    yield "flagged", f"{len(flagged)} of {len(read.articles)} report a statement"
    for article, analysis in flagged[:MAX_SHOWN]:
        for said in analysis.statements[:MAX_SHOWN]:
            who = f"{plain(said.speaker, 80)} {VERBS[said.stance]}: {said.topic}"
            yield "", f'{who}, in "{plain(article.title, MAX_TITLE)}"'
    if len(flagged) > MAX_SHOWN:
        yield "", f"+{len(flagged) - MAX_SHOWN} more"


def _as_row(feed: Feed, read: _Read) -> dict[str, str]:
    found = {"name": fitting(read.parsed.title) or feed.name, "url": feed.url, "language": read.parsed.language or ""}
    return {key: value for key, value in found.items() if value}


def _say(name: str, words: str) -> None:
    print(f"{name:<9} {words}", flush=True)
