"""A Discord on loopback: REST API, gateway, interactions; strict about what it takes, faulty when told.

`async with FakeDiscord() as discord:` then point a bot at `discord.url` with `discord.token`, look at
`discord.messages[channel]`, and type commands with `await discord.interact("latest", {"limit": 3})`.
Every request is checked against Discord's own description of its API (openapi.py); a bad one fails the whole block.
"""

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.fakes.discord_gateway import FakeGateway
from tests.fakes.discord_interactions import Asking, FakeInteractions
from tests.fakes.discord_records import APPLICATION, BOT, GUILD, READER, Records, RefusedError, application
from tests.fakes.openapi import problems

PREFIX = "/api/v10"
# How long Discord remembers a nonce; its documentation says "the past few minutes".
NONCE_WINDOW = 180.0
# A fault takes the request and what would happen without it; it decides what happens.
Fault = Callable[[web.Request, Callable[[], web.Response]], web.Response]


class FakeDiscord:
    """State is public: `messages` by channel (oldest first), `requests` (method, path, body), `commands`, `gateway`."""

    def __init__(self, *, now: Callable[[], float] = time.time) -> None:
        self.token = "fake.discord.token"
        self.gateway = FakeGateway(self.token)
        self.messages: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.requests: list[tuple[str, str, Any]] = []
        self.problems: list[str] = []
        self.commands: list[dict[str, Any]] = []
        self.missing: set[str] = set()  # channels that do not exist
        self.forbidden: set[str] = set()  # channels where the bot may not write
        self.unreadable: set[str] = set()  # channels whose history the bot may not read
        self._now = now
        self._records = Records(now)
        self._interactions = FakeInteractions(self._records)
        self._nonces: dict[str, tuple[float, dict[str, Any]]] = {}
        self._last_message: dict[str, str] = {}
        self._faults: deque[tuple[str, Fault]] = deque()
        self._held: tuple[str, asyncio.Event] | None = None
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def __aenter__(self) -> "FakeDiscord":
        await self.come_back()
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self.go_down()
        assert kind is not None or not self.problems, self.problems

    @property
    def url(self) -> str:
        """The base of the REST API, for PARLEY_DISCORD_API."""
        return f"http://127.0.0.1:{self._port}{PREFIX}"

    @property
    def askings(self) -> dict[str, Asking]:
        """Every use of a command so far, by the token that answers it."""
        return self._interactions.askings

    # --- faults: each for the next request whose "METHOD /path" holds `which` --------------------------------------

    def lose_answer(self, which: str = "/messages") -> None:
        """Do what it asks, then cut the connection instead of answering."""

        def fault(request: web.Request, act: Callable[[], web.Response]) -> web.Response:
            act()
            return _cut(request)

        self._faults.append((which, fault))

    def cut(self, which: str = "/messages") -> None:
        """Cut the connection, having done nothing."""
        self._faults.append((which, lambda request, _: _cut(request)))

    def answer(self, status: int, which: str = "/messages", *, code: int = 0, stored: bool = False) -> None:
        """Answer with this status; `stored`: having done what was asked all the same."""

        def fault(_: web.Request, act: Callable[[], web.Response]) -> web.Response:
            if stored:
                act()
            return _json({"message": "told to fail", "code": code}, status=status)

        self._faults.append((which, fault))

    def rate_limit(self, retry_after: float, which: str = "/messages", *, banned: bool = False) -> None:
        """Answer with a 429. `banned`: one of Discord's edge, without a `Via` header."""
        headers = {"Retry-After": str(int(retry_after + 0.999)), "X-RateLimit-Scope": "user"}
        headers |= {} if banned else {"Via": "1.1 google"}
        body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": False}
        self._faults.append((which, lambda *_: _json(body, status=429, headers=headers)))

    def hold(self, which: str = "/messages") -> asyncio.Event:
        """Let it wait, nothing done, until the event returned is set."""
        self._held = (which, asyncio.Event())
        return self._held[1]

    def forget_nonces(self) -> None:
        """As if the window of `enforce_nonce` had passed."""
        self._nonces.clear()

    def drop_gateway(self) -> None:
        """Cut the gateway's connections."""
        self.gateway.drop()

    async def go_down(self) -> None:
        """Close the port and every connection."""
        self.gateway.drop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def come_back(self) -> None:
        """Listen again, at the same address, with all messages and sessions kept."""
        app = web.Application()
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_route("*", PREFIX + "/{path:.*}", self._api)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True).start()
        self._port = self._runner.addresses[0][1]
        self.gateway.url = f"ws://127.0.0.1:{self._port}/gateway/"

    # --- people ----------------------------------------------------------------------------------------------------

    def say(self, channel: str, text: str, *, author: dict[str, Any] = READER, **more: Any) -> str:
        """A message by somebody else. Returns its id."""
        message = self._records.message(channel, {"content": text, **more}, author)
        self._keep(message)
        return str(message["id"])

    async def interact(
        self, name: str, options: dict[str, Any] | None = None, *, copies: int = 1, direct: bool = False
    ) -> dict[str, Any]:
        """Use a command; the body of the answer with embeds that people then see, with `flags` 64 if it is private.

        `copies`: the event is delivered so often. `direct`: in a direct message instead of on a server.
        """
        asking = await self.ask(name, options, copies=copies, direct=direct)
        await self.gateway.until(lambda: any(b.get("embeds") for b in asking.shown))
        return next(b for b in asking.shown if b.get("embeds"))

    async def ask(
        self, name: str, options: dict[str, Any] | None = None, *, copies: int = 1, direct: bool = False
    ) -> Asking:
        """Use a command without waiting for the answer."""
        asking, event = self._interactions.ask(name, options or {}, direct=direct)
        for _ in range(copies):
            await self.gateway.dispatch("INTERACTION_CREATE", event)
        return asking

    # --- REST ------------------------------------------------------------------------------------------------------

    def count(self, which: str) -> int:
        """How many requests there were whose "METHOD /path" holds this."""
        return sum(which in f"{method} {path}" for method, path, _ in self.requests)

    async def _api(self, request: web.Request) -> web.Response:
        path = "/" + request.match_info["path"]
        body = json.loads(await request.read() or b"null")
        self.requests.append((request.method, path, body))
        found = problems(request.method, path, dict(request.query), body)
        self.problems += found

        def act() -> web.Response:
            try:
                self._check(request, path, found)
                answer = self._act(request, path, body)
            except RefusedError as error:
                return _json({"message": str(error), "code": error.code}, status=error.status)
            return web.Response(status=204) if answer is None else _json(answer)

        line = f"{request.method} {path}"
        if self._held is not None and self._held[0] in line:
            (_, released), self._held = self._held, None
            await self.gateway.tell()
            await released.wait()
        fault = next((f for f in self._faults if f[0] in line), None)
        if fault is None:
            answer = act()
        else:
            self._faults.remove(fault)
            answer = fault[1](request, act)
        await self.gateway.tell()
        return answer

    def _check(self, request: web.Request, path: str, found: list[str]) -> None:
        authorised = request.headers.get("Authorization") == f"Bot {self.token}"
        if not authorised and path.split("/")[1] not in ("interactions", "webhooks"):
            raise RefusedError(401, 0, "401: Unauthorized")
        if found:
            raise RefusedError(400, 50035, f"Invalid Form Body: {found[0]}")

    def _act(self, request: web.Request, path: str, body: Any) -> Any:
        match [request.method, *path.strip("/").split("/")]:
            case ["GET", "users", "@me"]:
                return {**BOT, "flags": 0, "verified": True, "mfa_enabled": True}
            case ["GET", "oauth2", "applications", "@me"]:
                return application()
            case ["GET", "gateway", "bot"]:
                limit = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}
                return {"url": self.gateway.url, "shards": 1, "session_start_limit": limit}
            case ["GET", "applications", _, "commands"]:
                return self.commands
            case ["PUT", "applications", _, "commands"]:
                return self._put_commands(body)
            case ["GET", "channels", channel]:
                self._check_channel(channel)
                return {"id": channel, "type": 0, "guild_id": GUILD, "last_message_id": self._last_message.get(channel)}
            case ["GET", "channels", channel, "messages"]:
                return self._history(channel, request.query)
            case ["POST", "channels", channel, "messages"]:
                return self._post(channel, body)
            case ["PATCH", "channels", channel, "messages", message]:
                return self._edit(channel, message, body)
            case ["POST", "interactions", _, token, "callback"]:
                return self._interactions.acknowledge(token, body)
            case ["POST", "webhooks", _, token]:
                return self._interactions.follow_up(token, body)
            case ["PATCH", "webhooks", _, token, "messages", "@original"]:
                return self._interactions.answer(token, body)
        raise RefusedError(404, 0, f"404: {path}")

    def _put_commands(self, body: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Discord adds what it knows of each command, and hands all of it out from then on."""
        extra = {
            "application_id": APPLICATION,
            "default_member_permissions": None,
            "nsfw": False,
            "dm_permission": True,
        }
        self.commands = [
            {
                **extra,
                "id": self._records.snowflake(),
                "version": self._records.snowflake(),
                "name_localizations": None,
                **c,
            }
            for c in body
        ]
        return self.commands

    def _check_channel(self, channel: str) -> None:
        if channel in self.missing:
            raise RefusedError(404, 10003, "Unknown Channel")

    def _post(self, channel: str, body: dict[str, Any]) -> dict[str, Any]:
        self._check_channel(channel)
        if channel in self.forbidden:
            raise RefusedError(403, 50013, "Missing Permissions")
        if not body.get("content") and not body.get("embeds"):
            raise RefusedError(400, 50006, "Cannot send an empty message")
        reference = body.get("message_reference")
        known = {m["id"] for m in self.messages[channel]}
        if reference and reference["message_id"] not in known and reference.get("fail_if_not_exists", True):
            raise RefusedError(400, 50035, "Invalid Form Body: unknown message_reference")
        nonce = body.get("nonce")
        if nonce is not None and body.get("enforce_nonce") and nonce in self._nonces:
            when, earlier = self._nonces[nonce]
            if self._now() - when < NONCE_WINDOW:
                return {**earlier, "nonce": nonce}
        message = self._records.message(channel, body, BOT)
        if reference and reference["message_id"] in known:
            message |= {"type": 19, "message_reference": {"message_id": reference["message_id"], "channel_id": channel}}
        self._keep(message)
        if nonce is not None:
            self._nonces[nonce] = (self._now(), message)
        return {**message, "nonce": nonce}

    def _edit(self, channel: str, message: str, body: dict[str, Any]) -> dict[str, Any]:
        self._check_channel(channel)
        found = next((m for m in self.messages[channel] if m["id"] == message), None)
        if found is None:
            raise RefusedError(404, 10008, "Unknown Message")
        if found["author"]["id"] != BOT["id"]:
            raise RefusedError(403, 50005, "Cannot edit a message authored by another user")
        found |= {key: body[key] for key in ("content", "embeds") if key in body}
        found["edited_timestamp"] = self._records.time()
        return found

    def _history(self, channel: str, asked: Any) -> list[dict[str, Any]]:
        self._check_channel(channel)
        if channel in self.unreadable:
            return []
        before, after = int(asked.get("before", 1 << 63)), int(asked.get("after", 0))
        limit = int(asked.get("limit", 50))
        kept = [m for m in self.messages[channel] if after < int(m["id"]) < before]
        kept = kept[:limit] if "after" in asked else kept[-limit:]
        return sorted(kept, key=lambda m: int(m["id"]), reverse=True)

    def _keep(self, message: dict[str, Any]) -> None:
        self.messages[message["channel_id"]].append(message)
        self._last_message[message["channel_id"]] = message["id"]


def _json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """discord.py reads JSON only where the type is exactly this, without a charset."""
    more = {"Content-Type": "application/json", **(headers or {})}
    if status < 300:
        more |= {"X-RateLimit-Limit": "5", "X-RateLimit-Remaining": "4", "X-RateLimit-Reset-After": "1.0"}
        more |= {"X-RateLimit-Reset": "0", "X-RateLimit-Bucket": "fake"}
    return web.Response(body=json.dumps(body).encode(), status=status, headers=more)


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
