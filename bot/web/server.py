"""The pages of PARLEY_HTTP: /health for Docker and people, /metrics for Prometheus, /websub/ for hubs."""

import logging
import os
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.errors import ConfigError, Mistake
from bot.service.health import HealthReport
from bot.web.metrics import PrometheusMeter
from bot.web.websub import Callbacks

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cache-Control": "no-store",
    "Server": "Parley",
}
_faults = logging.getLogger(f"{__name__}.faults")
INDEX = "Parley watches news feeds and posts who said what.\n\n/health   how it is doing\n/metrics  figures\n"


class WebServer:
    """Serves pages on host:port; `port` 0 takes a free one. No secret is on them, and only `callbacks` take input."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        health: Callable[[], HealthReport],
        meter: PrometheusMeter,
        callbacks: Callbacks | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._health = health
        self._meter = meter
        app = web.Application()
        app.router.add_get("/", self._get_index)
        app.router.add_get("/health", self._get_health)
        app.router.add_get("/metrics", self._get_metrics)
        if callbacks is not None:
            callbacks.add_to(app)
        app.on_response_prepare.append(_add_headers)
        # Pages take no time: a second is plenty for those that are being read while the bot stops.
        # Bodies are not unpacked: a hub has no reason to pack them, and a bomb would burst before it is counted.
        self._runner = web.AppRunner(app, access_log=None, logger=_faults, shutdown_timeout=1, auto_decompress=False)

    @property
    def port(self) -> int:
        """The port it listens on; after `start`, the real one."""
        return self._port

    async def start(self) -> None:
        """Listen. Raises ConfigError when the address cannot be had."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise ConfigError([_not_listening(self._host, self._port, error)]) from error
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening; safe to call at any time."""
        await self._runner.cleanup()

    async def _get_index(self, _: web.Request) -> web.Response:
        return web.Response(text=INDEX)

    async def _get_health(self, _: web.Request) -> web.Response:
        report = self._health()
        body = {"healthy": report.healthy, "reasons": list(report.reasons), "facts": dict(report.facts)}
        return web.json_response(body, status=200 if report.healthy else 503)

    async def _get_metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._meter.page(), headers={"Content-Type": self._meter.content_type})


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether to log a fault: what is no HTTP anybody can send, and the line that is wrong may hold a callback's id."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


_faults.addFilter(_is_ours)


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


def _not_listening(host: str, port: int, error: OSError) -> Mistake:
    # asyncio puts the address into the text once more; name look-ups have numbers of their own below zero.
    why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
    return Mistake(
        source="PARLEY_HTTP",
        line=None,
        what=f"cannot listen on {host}:{port}: {why.lower()}",
        mend="is another Parley running? Choose another host:port, or off",
    )
