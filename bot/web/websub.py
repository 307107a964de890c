"""The callbacks of WebSub: hubs confirm subscriptions by GET and send feeds by POST (w3.org/TR/websub, 5.3 and 7)."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.domain.push import Push, PushStatus, Signature
from bot.errors import StorageError
from bot.service.ports import Meter
from bot.service.pushed import Pushed, Taken
from bot.service.pushes import Pushes

PATH = "/websub/"
# The ids that we make are such (secrets.token_urlsafe); whatever else is asked for is not looked up.
ID = "{id:[A-Za-z0-9_-]{1,64}}"
# As for a polled feed (feeds/fetch.py).
MAX_BYTES = 10_000_000
TIMEOUT = timedelta(seconds=30)
CHUNK = 1 << 16
# A busy newsroom publishes some items a minute; a hub that sends more than this in one is told to come again.
PER_MINUTE = 30
OPEN = 2
# What is held of all hubs together and of one, and for how long one more waits for its turn, unread.
BODIES = 8
HUB_BODIES = 4
TURN = timedelta(seconds=5)
MINUTE = 60.0
RETRY_AFTER = {hdrs.RETRY_AFTER: "60"}
LONGEST_CHALLENGE = 4_000


class Gate:
    """Lets each subscription have `open_` requests at a time and `per_minute` in a minute.

    `steady` is a clock in seconds that nobody sets.
    """

    def __init__(
        self,
        *,
        open_: int = OPEN,
        per_minute: int = PER_MINUTE,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open = open_
        self._per_minute = per_minute
        self._steady = steady
        self._inside: dict[str, int] = {}
        self._passed: dict[str, int] = {}
        self._minute = 0

    @contextmanager
    def enter(self, id_: str) -> Iterator[bool]:
        """Whether one more request of this subscription may be read."""
        minute = int(self._steady() // MINUTE)
        if minute != self._minute:
            self._minute, self._passed = minute, {}
        inside, passed = self._inside.get(id_, 0), self._passed.get(id_, 0)
        if inside >= self._open or passed >= self._per_minute:
            yield False
            return
        self._inside[id_], self._passed[id_] = inside + 1, passed + 1
        try:
            yield True
        finally:
            self._inside[id_] -= 1
            if not self._inside[id_]:
                del self._inside[id_]


class Callbacks:
    """The routes under /websub/. `prefix` is the path that the public address has before it: both are served."""

    def __init__(
        self,
        pushes: Pushes,
        pushed: Pushed,
        *,
        meter: Meter,
        prefix: str = "",
        gate: Gate | None = None,
        max_bytes: int = MAX_BYTES,
        timeout: timedelta = TIMEOUT,
    ) -> None:
        self._pushes = pushes
        self._pushed = pushed
        self._meter = meter
        self._prefix = prefix
        self._gate = gate or Gate()
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._turns = asyncio.Semaphore(BODIES)
        self._hubs: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def add_to(self, app: web.Application) -> None:
        """Serve them in an application."""
        for before in {"", self._prefix}:
            app.router.add_get(f"{before}{PATH}{ID}", self._get, allow_head=False)
            app.router.add_post(f"{before}{PATH}{ID}", self._post)

    async def _get(self, request: web.Request) -> web.Response:
        """A hub asks whether we want what it was asked for, or says that it refuses."""
        try:
            # Strangers cost a look, never a write: those stand in one line with the polls' and the messages'.
            push = await self._pushed.find(request.match_info["id"])
            if push is None:
                return web.Response(status=404)
            with self._gate.enter(f"asks {push.id}") as free:
                return await self._answer(push.id, request.query) if free else _later(status=429)
        except StorageError:
            return _later()

    async def _answer(self, id_: str, asked: Mapping[str, str]) -> web.Response:
        mode, topic, challenge = (asked.get(f"hub.{name}", "") for name in ("mode", "topic", "challenge"))
        if mode == "denied":
            return web.Response(status=200 if await self._pushes.refused(id_, topic=topic) else 404)
        if not challenge or len(challenge) > LONGEST_CHALLENGE:
            return web.Response(status=404)
        wanted = await self._pushes.confirm(id_, mode=mode, topic=topic, lease=asked.get("hub.lease_seconds"))
        return web.Response(text=challenge) if wanted else web.Response(status=404)

    async def _post(self, request: web.Request) -> web.Response:
        """A hub sends a feed. What is not signed as agreed is thanked for and thrown away, as the standard has it."""
        try:
            push = await self._pushed.find(request.match_info["id"])
        except StorageError:
            return _later()
        if push is None or push.status in (PushStatus.ENDING, PushStatus.REFUSED):
            return self._told("unknown", web.Response(status=410))
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
            return self._told("unreadable", web.Response(status=415))
        signature = Signature.claimed(request.headers.get("X-Hub-Signature"), push.secret)
        if signature is None:
            return self._told("unsigned", web.Response(status=202))
        with self._gate.enter(push.id) as free:
            if not free:
                return self._told("later", _later(status=429))
            async with AsyncExitStack() as turn:
                try:
                    async with asyncio.timeout(TURN.total_seconds()):
                        await turn.enter_async_context(self._turn_of(push.hub))
                        await turn.enter_async_context(self._turns)
                except TimeoutError:
                    return self._told("later", _later())
                return await self._take(request, push, signature)

    def _turn_of(self, hub: str) -> asyncio.Semaphore:
        """A hub that drips, or anybody who knows its callbacks, holds up its own feeds only."""
        return self._hubs.setdefault(urlsplit(hub).netloc, asyncio.Semaphore(HUB_BODIES))

    async def _take(self, request: web.Request, push: Push, signature: Signature) -> web.Response:
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                body = await self._read(request, signature)
        except TimeoutError:
            return self._told("slow", web.Response(status=408))
        except (ConnectionError, HttpProcessingError):
            return self._told("broken_off", web.Response(status=400))
        if body is None:
            return self._told("too_large", web.Response(status=413))
        if not signature.holds():
            return self._told("unsigned", web.Response(status=202))
        taken = await self._pushed.take(push, body, request.headers.get(hdrs.CONTENT_TYPE))
        return self._told(taken.value, _later() if taken is Taken.LATER else web.Response(status=202))

    async def _read(self, request: web.Request, signature: Signature) -> bytes | None:
        """The body in pieces, so that neither an endless one is held nor the loop stalls; None: it is too large."""
        if (request.content_length or 0) > self._max_bytes:
            return None
        pieces: list[bytes] = []
        size = 0
        async for piece in request.content.iter_chunked(CHUNK):
            size += len(piece)
            if size > self._max_bytes:
                return None
            signature.update(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _told(self, outcome: str, response: web.Response) -> web.Response:
        self._meter.count("parley_pushes_total", outcome=outcome)
        return response


def _later(*, status: int = 503) -> web.Response:
    return web.Response(status=status, headers=RETRY_AFTER)
