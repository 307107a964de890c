"""A WebSub hub on loopback: it takes subscriptions, asks back, grants leases and sends signed feeds, as hubs do."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

Mode = Literal["accept", "refuse", "broken", "silent", "moved", "hasty"]


@dataclass
class Granted:
    """A subscription that its subscriber has confirmed."""

    topic: str
    callback: str
    secret: str


class FakeHub:
    """`mode` tells how it meets requests; `asked` keeps their forms, `granted` the subscriptions by callback.

    `settled` waits until it has asked back for everything it took.
    """

    def __init__(self, *, lease: int = 864_000) -> None:
        self.mode: Mode = "accept"
        self.lease = lease
        self.asked: list[dict[str, str]] = []
        self.granted: dict[str, Granted] = {}
        self.confirmations: list[tuple[int, str]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        app = web.Application()
        app.router.add_post("/", self._take)
        app.router.add_post("/elsewhere", self._take)
        self.server = TestServer(app, host="127.0.0.1")
        self.session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        await self.server.start_server()
        self.session = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.settled()
        await self.session.close()
        await self.server.close()

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    async def settled(self) -> None:
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def ask_back(self, callback: str, query: Mapping[str, str]) -> tuple[int, str]:
        async with self.session.get(callback, params=query) as response:
            return response.status, await response.text()

    async def send(
        self, callback: str, body: bytes, *, secret: str | None = None, method: str = "sha256", **headers: str
    ) -> int:
        """POST a body to one callback, signed with the secret it was subscribed with, or with another. The status."""
        known = self.granted[callback].secret if secret is None else secret
        made = hmac.new(known.encode(), body, getattr(hashlib, method)).hexdigest()
        signed = {"X-Hub-Signature": f"{method}={made}", "Content-Type": "application/rss+xml"}
        sent = signed | {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.post(callback, data=body, headers={k: v for k, v in sent.items() if v}) as response:
            return response.status

    async def publish(self, topic: str, body: bytes) -> list[int]:
        """Send a body to all who subscribed to a topic."""
        return [await self.send(g.callback, body) for g in list(self.granted.values()) if g.topic == topic]

    async def _take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.mode == "broken":
            return web.Response(status=500, text="<script>")
        if self.mode == "moved" and request.path == "/":
            return web.Response(status=307, headers={"Location": "/elsewhere"})
        if self.mode == "hasty":
            await self._confirm(form)
            return web.Response(status=500)
        if self.mode != "silent":
            task = asyncio.create_task(self._confirm(form))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return web.Response(status=202)

    async def _confirm(self, form: dict[str, str]) -> None:
        mode, topic, callback = form["hub.mode"], form["hub.topic"], form["hub.callback"]
        if self.mode == "refuse":
            query = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": "<b>no</b>"}
            self.confirmations.append(await self.ask_back(callback, query))
            return
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": f"c{len(self.asked)}"}
        if mode == "subscribe":
            query["hub.lease_seconds"] = str(self.lease)
        answer = await self.ask_back(callback, query)
        self.confirmations.append(answer)
        if answer != (200, query["hub.challenge"]):
            return
        if mode == "unsubscribe":
            self.granted.pop(callback, None)
        else:
            self.granted[callback] = Granted(topic, callback, form["hub.secret"])
