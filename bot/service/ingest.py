"""Poll one feed: fetch, parse, clean, analyse, group, and save with the messages it causes, in one transaction."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.article import Article, Entry, canonical_url, digest, entry_key
from bot.domain.delivery import DeliveryKind
from bot.domain.feed import Feed, FetchState, FullText, next_check
from bot.domain.statement import Analysis, Document
from bot.domain.subscription import Subscription
from bot.errors import FeedError, StorageError
from bot.service.judge import Add, Revise, Skip, Verdict, judge, recent
from bot.service.ports import Analyst, ClaimedFeed, Clock, FeedSource, Fetched, Meter, Parsed, Storage, Transaction

log = logging.getLogger(__name__)

# Titles repeat from day to day ("Live updates"), so that a story takes in no article later than this.
STORY_WINDOW = timedelta(hours=48)
# New feeds come in groups (a first start polls all of them): their catch-up messages wait for each other this long.
CATCH_UP_WAIT = timedelta(seconds=20)
# A page fetch is a favour asked of the outlet: no more than this many in one poll.
MAX_PAGES = 10


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What one poll came to. `status` is one of unchanged, polled, failed, lost, unsaved; `owed` counts messages."""

    status: str
    new: int = 0
    edited: int = 0
    flagged: int = 0
    owed: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One article with its verdict and what the engine found in it."""

    article: Article
    verdict: Add | Revise
    analysis: Analysis


class _LeaseLostError(Exception):
    """Somebody else holds the feed now: roll back everything."""


class Ingest:
    """The use case "poll one feed". `owed` is called after a commit that left messages to deliver."""

    def __init__(
        self,
        *,
        source: FeedSource,
        analyst: Analyst,
        storage: Storage,
        clock: Clock,
        meter: Meter,
        owed: Callable[[], None],
        jitter: Callable[[], float],
        catch_up_wait: timedelta = CATCH_UP_WAIT,
    ) -> None:
        self._source = source
        self._analyst = analyst
        self._storage = storage
        self._clock = clock
        self._meter = meter
        self._owed = owed
        self._jitter = jitter
        self._catch_up_wait = catch_up_wait

    async def poll(self, claimed: ClaimedFeed) -> PollOutcome:
        """Poll a leased feed and give the lease back. Raises nothing that one feed or one full disk can cause."""
        try:
            try:
                outcome = await self._poll(claimed)
            except FeedError as error:
                outcome = await self._fail(claimed, error)
        except _LeaseLostError:
            outcome = PollOutcome("lost")
        except StorageError as error:
            outcome = PollOutcome("unsaved", error=str(error))
        self._report(claimed, outcome)
        return outcome

    async def _poll(self, claimed: ClaimedFeed) -> PollOutcome:
        feed, state = claimed.feed, claimed.state
        started = self._clock.now()
        fetched = await self._source.fetch(feed, state)
        now = self._clock.now()
        self._meter.observe("parley_fetch_seconds", (now - started).total_seconds())
        if fetched.body is None:
            await self._save(claimed, self._succeeded(claimed, fetched, None, now=now), [], now=now)
            return PollOutcome("unchanged")
        parsed = await self._source.parse(fetched, known=state.items)
        reads = await self._read(claimed, parsed)
        now = self._clock.now()
        owed = await self._save(claimed, self._succeeded(claimed, fetched, parsed, now=now), reads, now=now)
        if owed:
            self._owed()
        for statement in (s for r in reads for s in r.analysis.statements):
            self._meter.count("parley_statements_total", topic=statement.topic)
        return PollOutcome(
            "polled",
            new=sum(isinstance(r.verdict, Add) for r in reads),
            edited=sum(isinstance(r.verdict, Revise) for r in reads),
            flagged=sum(bool(r.analysis.topics) for r in reads),
            owed=owed,
        )

    # --- reading ---------------------------------------------------------------------------------

    async def _read(self, claimed: ClaimedFeed, parsed: Parsed) -> list[Read]:
        entries = {entry_key(e): e for e in reversed(parsed.entries)}  # of two with one key, the first counts
        known = await self._storage.known(claimed.id, list(entries))
        texts = await self._source.clean(list(entries.values()))
        now = self._clock.now()
        kept: list[tuple[Article, Add | Revise]] = []
        for (key, entry), (title, text) in zip(entries.items(), texts, strict=True):
            article = _article(key, entry, title, text, feed=claimed.feed, fallback=parsed.language, now=now)
            verdict: Verdict = judge(article, known.get(key), now=now, first_poll=claimed.state.first_poll)
            if not isinstance(verdict, Skip):
                kept.append((article, verdict))
        kept.sort(key=lambda pair: pair[0].published or now)  # the earliest report starts a story
        articles = [a for a, _ in kept]
        if claimed.feed.full_text is FullText.ALWAYS:
            articles = await self._with_pages(articles, now=now)
        analyses = await self._analyst.analyse([_document(a, claimed.feed) for a in articles])
        if claimed.feed.full_text is FullText.FLAGGED:
            articles, analyses = await self._deepen(articles, analyses, claimed.feed, now=now)
        return [Read(a, v, x) for a, (_, v), x in zip(articles, kept, analyses, strict=True)]

    async def _with_pages(self, articles: Sequence[Article], *, now: datetime) -> list[Article]:
        """The articles, the newest few of the last day with their page's text in place of the feed's."""
        result = list(articles)
        wanted = [i for i, a in enumerate(articles) if a.link and recent(a, now=now, window=timedelta(days=1))]
        for i in wanted[-MAX_PAGES:]:
            text = await self._source.page_text(articles[i].link or "")
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
        again = await self._analyst.analyse([_document(page, feed) for _, page in longer])
        for (i, page), analysis in zip(longer, again, strict=True):
            if len(analysis.statements) >= len(analyses[i].statements):
                articles[i], analyses[i] = page, analysis
        return articles, analyses

    # --- saving ----------------------------------------------------------------------------------

    async def _save(self, claimed: ClaimedFeed, state: FetchState, reads: list[Read], *, now: datetime) -> int:
        """Everything that one poll changes, in one transaction. Returns the number of messages owed."""
        owed = 0
        async with self._storage.transaction() as tx:
            subscriptions = await tx.subscriptions() if reads else ()
            quiet = [(r.article, r.analysis) for r in reads if isinstance(r.verdict, Add) and not r.analysis.topics]
            if quiet:
                await tx.add_quiet(claimed.id, quiet)
            for read in reads:
                if isinstance(read.verdict, Revise) or read.analysis.topics:
                    owed += await self._save_article(tx, claimed, read, subscriptions, now=now)
            if not await tx.finish_poll(claimed, state):
                raise _LeaseLostError
        return owed

    async def _save_article(
        self, tx: Transaction, claimed: ClaimedFeed, read: Read, subscriptions: Sequence[Subscription], *, now: datetime
    ) -> int:
        article, analysis, verdict = read.article, read.analysis, read.verdict
        # An edit stays in its story, whatever its new title.
        story = await tx.story(verdict.story) if isinstance(verdict, Revise) and verdict.story is not None else None
        if not analysis.topics:
            await tx.revise_article(claimed.id, article, analysis, story=story)
            return 0
        if story is None:
            story = await tx.find_story(article, since=now - STORY_WINDOW)
        if story is None:
            story = await tx.start_story(article.title, now=now)
            new_gists = {s.gist for s in analysis.statements}
            new_publisher = True
        else:
            new_gists = {s.gist for s in analysis.statements} - await tx.story_gists(story.id)
            new_publisher = claimed.feed.publisher not in await tx.story_publishers(story.id)
            if new_gists or new_publisher:
                story = await tx.bump_story(story.id)
        store = tx.add_article if isinstance(verdict, Add) else tx.revise_article
        await store(claimed.id, article, analysis, story=story)
        alerted = await tx.alerted(story.id)
        owed = 0
        for subscription in subscriptions:
            wanted = [s for s in analysis.statements if subscription.wanted(s)]
            if not wanted:
                continue
            channel, before = subscription.channel, alerted.get(subscription.channel)
            kind = _kind(before, news=any(s.gist in new_gists for s in wanted), new_publisher=new_publisher)
            if verdict.announce and kind is not None:
                await tx.queue(channel, kind, story=story.id, revision=story.revision, now=now)
                owed += 1
            elif before is None and claimed.state.first_poll and recent(article, now=now, window=subscription.catch_up):
                await tx.queue_catch_up(channel, story.id, now=now, due=now + self._catch_up_wait)
        return owed

    # --- what becomes of the feed ----------------------------------------------------------------

    def _succeeded(self, claimed: ClaimedFeed, fetched: Fetched, parsed: Parsed | None, *, now: datetime) -> FetchState:
        state = claimed.state
        changed = parsed is not None
        return FetchState(
            etag=fetched.etag if changed else fetched.etag or state.etag,
            last_modified=fetched.last_modified if changed else fetched.last_modified or state.last_modified,
            body_digest=fetched.digest if changed else state.body_digest,
            items=parsed.items if parsed is not None else state.items,
            next_check=next_check(
                now, every=claimed.feed.every, asked_to_wait=fetched.asked_to_wait, jitter=self._jitter()
            ),
            last_success=now,
            last_change=now if changed else state.last_change,
        )

    async def _fail(self, claimed: ClaimedFeed, error: FeedError) -> PollOutcome:
        """A failure leaves validators and memory alone: the next good answer is read in full."""
        now = self._clock.now()
        failures = claimed.state.failures + 1
        due = next_check(
            now,
            every=claimed.feed.every,
            failures=failures,
            asked_to_wait=error.retry_after,
            jitter=self._jitter(),
        )
        state = replace(claimed.state, failures=failures, error=str(error), next_check=due)
        await self._save(claimed, state, [], now=now)
        seconds = (due - now).total_seconds()
        return PollOutcome("failed", error=f"{error}; next try at {due:%H:%M:%S} UTC, in {_span(seconds)}")

    def _report(self, claimed: ClaimedFeed, outcome: PollOutcome) -> None:
        name = claimed.feed.name
        self._meter.count("parley_polls_total", outcome=outcome.status)
        self._meter.count("parley_articles_total", outcome.flagged, flagged="yes")
        self._meter.count("parley_articles_total", outcome.new + outcome.edited - outcome.flagged, flagged="no")
        if outcome.status == "failed":
            log.warning("%s: %s", name, outcome.error)
        elif outcome.status == "unsaved":
            log.error("%s: polled, but nothing could be saved, so it will be polled again: %s", name, outcome.error)
        elif outcome.status == "lost":
            log.warning("%s: another worker took this feed over meanwhile; its poll counts", name)
        elif claimed.state.failures:
            log.info("%s: works again; failed polls in a row before: %d", name, claimed.state.failures)
        if outcome.status == "polled":
            log.debug("%s: new=%d edited=%d flagged=%d", name, outcome.new, outcome.edited, outcome.flagged)


def _kind(before: DeliveryKind | None, *, news: bool, new_publisher: bool) -> DeliveryKind | None:
    """What a channel is owed for a story it has (`before`) or has not been told of."""
    if before is None:
        return DeliveryKind.ALERT
    if news:
        return DeliveryKind.REPLY
    if new_publisher and before is DeliveryKind.ALERT:
        return DeliveryKind.UPDATE
    return None


def _article(
    key: str, entry: Entry, title: str, text: str, *, feed: Feed, fallback: str | None, now: datetime
) -> Article:
    language = (feed.language or entry.language or fallback or "und").replace("_", "-").split("-")[0].lower()
    return Article(
        key=key,
        feed=feed.name,
        title=title,
        text=text,
        language=language,
        link=entry.link if canonical_url(entry.link) else None,
        canonical_link=canonical_url(entry.link),
        published=min(entry.published, now) if entry.published else None,
        seen=now,
        digest=digest(title, text),
    )


def _document(article: Article, feed: Feed) -> Document:
    return Document(
        title=article.title,
        text=article.text,
        language=None if article.language == "und" else article.language,
        published=(article.published or article.seen).isoformat(),
        source=feed.publisher,
    )


def _span(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.0f} h"
    )
