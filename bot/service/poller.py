"""Poller: claims due feeds and polls them, a bounded number at a time."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import StorageError
from bot.service.crew import Crew
from bot.service.ingest import Ingest, PollOutcome
from bot.service.ports import Clock
from bot.service.storage import ClaimedFeed, Storage

log = logging.getLogger(__name__)

# Longer than ingest.DEADLINE, which ends every poll: no feed is polled twice at a time.
LEASE = timedelta(minutes=3)
AT_ONCE = 50
# Feeds fall due one by one. Claimed once a tick they would be polled in bursts, and what has changed would queue for
# the parser. So a claim that finds any is followed by one after PACE, one that finds none after twice the last wait.
PACE = timedelta(milliseconds=50)
SLOWEST_PACE = timedelta(seconds=1)


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
        self._claims = Crew(1)
        self._polled = polled
        self._claiming = False
        self._stopping = asyncio.Event()
        self._more = False
        self._pace = PACE
        self._soon: asyncio.TimerHandle | None = None

    async def tick(self, *, early: datetime | None = None) -> int:
        """Claim as many due feeds as may run now and start polling; `early` as in `claim_feeds`. Returns how many."""
        limit = self._crew.free
        if self._claiming or self._stopping.is_set() or limit <= 0:
            return 0
        self._claiming = True
        try:
            claimed = await self._storage.claim_feeds(now=self._clock.now(), limit=limit, lease=LEASE, early=early)
        except StorageError as error:
            log.error("cannot read which feeds are due, trying again: %s", error)
            return 0
        finally:
            self._claiming = False
        if self._stopping.is_set():
            await self._give_back(claimed)
            return 0
        # A full claim means that more feeds are due than may run: the next one starts when one of these ends.
        self._more = len(claimed) == limit
        for one in claimed:
            self._crew.spawn(self._one(one), then=self._ended)
        self._pace = PACE if claimed else min(self._pace * 2, SLOWEST_PACE)
        if not self._more:
            self._look_soon()
        return len(claimed)

    def _look_soon(self) -> None:
        """Look again before the next tick, if feeds fall due that often."""
        self._look_no_more()
        if self._pace < SLOWEST_PACE:
            self._soon = asyncio.get_running_loop().call_later(self._pace.total_seconds(), self._look)

    def _look_no_more(self) -> None:
        if self._soon is not None:
            self._soon.cancel()

    def _ended(self) -> None:
        if self._more:
            self._more = False
            self._look()

    def _look(self) -> None:
        if not self._stopping.is_set() and self._claims.free:
            self._claims.spawn(self._next())

    async def _next(self) -> None:
        await self.tick()

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

    async def _give_back(self, claimed: list[ClaimedFeed]) -> None:
        try:
            async with asyncio.timeout(1):  # a database that hangs must not hold up the stop
                await self._storage.release_feeds(claimed)
        except (StorageError, TimeoutError) as error:
            log.warning("leases of %d feeds could not be given back, they lapse by themselves: %s", len(claimed), error)

    async def round(self) -> None:
        """Poll every feed once, due or not (failing ones only when due), and wait for the end."""
        started = self._clock.now()
        while True:
            while self._claims.busy or self._crew.busy:
                await self._claims.rest()
                await self._crew.rest()
            started = min(started, self._clock.now())  # set back meanwhile, it would have every feed asked for ever
            if not await self.tick(early=started):
                self._look_no_more()
                if not self._claims.busy:  # else a look was begun meanwhile, and may find something yet
                    return

    async def stop(self, grace: timedelta) -> None:
        """Start nothing more; give running polls `grace`, then cancel them and give their leases back."""
        self._stopping.set()
        self._look_no_more()
        await self._claims.rest()
        await self._crew.stop(grace)
