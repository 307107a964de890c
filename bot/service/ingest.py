"""Poll one feed: fetch, parse, clean, analyse, group, and save with the messages it causes, in one transaction."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from bot.domain.feed import FetchState
from bot.errors import BusyHostError, FeedError, StorageError, WorkerError
from bot.service.filing import Filing, Read, Spells
from bot.service.judge import Add, Revise
from bot.service.ports import Analyst, Clock, FeedSource, Fetched, Meter, Parsed
from bot.service.reading import Reader, Reading
from bot.service.spans import span
from bot.service.standing import NOTICE_WAIT, failed, owe_notices, succeeded
from bot.service.storage import ClaimedFeed, Storage, Transaction

log = logging.getLogger(__name__)

# New feeds come in groups (a first start polls all of them): their catch-up messages wait for each other this long.
CATCH_UP_WAIT = timedelta(seconds=20)
# A whole poll, well within its lease, so that nobody else ever polls the feed beside it. The clock that ends it runs
# only while there is a body to take in: until then the source ends by itself, far sooner (`FeedSource.fetch`), and most
# polls need no timer. A state that is saved too late all the same is refused by its fence.
DEADLINE = timedelta(seconds=150)
# A feed whose host was busy with other feeds comes again after this.
BUSY_WAIT = timedelta(seconds=30)
# A feed that goes on failing in the same way is told of again after this.
TOLD_AGAIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PollOutcome:
    """What one poll came to; `owed` counts messages.

    `status` is one of unchanged, polled, failed, deferred (its host was busy), lost, unsaved.
    `no_network`: it failed as every feed does on a machine that is offline.
    """

    status: str
    new: int = 0
    edited: int = 0
    flagged: int = 0
    owed: int = 0
    error: str = ""
    no_network: bool = False


UNCHANGED = PollOutcome("unchanged")


class _LeaseLostError(Exception):
    """Somebody else holds the feed now: roll back everything."""


class Ingest:
    """The use case "poll one feed". `owed` is called when there are messages to deliver, `offered` when hubs change."""

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
        notice_wait: timedelta = NOTICE_WAIT,
        offered: Callable[[], None] | None = None,
    ) -> None:
        self._source = source
        self._reader = Reader(source=source, analyst=analyst, storage=storage)
        self._storage = storage
        self._clock = clock
        self._meter = meter
        self._owed = owed
        self._jitter = jitter
        self._catch_up_wait = catch_up_wait
        self._notice_wait = notice_wait
        self._offered = offered
        self._told: dict[int, tuple[str, datetime]] = {}
        self._spells = Spells()

    async def poll(self, claimed: ClaimedFeed) -> PollOutcome:
        """Poll a leased feed and give the lease back. Raises nothing that one feed or one full disk can cause."""
        try:
            outcome = await self._attempt(claimed)
        except _LeaseLostError:
            outcome = PollOutcome("lost")
        except (StorageError, WorkerError) as error:
            outcome = PollOutcome("unsaved", error=str(error))
        self._report(claimed, outcome)
        return outcome

    async def _attempt(self, claimed: ClaimedFeed) -> PollOutcome:
        try:
            return await self._poll(claimed)
        except BusyHostError:
            return await self._defer(claimed)
        except FeedError as error:
            return await self._fail(claimed, error)
        except TimeoutError:
            slow = f"fetching and reading it took longer than {DEADLINE.total_seconds():.0f} s"
            return await self._fail(claimed, FeedError(slow))
        except (_LeaseLostError, StorageError, WorkerError):
            raise
        except Exception as fault:
            log.exception("%s: unexpected fault", claimed.feed.name)
            ours = f"a fault of ours ({type(fault).__name__}), see the log"
            return await self._fail(claimed, FeedError(ours))

    async def _poll(self, claimed: ClaimedFeed) -> PollOutcome:
        started = self._clock.now()
        ends = asyncio.get_running_loop().time() + DEADLINE.total_seconds()
        fetched = await self._source.fetch(claimed.feed, claimed.state)
        now = self._clock.now()
        self._meter.observe("parley_fetch_seconds", (now - started).total_seconds())
        if fetched.body is None:
            await self._save_state(claimed, self._succeeded(claimed, fetched, now=now))
            return UNCHANGED
        async with asyncio.timeout_at(ends):
            return await self._take_in(
                claimed, fetched, lambda parsed, at, news: self._succeeded(claimed, fetched, parsed, now=at, news=news)
            )

    async def _take_in(
        self, claimed: ClaimedFeed, fetched: Fetched, after: Callable[[Parsed, datetime, bool], FetchState]
    ) -> PollOutcome:
        """Read a body and save what it brings with the feed's state `after` it, given whether there is news in it."""
        parsed = await self._source.parse(fetched, known=claimed.state.items)
        reading = await self._reader.read(claimed, parsed, now=self._clock.now())
        reads = reading.reads
        now = self._clock.now()
        state = after(parsed, now, bool(reads))
        owed = await self._save(claimed, state, reading, now=now)
        if state.said.offer != claimed.state.said.offer and self._offered is not None:
            self._offered()
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

    # --- what a hub pushes -----------------------------------------------------------------------

    async def push(self, claimed: ClaimedFeed, pushed: Fetched, *, until: datetime | None) -> PollOutcome:
        """Take in what the hub of a leased feed sent (often its new items only), and give the lease back.

        `until` is when the hub's own lease ends. Nothing that polling learns from an answer changes: neither validators
        nor items nor the next check, so that a poll still finds what a push did not bring. Raises as `poll` does.
        """
        try:
            async with asyncio.timeout(DEADLINE.total_seconds()):
                outcome = await self._take_in(
                    claimed,
                    pushed,
                    # A push that holds no item shows nothing of the hub.
                    lambda parsed, now, news: replace(
                        claimed.state,
                        **claimed.state.heard(now=now, news=news),
                        pushed_until=until if parsed.entries or parsed.skipped else claimed.state.pushed_until,
                    ),
                )
        except (FeedError, TimeoutError) as error:
            await self._storage.release_feeds([claimed])
            outcome = PollOutcome("failed", error=str(error) or "reading it took too long")
        except _LeaseLostError:
            outcome = PollOutcome("lost")
        except (StorageError, WorkerError) as error:
            outcome = PollOutcome("unsaved", error=str(error))
        self._count(outcome)
        return outcome

    # --- saving ----------------------------------------------------------------------------------

    async def _save(self, claimed: ClaimedFeed, state: FetchState, reading: Reading, *, now: datetime) -> int:
        """Everything that one poll changes, in one transaction. Returns the number of messages owed."""

        def save(tx: Transaction) -> int:
            for article, before in reading.renamed:
                tx.rename(claimed.id, article, before)
            quiet = [(r.article, r.analysis) for r in reading.reads if _quiet(r)]
            if quiet:
                tx.add_quiet(claimed.id, quiet)
            rest = [r for r in reading.reads if not _quiet(r)]
            subscriptions = tx.subscriptions() if rest else ()
            filing = Filing(tx, claimed, subscriptions, now=now, catch_up_wait=self._catch_up_wait, alerts=alerts)
            for read in rest:
                filing.file(read)
            self._finish(tx, claimed, state, now=now)
            return filing.owed

        with self._spells.of(claimed, now) as alerts:
            return await self._storage.write(save)

    async def _save_state(self, claimed: ClaimedFeed, state: FetchState) -> None:
        """A poll that has read nothing changes the feed alone, but for the notices of a new standing."""
        if state.standing is not claimed.state.standing:
            now = self._clock.now()
            await self._storage.write(lambda tx: self._finish(tx, claimed, state, now=now))
        elif not await self._storage.finish_poll(claimed, state):
            raise _LeaseLostError

    def _finish(self, tx: Transaction, claimed: ClaimedFeed, state: FetchState, *, now: datetime) -> None:
        owe_notices(tx, claimed, state, now=now, wait=self._notice_wait)
        if not tx.finish_poll(claimed, state):
            raise _LeaseLostError

    # --- what becomes of the feed ----------------------------------------------------------------

    def _succeeded(
        self, claimed: ClaimedFeed, fetched: Fetched, parsed: Parsed | None = None, *, now: datetime, news: bool = False
    ) -> FetchState:
        """The state after an answer, and a line in the log where the feed has moved."""
        before, jitter = claimed.state, self._jitter()
        state = succeeded(before, claimed.feed, fetched, parsed, now=now, news=news, jitter=jitter)
        if state.learnt_address and state.learnt_address != before.learnt_address:
            host = urlsplit(state.learnt_address).hostname  # the rest may hold a key
            log.info("%s: moved for good, asked at %s now; `feed list` tells its new url", claimed.feed.name, host)
        return state

    async def _defer(self, claimed: ClaimedFeed) -> PollOutcome:
        """It was not asked, so nothing is known of it; it comes again soon."""
        now = self._clock.now()
        soon = now + BUSY_WAIT * (1 + self._jitter())
        await self._save_state(claimed, replace(claimed.state, next_check=soon, reason="its host was busy"))
        return PollOutcome("deferred")

    async def _fail(self, claimed: ClaimedFeed, error: FeedError) -> PollOutcome:
        now = self._clock.now()
        state = failed(claimed.state, claimed.feed, error, now=now, jitter=self._jitter())
        await self._save_state(claimed, state)
        self._tell(claimed, state, now=now)
        return PollOutcome("failed", error=state.error or "", no_network=error.no_network)

    def _tell(self, claimed: ClaimedFeed, state: FetchState, *, now: datetime) -> None:
        """A feed's first failure and each change of it is news to the operator; the same one again, once a day."""
        error, due = state.error or "", state.next_check or now
        before, when = self._told.get(claimed.id, ("", now))
        news = error != before or now - when >= TOLD_AGAIN or state.standing is not claimed.state.standing
        if news:
            self._told[claimed.id] = (error, now)
        level = logging.WARNING if news else logging.DEBUG
        told = "" if state.standing is claimed.state.standing else f"; now {state.standing}, its channels are told"
        clock = f"{due:%H:%M:%S}" if due - now < timedelta(days=1) else f"{due:%Y-%m-%d %H:%M}"
        when_next = f"next try at {clock} UTC, in {span(due - now)}"
        log.log(level, "%s: %s; %s%s", claimed.feed.name, error, when_next, told)

    def _report(self, claimed: ClaimedFeed, outcome: PollOutcome) -> None:
        name = claimed.feed.name
        self._meter.count("parley_polls_total", outcome=outcome.status)
        self._count(outcome)
        if outcome.status == "unsaved":
            log.error("%s: polled, but nothing could be saved, so it will be polled again: %s", name, outcome.error)
        elif outcome.status == "lost":
            log.warning("%s: another worker took this feed over meanwhile; its poll counts", name)
        elif outcome.status in ("polled", "unchanged") and claimed.state.failures:
            self._told.pop(claimed.id, None)
            log.info("%s: works again; failed polls in a row before: %d", name, claimed.state.failures)
        if outcome.status == "polled":
            log.debug("%s: new=%d edited=%d flagged=%d", name, outcome.new, outcome.edited, outcome.flagged)

    def _count(self, outcome: PollOutcome) -> None:
        self._meter.count("parley_articles_total", outcome.flagged, flagged="yes")
        self._meter.count("parley_articles_total", outcome.new + outcome.edited - outcome.flagged, flagged="no")


def _quiet(read: Read) -> bool:
    """Whether an article only goes into the archive: new, and without a statement."""
    return isinstance(read.verdict, Add) and not read.analysis.topics
