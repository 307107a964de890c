"""What hubs send: a signed body is taken in as if it had been polled, while nobody else holds its feed."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from bot.domain.push import Push
from bot.errors import StorageError
from bot.service.crew import Crew
from bot.service.ingest import Ingest
from bot.service.poller import LEASE
from bot.service.ports import Clock, Fetched
from bot.service.storage import ClaimedFeed, Storage

log = logging.getLogger(__name__)

# A poll of the same feed is mostly over within a second. After this long the hub is asked to come again.
WAIT_FOR_FEED = timedelta(seconds=5)
LOOK_AGAIN = timedelta(milliseconds=100)
# Hubs give up on a slow answer; what was begun goes on without them.
ANSWER_WITHIN = timedelta(seconds=8)
AT_ONCE = 8
# After a push its feed rests for this many times as long as it took: a hub can neither keep the children that read
# feeds busy with bodies that take as long as they may, nor hold the feed so that no poll ever gets it.
REST = 3


class Taken(StrEnum):
    """What became of a push: `saved`, `taken` (still being read), `unreadable`, or `later` (the hub may try again)."""

    SAVED = "saved"
    TAKEN = "taken"
    UNREADABLE = "unreadable"
    LATER = "later"


class Pushed:
    """The use case "a hub has sent something". At most `at_once` bodies are held at a time.

    `wait_for_feed` is how long a push waits for a poll of its feed, `answer_within` how long its hub is kept waiting.
    `steady` is a clock in seconds that nobody sets.
    """

    def __init__(
        self,
        *,
        ingest: Ingest,
        storage: Storage,
        clock: Clock,
        at_once: int = AT_ONCE,
        wait_for_feed: timedelta = WAIT_FOR_FEED,
        answer_within: timedelta = ANSWER_WITHIN,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ingest = ingest
        self._storage = storage
        self._clock = clock
        self._crew = Crew(at_once)
        self._tries = max(wait_for_feed // LOOK_AGAIN, 1)
        self._answer_within = answer_within
        self._stopping = False
        self._unreadable: set[int] = set()
        self._steady = steady
        self._rests_until: dict[int, float] = {}

    async def find(self, id_: str) -> Push | None:
        """The subscription that a callback belongs to. Raises StorageError."""
        return await self._storage.push(id_)

    async def take(self, push: Push, body: bytes, content_type: str | None) -> Taken:
        """Take in a body whose signature holds. Raises nothing that it can cause."""
        if self._stopping or not self._crew.free:
            return Taken.LATER
        done: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._crew.spawn(self._work(push, body, content_type, done))
        await asyncio.wait([done], timeout=self._answer_within.total_seconds())
        return done.result() if done.done() else Taken.TAKEN

    async def stop(self, grace: timedelta) -> None:
        """Give what is being taken in `grace`, then cut it off: its hub sends it again, or the next poll finds it."""
        self._stopping = True
        await self._crew.stop(grace)

    async def _work(self, push: Push, body: bytes, content_type: str | None, done: "asyncio.Future[Taken]") -> None:
        taken = Taken.LATER
        try:
            taken = await self._take_in(push, body, content_type)
        except StorageError as error:
            log.error("a push could not be saved; its hub may send it again, or a poll finds it: %s", error)
        except Exception:
            log.exception("unexpected fault while taking in a push")
        finally:
            if not done.done():
                done.set_result(taken)

    async def _take_in(self, push: Push, body: bytes, content_type: str | None) -> Taken:
        claimed = await self._claim(push.feed)
        if claimed is None:
            return Taken.LATER
        # Relative links mean what they mean in a polled body, or an item without an id would be told twice.
        url = claimed.state.learnt_address or claimed.feed.url
        fetched = Fetched(body=body, url=url, content_type=content_type)
        begun = self._steady()
        try:
            outcome = await self._ingest.push(claimed, fetched, until=push.lease_until)
        except BaseException:
            with contextlib.suppress(StorageError, TimeoutError):  # the lease lapses by itself
                async with asyncio.timeout(1):
                    await self._storage.release_feeds([claimed])
            raise
        finally:
            ended = self._steady()
            self._rests_until[push.feed] = ended + REST * (ended - begun)
        log.debug("%s: pushed: %s new=%d flagged=%d", claimed.feed.name, outcome.status, outcome.new, outcome.flagged)
        if outcome.status == "failed":
            # Some hubs do so with every push: it is told once, then counted only.
            level = logging.DEBUG if claimed.id in self._unreadable else logging.WARNING
            self._unreadable.add(claimed.id)
            log.log(level, "%s: its hub pushed what cannot be read: %s", claimed.feed.name, outcome.error)
            return Taken.UNREADABLE
        self._unreadable.discard(claimed.id)
        return Taken.SAVED if outcome.status == "polled" else Taken.LATER

    async def _claim(self, feed: int) -> ClaimedFeed | None:
        """The feed, once no poll holds it and it has rested; None when that takes too long."""
        for _ in range(self._tries):
            rest = self._rests_until.get(feed, 0.0) - self._steady()
            if rest > 0:
                await asyncio.sleep(min(rest, LOOK_AGAIN.total_seconds()))
                continue
            claimed = await self._storage.claim_feed(feed, now=self._clock.now(), lease=LEASE)
            if claimed is not None:
                return claimed
            await asyncio.sleep(LOOK_AGAIN.total_seconds())
        return None
