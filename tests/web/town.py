"""A bot that hubs can reach: a site, a hub, the web server, the fetcher, the parser's child and a database."""

from datetime import timedelta

from bot.domain.feed import Feed
from bot.domain.push import Push
from bot.feeds.source import HttpFeedSource
from bot.service.health import HealthReport
from bot.service.ingest import Ingest, PollOutcome
from bot.service.pushed import Pushed
from bot.service.pushes import Pushes
from bot.web.metrics import PrometheusMeter
from bot.web.server import WebServer
from bot.web.websub import PATH as CALLBACKS
from bot.web.websub import Callbacks, Gate
from bot.worker import Workers
from tests.fakes.feeds import FakeAnalyst
from tests.fakes.hub import FakeHub
from tests.feeds.conftest import LOOPBACK, Site
from tests.service.rig import Rig


def item(number: int, says: str = "") -> str:
    said = says or f"Speaker{number} rejects ceasefire"
    return f"<item><guid>{number}</guid><title>Report number {number}</title><description>{said}</description></item>"


def rss(*items: str, head: str = "") -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{head}{"".join(items)}</channel></rss>'.encode()


class Town:
    """A bot that hubs can reach. `restart` is what a process that ends and starts again knows: the database."""

    def __init__(self, bot: Rig, site: Site, hub: FakeHub, workers: Workers) -> None:
        self.bot, self.site, self.hub = bot, site, hub
        self.feed = Feed("Harbour Wire", site.url("/rss"), "Harbour Wire", language="en")
        self.meter = PrometheusMeter()
        self.source = HttpFeedSource(workers, allow=LOOPBACK)
        self.head = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{hub.url}"/>'
        self.max_bytes, self.timeout = 10_000_000, timedelta(seconds=30)
        self.path = "/rss"
        self.keys = 0
        self.server: WebServer
        self.pushes: Pushes

    async def start(self, port: int = 0) -> None:
        bot = self.bot
        self.server = WebServer(
            "127.0.0.1", port, health=lambda: HealthReport(healthy=True), meter=self.meter, callbacks=None
        )
        if not port:  # the port is needed before the routes are made
            await self.server.start()
            port = self.server.port
            await self.server.close()
        self.pushes = Pushes(
            hubs=self.source,
            storage=bot.storage,
            clock=bot.clock,
            meter=self.meter,
            base=f"http://127.0.0.1:{port}/town{CALLBACKS}",
            jitter=lambda: 0.0,
            new_key=self._key,
        )
        bot.ingest = Ingest(
            source=self.source,
            analyst=FakeAnalyst(),
            storage=bot.storage,
            clock=bot.clock,
            meter=self.meter,
            owed=lambda: None,
            jitter=lambda: 0.0,
            offered=self.pushes.offered,
        )
        self.pushed = Pushed(ingest=bot.ingest, storage=bot.storage, clock=bot.clock)
        callbacks = Callbacks(
            self.pushes,
            self.pushed,
            meter=self.meter,
            prefix="/town",
            gate=Gate(steady=lambda: 0.0),  # no minute passes while a test sends
            max_bytes=self.max_bytes,
            timeout=self.timeout,
        )
        self.server = WebServer(
            "127.0.0.1", port, health=lambda: HealthReport(healthy=True), meter=self.meter, callbacks=callbacks
        )
        await self.server.start()

    async def stop(self) -> None:
        await self.server.close()
        await self.pushed.stop(timedelta(seconds=5))

    async def restart(self) -> None:
        port = self.server.port
        await self.stop()
        await self.start(port)

    def shows(self, *items: str) -> None:
        self.site.answer(self.path, rss(*items, head=self.head))

    async def poll(self, *items: str) -> PollOutcome:
        self.shows(*items)
        self.bot.clock.forward(minutes=20)
        (outcome,) = await self.bot.poll()
        await self.bot.deliver()
        return outcome

    async def tend(self) -> None:
        await self.pushes.tend()
        await self.hub.settled()

    async def subscribed(self) -> str:
        """The feed has been polled, and the hub has granted what it names. The callback."""
        await self.poll()
        await self.tend()
        (callback,) = self.hub.granted
        return callback

    async def push(self) -> Push:
        (one,) = await self.all()
        return one

    async def all(self) -> list[Push]:
        return list(await self.bot.storage.write(lambda tx: tx.pushes()))

    async def state(self):
        (health,) = await self.bot.storage.health()
        return health.state

    async def told(self) -> list[str]:
        await self.bot.deliver()
        return self.bot.shown

    def counted(self, outcome: str) -> float:
        wanted = f'parley_pushes_total{{outcome="{outcome}"}}'
        lines = self.meter.page().decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(wanted)), 0)

    def _key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}-{'x' * 32}"
