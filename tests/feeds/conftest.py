"""A real HTTP server on loopback whose behaviour each test writes as a handler, and a fetcher that may reach it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.feeds.fetch import Fetcher

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOPBACK = (ip_network("127.0.0.0/8"),)


class Site:
    """Routes added at will; `seen` keeps every request. `url(path)` is absolute."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.seen: list[web.Request] = []
        self.app = web.Application()
        self.app.router.add_route("*", "/{path:.*}", self._dispatch)
        self.server = TestServer(self.app, host="127.0.0.1")

    def on(self, path: str, handler: Handler) -> str:
        self.handlers[path] = handler
        return self.url(path)

    def answer(self, path: str, body: bytes | str = b"", *, status: int = 200, **headers: str) -> str:
        async def handler(_: web.Request) -> web.Response:
            data = body.encode() if isinstance(body, str) else body
            return web.Response(body=data, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

        return self.on(path, handler)

    def url(self, path: str = "/") -> str:
        return str(self.server.make_url(path))

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        handler = self.handlers.get(request.path)
        return await handler(request) if handler else web.Response(status=404)


@asynccontextmanager
async def fetching(**options: Any) -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(**{"allow": LOOPBACK, **options})
    try:
        yield fetcher
    finally:
        await fetcher.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.server.start_server()
    yield site
    await site.server.close()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(allow=LOOPBACK, contact="https://example.org/bot")
    yield fetcher
    await fetcher.close()
