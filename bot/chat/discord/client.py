"""DiscordMessenger: messages through the REST API, commands through the gateway; each works while the other is down."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import discord
from discord.http import Route

from bot.chat.discord import render
from bot.chat.discord.attempt import Attempt
from bot.chat.discord.commands import Commands
from bot.chat.discord.fault import HISTORY, LOOK_AGAIN, delivery_error
from bot.chat.discord.link import Link
from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.subscription import Platform
from bot.errors import DeliveryError, Fate
from bot.service.catalog import Catalog

TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
# Over all the tries that discord.py makes by itself.
DEADLINE = 15.0
# How far Discord's clock may be behind ours.
SKEW = timedelta(minutes=2)
PAGE = 100
MAX_PAGES = 50
NOBODY: dict[str, list[str]] = {"parse": []}
MESSAGES = "/channels/{channel_id}/messages"


class DiscordMessenger:
    """Satisfies `Messenger`. `api` is the base of the REST API ("https://host/api/v10"), Discord's own where None.

    It is discord.py's one setting for the whole process, and the gateway's address is asked there too.
    """

    platform = Platform.DISCORD

    def __init__(self, token: str, *, catalog: Catalog, api: str | None = None) -> None:
        if api is not None:
            Route.BASE = api.rstrip("/")
        commands = Commands(catalog)
        self._link = Link(token, heard=commands.answer, ready=commands.offer)

    async def start(self) -> None:
        """Connect in the background. Never fails: what is wrong shows in the log and in `healthy`."""
        self._link.start()

    async def close(self) -> None:
        """Disconnect within two seconds."""
        await self._link.close()

    def healthy(self) -> bool:
        """Whether Discord takes our token and commands can reach us."""
        return self._link.connected

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Send a new message, in reply to the alert for a REPLY. Returns Discord's id of it.

        The nonce makes Discord answer a second send within some minutes with the first one's message.
        """
        body = {**_card(message), "nonce": delivery.id, "enforce_nonce": True}
        if delivery.kind is DeliveryKind.REPLY and delivery.thread is not None:
            body["message_reference"] = {"message_id": delivery.thread, "fail_if_not_exists": False}
        return _id(await self._call(Route("POST", MESSAGES, channel_id=delivery.channel.id), json=body))

    async def edit(self, delivery: Delivery, message: Message) -> str:
        """Edit the message `delivery.thread`, an alert that is known to be sent. Returns its id."""
        if delivery.thread is None:
            raise DeliveryError("there is no message to edit", permanent=True)
        route = Route("PATCH", f"{MESSAGES}/{{message_id}}", channel_id=delivery.channel.id, message_id=delivery.thread)
        return _id(await self._call(route, json=_card(message)))

    async def find(self, delivery: Delivery) -> str | None:
        """The id of our message that carries this delivery's id, None if there certainly is none.

        Looks back to the delivery's creation: an earlier try than the last one may be the one that arrived.
        """
        client = await self._link.client()
        own = str(client.user.id) if client.user else ""
        oldest = discord.utils.time_snowflake(delivery.created - SKEW)
        before: dict[str, str] = {}
        for _ in range(MAX_PAGES):
            page = await self._page(delivery.channel.id, before)
            for message in page:
                if message["author"]["id"] == own and _carries(message, delivery.id):
                    return str(message["id"])
            if not page and not before:
                await self._check_history(delivery.channel.id, oldest)
            if len(page) < PAGE or int(page[-1]["id"]) < oldest:
                return None
            before = {"before": page[-1]["id"]}
        raise DeliveryError("too much was said in the channel to see whether the message arrived", fate=Fate.UNKNOWN)

    async def _page(self, channel: str, before: dict[str, str]) -> list[dict[str, Any]]:
        """A hundred messages, newest first."""
        page = await self._call(Route("GET", MESSAGES, channel_id=channel), params={"limit": str(PAGE), **before})
        if not isinstance(page, list):
            raise DeliveryError("Discord's history cannot be read", fate=Fate.UNKNOWN)
        return sorted(page, key=lambda message: int(message["id"]), reverse=True)

    async def _check_history(self, channel: str, oldest: int) -> None:
        """Without the permission to read it, a history only looks empty; its channel still tells of a last message."""
        about = await self._call(Route("GET", "/channels/{channel_id}", channel_id=channel))
        last = about.get("last_message_id") if isinstance(about, dict) else None
        if int(last or 0) >= oldest:
            raise DeliveryError(f"whether a message arrived cannot be seen: {HISTORY}", retry_after=LOOK_AGAIN)

    async def _call(self, route: Route, **request: Any) -> Any:
        """The answer to a request. Raises DeliveryError, never anything else."""
        client = await self._link.client()
        attempt = Attempt()
        try:
            async with asyncio.timeout(DEADLINE):
                answer = await client.ask(route, timeout=TIMEOUT, trace_request_ctx=attempt, **request)
        except Exception as error:
            self._link.judge(error)
            raise delivery_error(error, fate=attempt.fate) from error
        self._link.judge(None)
        return answer


def _card(message: Message) -> dict[str, Any]:
    return {"embeds": render.message(message).embeds, "allowed_mentions": NOBODY}


def _carries(message: dict[str, Any], delivery: str) -> bool:
    footers = [(e.get("footer") or {}).get("text") for e in message.get("embeds") or []]
    return render.carried(delivery) in footers or message.get("nonce") == delivery


def _id(answer: Any) -> str:
    if not isinstance(answer, dict) or not str(answer.get("id", "")).isdigit():
        raise DeliveryError("Discord's answer names no message", fate=Fate.UNKNOWN)
    return str(answer["id"])
