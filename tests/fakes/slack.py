"""A Slack on loopback: Web API, Socket Mode and response addresses, strict about what it takes, faulty when told.

`async with FakeSlack() as slack:` then point a bot at `slack.url` with `slack.bot_token` and `slack.app_token`.
"""

import asyncio
import json
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.slack_blocks import problems

BOT_ID, APP_ID, BOT_USER = "B0PARLEY", "A0PARLEY", "U0PARLEY"
Handler = Callable[[dict[str, Any]], dict[str, Any]]
# A fault takes the request and what would happen without it; it decides what happens.
Fault = Callable[[web.Request, Callable[[], web.Response]], web.Response]
PATIENCE = 10.0


class RefusedError(Exception):
    """Slack's `ok: false`, with its word for why."""


class FakeSlack:
    """State is public: `messages` by channel, `calls` (method, arguments) in order, `responses` by trigger id."""

    def __init__(self, *, page: int = 100, now: Callable[[], float] = time.time) -> None:
        self.bot_token = "xoxb-fake-bot"
        self.app_token = "xapp-fake-app"
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.responses: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.acks: list[str] = []
        self.opened = 0
        self.deaf = False  # answer no pings
        self.refuse_sockets = False  # no websocket gets through
        self.refuse_answers = False  # response addresses have expired
        self.refused_answers = 0
        self._page = page
        self._now = now
        self._last = 0
        self._faults: deque[tuple[str, Fault]] = deque()
        self._held: tuple[str, asyncio.Event] | None = None
        self._sockets: list[web.WebSocketResponse] = []
        self._tickets: set[str] = set()
        self._news = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> "FakeSlack":
        await self.come_back()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go_down()

    @property
    def url(self) -> str:
        """The base of the Web API, for PARLEY_SLACK_API."""
        return f"http://127.0.0.1:{self._port}/api/"

    # --- faults ----------------------------------------------------------------------------------

    def lose_answer(self, method: str = "chat.") -> None:
        """Do what the next such call asks, then cut the connection instead of answering."""

        def fault(request: web.Request, act: Callable[[], web.Response]) -> web.Response:
            act()
            return _cut(request)

        self._faults.append((method, fault))

    def cut(self, method: str = "chat.") -> None:
        """Cut the connection at the next such call, having done nothing."""
        self._faults.append((method, lambda request, _: _cut(request)))

    def answer(self, status: int, method: str = "chat.", body: str = "upstream sent nothing") -> None:
        """Answer the next such call with this status and no JSON, having done nothing."""
        self._faults.append((method, lambda *_: web.Response(status=status, text=body, content_type="text/html")))

    def rate_limit(self, retry_after: int, method: str = "chat.") -> None:
        """Answer the next such call with a 429."""
        headers = {"Retry-After": str(retry_after)}
        body = {"ok": False, "error": "ratelimited"}
        self._faults.append((method, lambda *_: web.json_response(body, status=429, headers=headers)))

    def error(self, word: str, method: str = "chat.") -> None:
        """Refuse the next such call: HTTP 200 with `ok: false`."""
        self._faults.append((method, lambda *_: web.json_response({"ok": False, "error": word})))

    def hold(self, method: str = "chat.") -> asyncio.Event:
        """Let the next such call wait, nothing done, until the event returned is set."""
        self._held = (method, asyncio.Event())
        return self._held[1]

    async def go_down(self) -> None:
        """Close the port and every connection."""
        for socket in self._sockets:
            _abort(socket)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def come_back(self) -> None:
        """Listen again, at the same address, with all messages kept."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/respond/{trigger}", self._respond)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]

    # --- Socket Mode -----------------------------------------------------------------------------

    async def connected(self, times: int = 1) -> None:
        """Wait until this many connections have been opened in all, and one of them is open now."""
        await self.until(lambda: self.opened >= times and any(not s.closed for s in self._sockets))

    def open_sockets(self) -> int:
        """How many connections are open now."""
        return sum(not s.closed for s in self._sockets)

    async def slash(
        self, command: str, text: str, *, copies: int = 1, answered: bool = True, respond: str | None = None
    ) -> dict[str, Any]:
        """Type a command; the body of the answer that people then see. `copies`: delivered so often.

        `answered` False: wait for the acknowledgement only, and return nothing. `respond`: where to answer to.
        """
        trigger = uuid.uuid4().hex
        base = self.url.removesuffix("/api/")
        payload = {
            "command": command,
            "text": text,
            "trigger_id": trigger,
            "response_url": respond or f"{base}/respond/{trigger}",
            "team_id": "T0FAKE",
            "team_domain": "fake",
            "channel_id": "C0FAKE",
            "channel_name": "fake",
            "user_id": "U0READER",
            "user_name": "reader",
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
        }
        envelopes = [uuid.uuid4().hex for _ in range(copies)]
        for envelope in envelopes:
            frame = {"envelope_id": envelope, "type": "slash_commands", "accepts_response_payload": True}
            await self._send({**frame, "payload": payload})
        await self.until(lambda: set(envelopes) <= set(self.acks) and (not answered or bool(self.responses[trigger])))
        return self.responses[trigger][0] if answered else {}

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell the bot to open a new connection. `warning` comes some seconds before the end."""
        await self._send({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})

    def drop_socket(self) -> None:
        """Cut every socket without a closing handshake."""
        for socket in self._sockets:
            _abort(socket)

    async def close_socket(self) -> None:
        """Close every socket with a closing handshake."""
        for socket in self._sockets:
            await socket.close()

    async def _send(self, frame: dict[str, Any]) -> None:
        await next(s for s in reversed(self._sockets) if not s.closed).send_str(json.dumps(frame))

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("ticket") not in self._tickets or self.refuse_sockets:
            return web.Response(status=403)
        self._tickets.discard(request.query["ticket"])
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        hello = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP_ID}}
        await socket.send_str(json.dumps(hello))
        self._sockets.append(socket)
        self.opened += 1
        await self._tell()
        async for frame in socket:
            if frame.type is WSMsgType.TEXT:
                self.acks.append(str(json.loads(frame.data)["envelope_id"]))
                await self._tell()
            elif frame.type is WSMsgType.PING and not self.deaf:
                await socket.pong(frame.data)
        return socket

    async def _respond(self, request: web.Request) -> web.Response:
        if self.refuse_answers:
            self.refused_answers += 1
            await self._tell()
            return web.Response(status=404, text="expired_url")
        body = await request.json()
        assert not problems(body), problems(body)
        self.responses[request.match_info["trigger"]].append(body)
        await self._tell()
        return web.Response(text="ok")

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until this is true of what has been received so far. TimeoutError after ten seconds."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(true)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    # --- Web API ---------------------------------------------------------------------------------

    async def _api(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        arguments = await _arguments(request)
        self.calls.append((method, arguments))

        def act() -> web.Response:
            try:
                self._check_token(method, request)
                return web.json_response({"ok": True, **self._methods()[method](arguments)})
            except RefusedError as error:
                return web.json_response({"ok": False, "error": str(error)})

        if self._held is not None and method.startswith(self._held[0]):
            (_, released), self._held = self._held, None
            await released.wait()
        fault = next((f for f in self._faults if method.startswith(f[0])), None)
        if fault is None:
            answer = act()
        else:
            self._faults.remove(fault)
            answer = fault[1](request, act)
        await self._tell()
        return answer

    def _methods(self) -> dict[str, Handler]:
        return {
            "auth.test": lambda _: {"bot_id": BOT_ID, "user_id": BOT_USER, "team_id": "T0FAKE", "team": "Fake"},
            "apps.connections.open": lambda _: {"url": self._ticket()},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": lambda a: self._list(a, self._top(a["channel"])),
            "conversations.replies": lambda a: self._list(a, self._thread(a["channel"], a["ts"])),
        }

    def _check_token(self, method: str, request: web.Request) -> None:
        token = self.app_token if method == "apps.connections.open" else self.bot_token
        if request.headers.get("Authorization") != f"Bearer {token}":
            raise RefusedError("invalid_auth")

    def _ticket(self) -> str:
        ticket = uuid.uuid4().hex
        self._tickets.add(ticket)
        return f"ws://127.0.0.1:{self._port}/link?ticket={ticket}"

    def say(self, channel: str, text: str, **more: Any) -> str:
        """A message by somebody else; `more` may hold a bot_id, metadata, a thread_ts. Returns its ts."""
        message = {"type": "message", "user": "U0READER", "text": text, "ts": self._stamp(), **more}
        self.messages[channel].append(message)
        return str(message["ts"])

    def _post(self, arguments: dict[str, Any]) -> dict[str, Any]:
        channel = arguments["channel"]
        self._check_message(arguments)
        thread = arguments.get("thread_ts")
        if thread is not None and not any(m["ts"] == thread for m in self.messages[channel]):
            raise RefusedError("thread_not_found")
        message = {
            "type": "message",
            "ts": self._stamp(),
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "user": BOT_USER,
            **{k: arguments[k] for k in ("text", "blocks", "metadata", "thread_ts") if k in arguments},
        }
        self.messages[channel].append(message)
        return {"channel": channel, "ts": message["ts"], "message": message}

    def _update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self._check_message(arguments)
        found = [m for m in self.messages[arguments["channel"]] if m["ts"] == arguments["ts"]]
        if not found:
            raise RefusedError("message_not_found")
        if found[0].get("bot_id") != BOT_ID:
            raise RefusedError("cant_update_message")
        found[0].update({k: arguments[k] for k in ("text", "blocks", "metadata") if k in arguments})
        found[0]["edited"] = {"user": BOT_USER, "ts": self._stamp()}
        return {"channel": arguments["channel"], "ts": arguments["ts"], "text": arguments.get("text", "")}

    def _check_message(self, arguments: dict[str, Any]) -> None:
        if problems(arguments):
            raise RefusedError("invalid_blocks")
        if arguments.get("metadata") and set(arguments["metadata"]) != {"event_type", "event_payload"}:
            raise RefusedError("invalid_metadata_format")

    def _top(self, channel: str) -> list[dict[str, Any]]:
        top = [m for m in self.messages[channel] if m.get("thread_ts") in (None, m["ts"])]
        return sorted(top, key=lambda m: float(m["ts"]), reverse=True)

    def _thread(self, channel: str, ts: str) -> list[dict[str, Any]]:
        thread = [m for m in self.messages[channel] if ts in (m["ts"], m.get("thread_ts"))]
        if not any(m["ts"] == ts for m in thread):
            raise RefusedError("thread_not_found")
        return sorted(thread, key=lambda m: float(m["ts"]))

    def _list(self, arguments: dict[str, Any], messages: list[dict[str, Any]]) -> dict[str, Any]:
        oldest = float(arguments.get("oldest") or 0)
        # Slack shows a thread's first message whatever the bounds.
        kept = [m for m in messages if float(m["ts"]) >= oldest or m["ts"] == arguments.get("ts")]
        start = int(arguments.get("cursor") or 0)
        end = start + min(int(arguments.get("limit") or 100), self._page)
        shown = [dict(m) for m in kept[start:end]]
        if arguments.get("include_all_metadata") not in ("1", "true", True):
            for message in shown:
                message.pop("metadata", None)
        more = end < len(kept)
        return {"messages": shown, "has_more": more, "response_metadata": {"next_cursor": str(end) if more else ""}}

    def _stamp(self) -> str:
        """Slack's id of a message: its time in microseconds, unique in a channel."""
        self._last = max(int(self._now() * 1_000_000), self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


async def _arguments(request: web.Request) -> dict[str, Any]:
    """The arguments of a call: JSON, form (where structures are JSON in a string) or query."""
    if request.content_type == "application/json":
        return dict(await request.json())
    arguments: dict[str, Any] = dict(request.query) | dict(await request.post())
    for key in ("blocks", "metadata"):
        if isinstance(arguments.get(key), str):
            arguments[key] = json.loads(arguments[key])
    return arguments


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _abort(socket: web.WebSocketResponse) -> None:
    transport = socket._req.transport if socket._req is not None else None
    if transport is not None:
        with suppress(OSError):
            transport.abort()
