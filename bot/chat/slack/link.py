"""The Socket Mode connection that commands come through, and the watchdog that replaces it when it is worn or dead.

slack_sdk's client reconnects by itself, but can then fall silent for good (python-slack-sdk #1110, #1446; bolt-python
#1529). So here it never does: a connection is used once, watched, and followed by a wholly new one.
"""

import asyncio
import contextlib
import logging
import time
from typing import Any

from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat.slack.fault import APP_TOKEN, delivery_error
from bot.errors import DeliveryError

log = logging.getLogger(__name__)
# The SDK logs tracebacks with one-time addresses in them; what matters of it is said here in a line.
silent = logging.getLogger("bot.chat.slack.sdk")
silent.setLevel(logging.CRITICAL)

PING = 10.0
# Four pings without an answer: gone, even if the socket looks open.
SILENCE = 4 * PING
LOOK = 1.0
OPENING = 10.0
CLOSING = 1.0
# A connection shorter than this counts as a failure, so that one refused again and again is not retried in a spin.
STABLE = 10.0
MAX_WAIT = 60.0


class _Socket(SocketModeClient):
    """One connection. Where the SDK would reconnect, it only says so."""

    def __init__(self, app_token: str, web: AsyncWebClient, address: str) -> None:
        super().__init__(app_token, logger=silent, web_client=web, ping_interval=PING)
        self.wss_uri = address
        self.greeted = asyncio.Event()
        self.worn = asyncio.Event()
        self.message_listeners.append(self._listen)

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002 - the parent's signature
        """Slack wants a new connection, or this one has ended."""
        self.worn.set()

    async def _listen(self, _client: Any, message: dict[str, Any], _raw: str | None = None) -> None:
        if message.get("type") == "hello":
            self.greeted.set()

    @property
    def alive(self) -> bool:
        """Whether it is open, was greeted, is still being read, and answered a ping of late."""
        reader, session = self.message_receiver, self.current_session
        if not self.greeted.is_set() or session is None or session.closed or reader is None:
            return False
        if reader.done() or self.message_processor.done():
            return False
        return self.last_ping_pong_time is None or time.time() - self.last_ping_pong_time < SILENCE

    async def discard(self) -> None:
        """Close for good, quickly, whatever state it is in."""
        self.closed = True
        for task in (self.message_processor, self.current_session_monitor, self.message_receiver):
            if task is not None:
                task.cancel()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSING):
                if self.current_session is not None:
                    await self.current_session.close()
        with contextlib.suppress(Exception):
            await self.aiohttp_client_session.close()


class _Handler(AsyncSocketModeHandler):
    """Bolt's handler around our socket: its own constructor would build a client that reconnects by itself."""

    def __init__(self, app: AsyncApp, socket: _Socket) -> None:
        self.app = app
        self.app_token = socket.app_token
        self.client = socket
        socket.socket_mode_request_listeners.append(self.handle)  # type: ignore[arg-type]


class Link:
    """Keeps one Socket Mode connection open for as long as the bot runs."""

    def __init__(self, app: AsyncApp, app_token: str, web: AsyncWebClient) -> None:
        self._app = app
        self._app_token = app_token
        self._web = web
        self._socket: _Socket | None = None
        self._task: asyncio.Task[None] | None = None
        self._said: str | None = None

    @property
    def connected(self) -> bool:
        """Whether commands can reach us now, as far as we know."""
        return self._socket is not None and self._socket.alive

    def start(self) -> None:
        """Connect in the background."""
        self._task = asyncio.create_task(self._keep(), name="slack link")

    async def close(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._socket is not None:
            await self._socket.discard()

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            try:
                fresh = await self._open()
            except Exception as error:
                failures += 1
                self._report(error)
            else:
                # The old one goes only now, so that what it was still answering got its acknowledgement.
                old, self._socket = self._socket, fresh
                if old is not None:
                    await old.discard()
                log.info("Slack: connected")
                self._said = None
                since = loop.time()
                await self._watch(fresh)
                failures = 0 if loop.time() - since > STABLE else failures + 1
            # The first new try is at once: Slack itself renews every connection each few hours.
            await asyncio.sleep(min(2.0 ** (failures - 2), MAX_WAIT) if failures > 1 else 0)

    async def _open(self) -> _Socket:
        """A new connection that Slack has greeted. Raises whatever kept it from coming about."""
        answer = await self._web.apps_connections_open(app_token=self._app_token)
        socket = _Socket(self._app_token, self._web, str(answer["url"]))
        _Handler(self._app, socket)
        try:
            async with asyncio.timeout(OPENING):
                await socket.connect()  # type: ignore[no-untyped-call]
                await socket.greeted.wait()
        except TimeoutError as error:
            await socket.discard()
            raise DeliveryError(f"its websocket did not open within {OPENING:.0f} s; is a proxy in between?") from error
        except BaseException:
            await socket.discard()
            raise
        return socket

    async def _watch(self, socket: _Socket) -> None:
        """Return when this connection should be replaced."""
        while socket.alive:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await socket.worn.wait()
                log.info("Slack: renewing the connection")
                return
        log.warning("Slack: the connection for commands is dead; building a new one")

    def _report(self, error: Exception) -> None:
        """One line a cause, not one a try."""
        said = str(delivery_error(error, token=APP_TOKEN))
        if said != self._said:
            log.error("Slack: no connection for commands, trying again: %s", said)
        self._said = said
