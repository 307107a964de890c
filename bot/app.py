"""The composition root: builds every object of one bot, starts them, and shuts them down in order.

What only one entry point needs is imported there: `once` from cron pays for each import at each round.
"""

import asyncio
import gc
import logging
import os
import random
import secrets
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import __version__
from bot.analyst import WorkerAnalyst
from bot.childwork import warm_child
from bot.config import TERMINAL, Settings
from bot.domain.subscription import Platform, Subscription
from bot.errors import StorageError
from bot.feeds.source import HttpFeedSource
from bot.lexicons import held_lexicon, own_files
from bot.messengers import console_messenger, wanted_messengers
from bot.progress import Progress
from bot.reload import Reloader
from bot.secret import Secret
from bot.service.catalog import build_catalog
from bot.service.deliver import Deliverer
from bot.service.health import Pulse
from bot.service.ingest import CATCH_UP_WAIT, Ingest
from bot.service.poller import Poller
from bot.service.ports import Messenger, Meter, NoMeter
from bot.service.pushed import Pushed
from bot.service.pushes import Pushes
from bot.service.queries import Queries
from bot.storage import SqlStorage, open_storage, upgrade
from bot.storage.lock import alone
from bot.worker import Workers

if TYPE_CHECKING:
    from bot.scheduler import Scheduler
    from bot.web.websub import Callbacks

log = logging.getLogger(__name__)

TICK = timedelta(seconds=1)
LOOK = timedelta(seconds=10)
REREAD = timedelta(seconds=3)
PRUNE = timedelta(hours=6)
TEND = timedelta(seconds=5)
KEEP_TEXTS = timedelta(days=90)
# Under the five seconds of SIGTERM all together: ticks, then polls, then sends, then connections.
TICK_GRACE = timedelta(seconds=0.5)
POLL_GRACE = timedelta(seconds=0.5)
SEND_GRACE = timedelta(seconds=1.5)


class SystemClock:
    """Satisfies `Clock`."""

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Bot:
    """The objects of one running bot that its entry points drive."""

    storage: SqlStorage
    source: HttpFeedSource
    messengers: dict[Platform, Messenger]
    poller: Poller
    deliverer: Deliverer
    pulse: Pulse
    meter: Meter
    progress: Progress
    pushes: Pushes | None
    pushed: Pushed
    closing: AsyncExitStack

    async def follow(self, settings: Settings) -> None:
        """Go by other feeds, subscriptions and contact from now on. Raises StorageError; nothing is changed then."""
        to_console = any(s.channel.platform is Platform.CONSOLE for s in settings.subscriptions)
        if to_console and Platform.CONSOLE not in self.messengers:
            self.messengers[Platform.CONSOLE] = console = console_messenger()
            self.closing.push_async_callback(console.close)
        await self.storage.sync_settings(settings.feeds, settings.subscriptions)
        self.source.introduce(settings.contact)
        if self.pushes is not None:
            self.pushes.offered()
        now = SystemClock().now()
        with suppress(StorageError):  # only the summary of the first round needs it
            self.progress.expect(await self.storage.count_feeds(now=now, since=now))


async def run(
    settings: Settings,
    *,
    reread: Callable[[], Settings] | None = None,
    catch_up_wait: timedelta = CATCH_UP_WAIT,
) -> None:
    """Poll, flag, post and answer until SIGTERM or Ctrl-C. Raises ConfigError and StorageError at the start only.

    `reread` reads the settings anew: the bot then follows its settings file, at once on SIGHUP.
    """
    from bot.web.metrics import PrometheusMeter
    from bot.web.server import WebServer

    meter = PrometheusMeter()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with _bot(settings, meter, catch_up_wait=catch_up_wait) as bot, AsyncExitStack() as stack:
        if settings.http is not None:
            web = WebServer(*settings.http, health=bot.pulse.report, meter=meter, callbacks=_callbacks(settings, bot))
            await web.start()
            stack.push_async_callback(web.close)
        now = SystemClock().now()
        await bot.storage.retry_failing(now=now)
        bot.progress.plan(await bot.storage.count_feeds(now=now, since=now), now=now)
        scheduler = _scheduler(bot)
        if reread is not None:
            reloader = Reloader(settings, reread=reread, apply=bot.follow, meter=bot.meter)
            scheduler.every(REREAD, "reread settings", reloader.look)
            stack.push_async_callback(reloader.stop, SEND_GRACE)
            _on_hangup(reload=reloader.ask, stop=stop.set)
        scheduler.start()
        gc.collect()
        _built()
        try:
            await bot.poller.tick()
            await bot.deliverer.pump()
            await stop.wait()
            log.info("stopping")
        finally:
            await scheduler.stop(TICK_GRACE)
            await asyncio.gather(bot.poller.stop(POLL_GRACE), bot.pushed.stop(POLL_GRACE))
            await bot.deliverer.stop(SEND_GRACE)


def _built() -> None:
    """End the start, during which the command line has held garbage collection off.

    What was built until now lives as long as the bot does. Each full collection looked through it again, which stopped
    the loop for 90 ms.
    """
    gc.freeze()
    gc.enable()


def _on_hangup(*, reload: Callable[[], None], stop: Callable[[], None]) -> None:
    """SIGHUP asks to reload. It also comes when the terminal that the bot was started in is closed: that is its end."""
    at_terminal = os.isatty(sys.stdin.fileno()) if sys.stdin else False

    def heard() -> None:
        (stop if at_terminal and not os.isatty(sys.stdin.fileno()) else reload)()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, heard)


async def once(settings: Settings) -> int:
    """Poll every feed once, send what is owed, and end. Returns the number of feeds that failed."""
    async with _bot(settings, NoMeter(), catch_up_wait=timedelta(0)) as bot:
        _built()
        await bot.poller.round()
        await bot.deliverer.drain()
        backlog = await bot.storage.backlog()
        # Notices wait on purpose, so that many become one message.
        if backlog.oldest is not None and backlog.oldest <= SystemClock().now():
            log.warning("messages that could not be sent yet: %d; the next run tries again", backlog.pending)
        bot.progress.close()
        return bot.progress.failed


async def demo() -> None:
    """The whole bot against sample feeds that it serves itself: no network, no settings, nothing left behind."""
    from bot.demo import DemoServer

    async with DemoServer() as server:
        with tempfile.TemporaryDirectory(prefix="parley-demo-") as folder:
            settings = Settings(
                feeds=server.feeds,
                subscriptions=(Subscription(TERMINAL),),
                database_url=Secret(f"sqlite:///{Path(folder) / 'demo.db'}"),
                config=Path("the demo's own"),
                http=None,
                allow_addresses=(ip_network("127.0.0.0/8"),),
            )
            log.info("the demo: made-up outlets report in the next half minute; Ctrl-C ends it")
            await run(settings, catch_up_wait=TICK)


@asynccontextmanager
async def _bot(settings: Settings, meter: Meter, *, catch_up_wait: timedelta) -> AsyncIterator[Bot]:
    """Build everything, connect the platforms; close it all in reverse order, whatever happens."""
    async with AsyncExitStack() as stack:
        url = settings.database_url.reveal()
        owned = stack.enter_context(alone(url))
        if applied := await upgrade(url):
            log.info("database upgraded to %s", applied[-1])
        storage = await open_storage(url)
        stack.push_async_callback(storage.close)
        clock = SystemClock()
        await storage.sync_feeds(settings.feeds)
        await storage.sync_subscriptions(settings.subscriptions)
        if owned:
            await storage.reclaim(now=clock.now())
        lexicon = held_lexicon(own_files(settings.lexicons))
        workers = Workers(2, initializer=partial(warm_child, lexicon))
        stack.push_async_callback(workers.close)
        source = HttpFeedSource(workers, allow=settings.allow_addresses, contact=settings.contact)
        stack.push_async_callback(source.close)
        messengers: dict[Platform, Messenger] = {}
        queries = Queries(storage=storage, messengers=messengers, clock=clock, version=__version__)
        catalog = build_catalog(queries, topics=tuple(lexicon.topics), conflicts=lexicon.conflicts)
        messengers |= {m.platform: m for m in wanted_messengers(settings, catalog)}
        deliverer = Deliverer(storage=storage, messengers=messengers, clock=clock, meter=meter)
        pushes = _pushes(settings, source, storage, clock, meter)
        ingest = Ingest(
            source=source,
            analyst=WorkerAnalyst(workers),
            storage=storage,
            clock=clock,
            meter=meter,
            owed=deliverer.wake,
            jitter=random.random,
            catch_up_wait=catch_up_wait,
            offered=pushes.offered if pushes is not None else None,
        )
        pushed = Pushed(ingest=ingest, storage=storage, clock=clock)
        progress = Progress(total=len(settings.feeds))
        poller = Poller(ingest=ingest, storage=storage, clock=clock, polled=progress.polled)
        pulse = Pulse(storage=storage, messengers=messengers, clock=clock, meter=meter, version=__version__)
        for messenger in messengers.values():
            stack.push_async_callback(messenger.close)
            await messenger.start()
        progress.hello(settings)
        yield Bot(storage, source, messengers, poller, deliverer, pulse, meter, progress, pushes, pushed, closing=stack)


def _pushes(
    settings: Settings, hubs: HttpFeedSource, storage: SqlStorage, clock: SystemClock, meter: Meter
) -> Pushes | None:
    if settings.public_url is None:
        return None
    from bot.web.websub import PATH

    return Pushes(
        hubs=hubs,
        storage=storage,
        clock=clock,
        meter=meter,
        base=settings.public_url + PATH,
        jitter=random.random,
        new_key=partial(secrets.token_urlsafe, 32),
    )


def _callbacks(settings: Settings, bot: Bot) -> "Callbacks | None":
    if bot.pushes is None:
        return None
    from bot.web.websub import Callbacks

    prefix = urlsplit(settings.public_url or "").path
    return Callbacks(bot.pushes, bot.pushed, meter=bot.meter, prefix=prefix)


def _scheduler(bot: Bot) -> "Scheduler":
    from bot.scheduler import Scheduler

    async def poll() -> None:
        bot.pulse.beat()
        await bot.poller.tick()

    async def prune() -> None:
        await bot.storage.prune(before=datetime.now(UTC) - KEEP_TEXTS)

    scheduler = Scheduler(bot.meter)
    scheduler.every(TICK, "claim feeds", poll)
    scheduler.every(TICK, "drain outbox", bot.deliverer.pump)
    scheduler.every(LOOK, "watch", bot.pulse.look)
    scheduler.every(PRUNE, "prune", prune)
    if bot.pushes is not None:
        scheduler.every(TEND, "tend pushes", bot.pushes.tend)
    return scheduler
