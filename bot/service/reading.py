"""Read what a feed showed: which entries are new or edited, their words or pages, and what the engine finds in them."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.article import UNKNOWN_LANGUAGE, Article, Entry, canonical_url, digest, entry_key
from bot.domain.feed import Feed, FullText
from bot.domain.statement import Analysis, Document
from bot.service.filing import Read
from bot.service.judge import Add, Revise, Skip, Verdict, judge, recent
from bot.service.ports import Analyst, FeedSource, Parsed
from bot.service.storage import ClaimedFeed, Known, Storage

# A page fetch is a favour asked of the outlet: no more than this many in one poll, no longer than this in all.
MAX_PAGES = 10
PAGES_DEADLINE = timedelta(seconds=60)
# Characters that are made articles of before others may go on: some 5 ms. A feed of 5,000 items in 10 MB takes 0.2 s,
# for which nobody else's poll, message or command should wait. An article as such costs as much as AN_ARTICLE of them.
AT_A_TIME = 200_000
AN_ARTICLE = 1_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What one poll has read: the articles to file, and those (edited or not) that were known under another key."""

    reads: Sequence[Read] = ()
    renamed: Sequence[tuple[Article, Known]] = ()


class Reader:
    """Turns the entries of one poll into articles with verdicts; writes nothing."""

    def __init__(self, *, source: FeedSource, analyst: Analyst, storage: Storage) -> None:
        self._source = source
        self._analyst = analyst
        self._storage = storage

    async def read(self, claimed: ClaimedFeed, parsed: Parsed, *, now: datetime) -> Reading:
        """What is new or edited among a feed's entries, analysed. Raises FeedError, StorageError, WorkerError."""
        kept, renamed = await self._recognise(claimed, parsed, now=now)
        kept.sort(key=lambda pair: pair[0].published or now)  # the earliest report starts a story
        articles = [a for a, _ in kept]
        if claimed.feed.full_text is FullText.ALWAYS:
            articles = await self._with_pages(articles, now=now)
        analyses = await self._analyst.analyse([document(a, claimed.feed) for a in articles])
        if claimed.feed.full_text is FullText.FLAGGED:
            articles, analyses = await self._deepen(articles, analyses, claimed.feed, now=now)
        return Reading([Read(a, v, x) for a, (_, v), x in zip(articles, kept, analyses, strict=True)], renamed)

    async def _recognise(
        self, claimed: ClaimedFeed, parsed: Parsed, *, now: datetime
    ) -> tuple[list[tuple[Article, Add | Revise]], list[tuple[Article, Known]]]:
        """The articles that are new or edited, each with its verdict, and what `Reading.renamed` holds."""
        shown = list(zip(parsed.entries, parsed.plain, strict=True))
        entries = {entry_key(e): (e, plain) for e, plain in reversed(shown)}  # of two with one key, the first counts
        articles: list[Article] = []
        effort = 0
        for key, (entry, (title, text)) in entries.items():
            articles.append(new_article(key, entry, title, text, feed=claimed.feed, fallback=parsed.language, now=now))
            effort += AN_ARTICLE + len(text)
            if effort > AT_A_TIME:
                effort = 0
                await asyncio.sleep(0)
        known = await self._storage.recall(claimed.id, articles)
        kept: list[tuple[Article, Add | Revise]] = []
        for article in articles:
            # Some outlets give old items new ids, days later; that makes no news of them.
            before = known.by_key.get(article.key) or known.by_page.get(article.key)
            verdict: Verdict = judge(article, before, now=now, first_poll=claimed.state.first_poll)
            if not isinstance(verdict, Skip):
                kept.append((article, verdict))
        return kept, [(a, known.by_page[a.key]) for a in articles if a.key in known.by_page]

    async def _with_pages(self, articles: Sequence[Article], *, now: datetime) -> list[Article]:
        """The articles, the newest few of the last day with their page's text in place of the feed's."""
        result = list(articles)
        wanted = [i for i, a in enumerate(articles) if a.link and recent(a, now=now, window=timedelta(days=1))]
        failures = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAGES_DEADLINE.total_seconds()):
                for i in wanted[-MAX_PAGES:]:
                    text = await self._source.page_text(articles[i].link or "")
                    failures = 0 if text else failures + 1
                    if failures > 1:  # the outlet's server is down, or does not want to be read
                        break
                    if text and len(text) > len(articles[i].text):
                        result[i] = replace(articles[i], text=text)
        return result

    async def _deepen(
        self, articles: list[Article], analyses: list[Analysis], feed: Feed, *, now: datetime
    ) -> tuple[list[Article], list[Analysis]]:
        """Read flagged articles again with their page's text; keep that reading where it finds at least as much."""
        flagged = [i for i, x in enumerate(analyses) if x.topics]
        pages = await self._with_pages([articles[i] for i in flagged], now=now)
        longer = [(i, page) for i, page in zip(flagged, pages, strict=True) if page is not articles[i]]
        again = await self._analyst.analyse([document(page, feed) for _, page in longer])
        for (i, page), analysis in zip(longer, again, strict=True):
            if len(analysis.statements) >= len(analyses[i].statements):
                articles[i], analyses[i] = page, analysis
        return articles, analyses


def new_article(
    key: str, entry: Entry, title: str, text: str, *, feed: Feed, fallback: str | None, now: datetime
) -> Article:
    """An entry, in plain words, as an article; `fallback` is the language that its feed states."""
    page = canonical_url(entry.link)
    language = (feed.language or entry.language or fallback or UNKNOWN_LANGUAGE).replace("_", "-").split("-")[0].lower()
    return Article(
        key=key,
        feed=feed.name,
        title=title,
        text=text,
        language=language,
        link=entry.link if page else None,
        canonical_link=page,
        published=min(entry.published, now) if entry.published else None,
        seen=now,
        digest=digest(title, text),
    )


def document(article: Article, feed: Feed) -> Document:
    """What the engine reads of an article."""
    return Document(
        title=article.title,
        text=article.text,
        language=None if article.language == UNKNOWN_LANGUAGE else article.language,
        published=(article.published or article.seen).isoformat(),
        source=feed.publisher,
    )
