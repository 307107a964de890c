"""Poller: claims due feeds and polls them, a bounded number at a time."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import StorageError
from bot.service.crew import Crew
from bot.service.ingest import Ingest, PollOutcome
from bot.service.ports import ClaimedFeed, Clock, Storage

log = logging.getLogger(__name__)

# Longer than the longest poll (30 s of fetching, 10 s of parsing, ten pages): no feed is polled twice at a time.
LEASE = timedelta(minutes=3)
AT_ONCE = 50


class Poller:
    """Keeps up to `at_once` polls running. `polled` hears of every finished poll."""

    def __init__(
        self,
        *,
        ingest: Ingest,
        storage: Storage,
        clock: Clock,
        at_once: int = AT_ONCE,
        polled: Callable[[ClaimedFeed, PollOutcome], None] | None = None,
    ) -> None:
        self._ingest = ingest
        self._storage = storage
        self._clock = clock
        self._crew = Crew(at_once)
        self._polled = polled
        self._claiming = False
        self._stopping = asyncio.Event()
        self._more = False

    async def tick(self, *, early: datetime | None = None) -> int:
        """Claim as many due feeds as may run now and start polling; `early` as in `claim_feeds`. Returns how many."""
        if self._claiming or self._stopping.is_set() or self._crew.free <= 0:
            return 0
        self._claiming = True
        try:
            claimed = await self._storage.claim_feeds(
                now=self._clock.now(), limit=self._crew.free, lease=LEASE, early=early
            )
        except StorageError as error:
            log.error("cannot read which feeds are due, trying again: %s", error)
            return 0
        finally:
            self._claiming = False
        if self._stopping.is_set():
            await self._give_back(claimed)
            return 0
        # A full claim means that more feeds are due than may run: the next one starts when one of these ends.
        self._more = self._crew.free == len(claimed) > 0
        for one in claimed:
            self._crew.spawn(self._one(one))
        return len(claimed)

    async def _one(self, claimed: ClaimedFeed) -> None:
        try:
            outcome = await self._ingest.poll(claimed)
        except Exception:
            # A fault of ours: the lease lapses and the feed is polled again then, the others go on.
            log.exception("%s: unexpected fault while polling", claimed.feed.name)
            return
        except BaseException:
            await self._give_back([claimed])
            raise
        if self._polled is not None:
            self._polled(claimed, outcome)
        if self._more:
            self._more = False
            await self.tick()

    async def _give_back(self, claimed: list[ClaimedFeed]) -> None:
        try:
            await self._storage.release_feeds(claimed)
        except StorageError as error:
            log.warning("leases of %d feeds could not be given back, they lapse by themselves: %s", len(claimed), error)

    async def round(self) -> None:
        """Poll every feed once, due or not (failing ones only when due), and wait for the end."""
        started = self._clock.now()
        while await self.tick(early=started):
            await self._crew.rest()

    async def stop(self, grace: timedelta) -> None:
        """Start nothing more; give running polls `grace`, then cancel them and give their leases back."""
        self._stopping.set()
        await self._crew.stop(grace)
