"""The websocket side of the fake Discord: sessions that can be resumed, events, and every way to lose a connection."""

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web

from tests.fakes.discord_records import APPLICATION, BOT, GUILD

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
EVERYONE = {
    "id": GUILD,
    "name": "@everyone",
    "color": 0,
    "hoist": False,
    "position": 0,
    "permissions": "3072",
    "managed": False,
    "mentionable": False,
    "flags": 0,
}
PATIENCE = 10.0


class FakeGateway:
    """State is public: `identified` and `resumed` count successful logins, `frames` what the bot sent."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.url = ""
        self.identified = 0
        self.resumed = 0
        self.frames: list[dict[str, Any]] = []
        self.refuse = False  # no websocket gets through
        self.refused = 0
        self.close_with: int | None = None  # answer IDENTIFY with this close code
        self._sessions: dict[str, list[dict[str, Any]]] = {}
        self._open: dict[str, web.WebSocketResponse] = {}
        self._news = asyncio.Condition()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One connection, from HELLO to its end."""
        if self.refuse:
            self.refused += 1
            await self.tell()
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"op": HELLO, "d": {"heartbeat_interval": 41250}})
        session: str | None = None
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    session = await self._heard(socket, json.loads(frame.data)) or session
                    await self.tell()
        finally:
            if session is not None and self._open.get(session) is socket:
                del self._open[session]
        return socket

    async def _heard(self, socket: web.WebSocketResponse, frame: dict[str, Any]) -> str | None:
        """The session that this frame opened, if it did."""
        self.frames.append(frame)
        if frame["op"] == HEARTBEAT:
            await socket.send_json({"op": ACK, "d": None})
        elif frame["op"] in (IDENTIFY, RESUME) and frame["d"]["token"] != self.token:
            await socket.close(code=4004, message=b"Authentication failed.")
        elif frame["op"] == IDENTIFY:
            return await self._identify(socket)
        elif frame["op"] == RESUME:
            return await self._resume(socket, frame["d"])
        return None

    async def _identify(self, socket: web.WebSocketResponse) -> str | None:
        if self.close_with is not None:
            await socket.close(code=self.close_with)
            return None
        session = uuid.uuid4().hex
        self._sessions[session] = []
        self._open[session] = socket
        self.identified += 1
        ready = {
            "v": 10,
            "user": BOT,
            "session_id": session,
            "resume_gateway_url": self.url,
            "shard": [0, 1],
            "guilds": [{"id": GUILD, "unavailable": True}],
            "application": {"id": APPLICATION, "flags": 0},
        }
        guild = {"id": GUILD, "name": "Newsroom", "owner_id": "700000000000000001", "roles": [EVERYONE]}
        rest: dict[str, Any] = {key: [] for key in ("channels", "members", "threads", "emojis", "stickers", "features")}
        await self._send(session, "READY", ready)
        await self._send(session, "GUILD_CREATE", {**guild, **rest, "member_count": 1, "unavailable": False})
        return session

    async def _resume(self, socket: web.WebSocketResponse, asked: dict[str, Any]) -> str | None:
        session = asked["session_id"]
        if session not in self._sessions:
            await socket.send_json({"op": INVALID, "d": False})
            return None
        self._open[session] = socket
        self.resumed += 1
        for frame in self._sessions[session]:
            if frame["s"] > (asked["seq"] or 0):
                await socket.send_json(frame)
        await self._send(session, "RESUMED", {})
        return str(session)

    async def dispatch(self, event: str, data: dict[str, Any]) -> None:
        """Tell every session of an event; one that is away hears of it when it resumes."""
        for session in list(self._sessions):
            await self._send(session, event, data)

    async def _send(self, session: str, event: str, data: dict[str, Any]) -> None:
        frame = {"op": DISPATCH, "t": event, "s": len(self._sessions[session]) + 1, "d": data}
        self._sessions[session].append(frame)
        socket = self._open.get(session)
        if socket is not None and not socket.closed:
            with suppress(ConnectionError):
                await socket.send_json(frame)

    def drop(self) -> None:
        """Cut every connection without a closing handshake."""
        for socket in list(self._open.values()):
            request = socket._req
            if request is not None and request.transport is not None:
                request.transport.abort()

    async def close(self, code: int) -> None:
        """Close every connection with this code."""
        for socket in list(self._open.values()):
            await socket.close(code=code)

    async def ask_reconnect(self) -> None:
        """Discord wants the bot on another machine of theirs: op 7."""
        for socket in list(self._open.values()):
            await socket.send_json({"op": RECONNECT, "d": None})

    async def invalidate(self) -> None:
        """Forget every session; nothing can be resumed."""
        self._sessions.clear()
        for socket in list(self._open.values()):
            await socket.send_json({"op": INVALID, "d": False})

    async def connected(self, times: int = 1) -> None:
        """Wait until the bot has logged in or resumed this many times in all, and is connected now."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(
                lambda: self.identified + self.resumed >= times and any(not s.closed for s in self._open.values())
            )

    def open_sockets(self) -> int:
        """How many connections are open now."""
        return len(self._open)

    async def until(self, true: Any) -> None:
        """Wait until this is true of what has been received so far. TimeoutError after ten seconds."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(true)

    async def tell(self) -> None:
        """Something was received: wake whoever waits for it."""
        async with self._news:
            self._news.notify_all()
