"""Serves the sample feeds over real HTTP on loopback, each as of now."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.demo.render import render
from bot.demo.script import Outlet, load_outlets
from bot.domain.feed import Feed

EVERY = timedelta(seconds=2)
BUSY_FOR = timedelta(seconds=20)
PAGE = "<!doctype html><title>Old Mill Bulletin</title><h1>Our feed has moved</h1><p>Please look around.</p>"


def _now() -> datetime:
    return datetime.now(UTC)


class DemoServer:
    """The sample outlets' web server on a free port of 127.0.0.1.

    A feed's script starts with its own first request, so that a slow start of the bot misses nothing of the show.
    """

    def __init__(self, *, now: Callable[[], datetime] = _now) -> None:
        self._now = now
        self._outlets = {o.path: o for o in load_outlets()}
        self._started: dict[str, datetime] = {}
        self._base = ""
        app = web.Application()
        app.router.add_get("/{feed}", self._get_feed)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._base = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def feeds(self) -> tuple[Feed, ...]:
        """The sample feeds as an operator would configure them. Only while the server runs."""
        return tuple(
            Feed(
                name=o.name,
                url=self._base + o.path,
                publisher=o.name,
                affiliation=o.affiliation,
                language=o.language,
                every=EVERY,
                at_most=EVERY,
            )
            for o in self._outlets.values()
        )

    async def _get_feed(self, request: web.Request) -> web.Response:
        outlet = self._outlets.get(request.path)
        if outlet is None:
            raise web.HTTPNotFound
        now = self._now()
        started = self._started.setdefault(outlet.path, now)
        if outlet.fault == "html":
            return web.Response(text=PAGE, content_type="text/html")
        if outlet.fault == "busy" and now - started < BUSY_FOR:
            seconds = BUSY_FOR.total_seconds()
            raise web.HTTPServiceUnavailable(headers={"Retry-After": f"{seconds:.0f}"})
        return _answer(request, outlet, started, now)


def _answer(request: web.Request, outlet: Outlet, started: datetime, now: datetime) -> web.Response:
    body = render(outlet, started=started, now=now)
    etag = hashlib.sha256(body).hexdigest()[:16]
    sent = request.if_none_match or ()
    response = web.Response(status=304) if any(t.value == etag for t in sent) else web.Response(body=body)
    response.etag = etag
    if response.status == 200:
        response.content_type = "application/atom+xml" if outlet.format == "atom" else "application/rss+xml"
        response.charset = "utf-8"
    return response
