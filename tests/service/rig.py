"""The use cases on real storage, with the network, the engine, the platform and the clock under the test's hand."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from bot.domain.article import Entry
from bot.domain.feed import Feed
from bot.domain.subscription import Channel, Platform, Subscription
from bot.service.deliver import Deliverer
from bot.service.ingest import Ingest, PollOutcome
from bot.storage import SqlStorage, open_storage, upgrade
from tests.fakes.clock import FakeClock
from tests.fakes.feeds import FakeAnalyst, FakeSource
from tests.fakes.messenger import FakeMessenger
from tests.fakes.meter import FakeMeter

WIRE = Feed("Harbour Wire", "https://wire.example/rss", "Harbour Wire", language="en")
RADIO = Feed("Radio Lindenau", "https://radio.example/rss", "Radio Lindenau", language="en")
CHANNEL = Channel(Platform.DISCORD, "100")


class Rig:
    """One bot without its edges."""

    def __init__(self, storage: SqlStorage) -> None:
        self.storage = storage
        self.clock = FakeClock()
        self.meter = FakeMeter()
        self.source = FakeSource()
        self.messenger = FakeMessenger()
        self.owed = 0
        self.ingest = Ingest(
            source=self.source,
            analyst=FakeAnalyst(),
            storage=storage,
            clock=self.clock,
            meter=self.meter,
            owed=self._count,
            jitter=lambda: 0.0,
        )
        self.deliverer = self.new_deliverer()

    def new_deliverer(self) -> Deliverer:
        """A deliverer that knows nothing but what is stored: the bot after a restart."""
        return Deliverer(
            storage=self.storage,
            messengers={Platform.DISCORD: self.messenger},
            clock=self.clock,
            meter=self.meter,
        )

    def _count(self) -> None:
        self.owed += 1

    async def settle(
        self, feeds: Sequence[Feed] = (WIRE,), subscriptions: Sequence[Subscription] | None = None
    ) -> None:
        """Feeds that have been read once while they were empty: what they show from now on is news."""
        await self.storage.sync_feeds(feeds)
        await self.storage.sync_subscriptions([Subscription(CHANNEL)] if subscriptions is None else subscriptions)
        for feed in feeds:
            self.source.answers.setdefault(feed.url, [])
        await self.poll()

    async def poll(self, **answers: Sequence[Entry] | Exception) -> list[PollOutcome]:
        """Some minutes later, poll what is due. `wire=` and `radio=` are what those feeds then show."""
        urls = {"wire": WIRE.url, "radio": RADIO.url}
        self.source.answers |= {urls[k]: v for k, v in answers.items()}  # type: ignore[misc]  # tests give the right ones
        self.clock.forward(minutes=6)
        claimed = await self.storage.claim_feeds(now=self.clock.now(), limit=9, lease=timedelta(minutes=1))
        return [await self.ingest.poll(one) for one in claimed]

    async def deliver(self, **forward: float) -> None:
        """Some time later, send what is due."""
        self.clock.forward(**forward)
        await self.deliverer.drain()

    @property
    def shown(self) -> list[str]:
        """The channel as people see it: for each message, who says what, and how many sources it names."""
        rows = []
        for posted in self.messenger.posted:
            message = posted.edits[-1] if posted.edits else posted.message
            if message.notices:
                rows.append(f"{message.kind}: " + ", ".join(f"{n.feed} {n.standing}" for n in message.notices))
                continue
            told = [f"{s.speaker} {s.stance} {s.topic}" for summary in message.summaries for s in summary.statements]
            sources = sum(len(s.sources) for s in message.summaries)
            rows.append(f"{message.kind}: {', '.join(told)} ({sources})")
        return rows


@asynccontextmanager
async def rig(folder: Path) -> AsyncIterator[Rig]:
    url = f"sqlite:///{folder / 'parley.db'}"
    await upgrade(url)
    storage = await open_storage(url)
    try:
        yield Rig(storage)
    finally:
        await storage.close()
