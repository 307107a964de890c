"""SlackMessenger: messages through the Web API, commands through Socket Mode; each works while the other is down."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chat.slack import render
from bot.chat.slack.blocks import Block
from bot.chat.slack.commands import Commands
from bot.chat.slack.fault import CARD_REFUSED, REFUSED, asked_pause, code, delivery_error
from bot.chat.slack.link import Link, silent
from bot.chat.slack.pace import Pace
from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.subscription import Platform
from bot.errors import DeliveryError, Fate
from bot.service.catalog import Catalog

log = logging.getLogger(__name__)

EVENT = "parley_delivery"
TIMEOUT = aiohttp.ClientTimeout(total=15, sock_connect=5)
# How far Slack's clock may be behind ours.
SKEW = timedelta(minutes=2)
PAGE = 200
CHECK_TOKEN = 600.0
CHECK_AGAIN = 60.0


class SlackMessenger:
    """Satisfies `Messenger`. `api` is the base of the Web API, Slack's own where None ("https://host/api/")."""

    platform = Platform.SLACK

    def __init__(
        self,
        bot_token: str,
        app_token: str,
        *,
        catalog: Catalog,
        signing_secret: str | None = None,
        api: str | None = None,
    ) -> None:
        # No retry handlers: the SDK's own would send a message again whose answer was lost.
        base = api or AsyncWebClient.BASE_URL
        self._web = AsyncWebClient(bot_token, base_url=base, logger=silent, retry_handlers=[])
        app = AsyncApp(name="parley", client=self._web, signing_secret=signing_secret or "", logger=silent)
        Commands(catalog).register(app)
        self._link = Link(app, app_token, self._web)
        self._pace = Pace()
        self._refused: str | None = None
        self._bot_id: str | None = None
        self._checks: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Connect in the background. Never fails: what is wrong shows in the log and in `healthy`."""
        self._web.session = aiohttp.ClientSession(timeout=TIMEOUT)
        self._link.start()
        self._checks = asyncio.create_task(self._check_token(), name="slack token")

    async def close(self) -> None:
        """Disconnect within two seconds."""
        if self._checks is not None:
            self._checks.cancel()
            await asyncio.wait([self._checks])
        await self._link.close()
        if self._web.session is not None:
            await self._web.session.close()

    def healthy(self) -> bool:
        """Whether Slack takes our tokens and commands can reach us."""
        return self._refused is None and self._link.connected

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Send a new message, in the thread of the alert for a REPLY. Returns Slack's `ts` of it."""
        card = render.message(message)
        try:
            return await self._send(delivery, card.text, card.blocks)
        except DeliveryError as error:
            if code(error.__cause__) not in CARD_REFUSED:
                raise
            # A rule of Slack's that we do not know must not cost the alert, only its looks.
            log.error("Slack: %s; sending message %s as plain text", error, delivery.id)
            return await self._send(delivery, card.text, None)

    async def _send(self, delivery: Delivery, text: str, blocks: list[Block] | None) -> str:
        await self._pace.turn(delivery.channel.id)
        answer = await self._call(
            self._web.chat_postMessage(
                channel=delivery.channel.id,
                thread_ts=delivery.thread if delivery.kind is DeliveryKind.REPLY else None,
                text=text,
                blocks=blocks,
                metadata={"event_type": EVENT, "event_payload": {"delivery": delivery.id}},
                mrkdwn=False,
                parse="none",
                link_names=False,
                unfurl_links=False,
                unfurl_media=False,
            ),
            channel=delivery.channel.id,
        )
        return _ts(answer)

    async def edit(self, delivery: Delivery, message: Message) -> str:
        """Edit the message `delivery.thread`, an alert that is known to be sent. Returns its `ts`."""
        if delivery.thread is None:
            raise DeliveryError("there is no message to edit", permanent=True)
        card = render.message(message)
        await self._pace.turn(delivery.channel.id)
        answer = await self._call(
            self._web.chat_update(
                channel=delivery.channel.id,
                ts=delivery.thread,
                text=card.text,
                blocks=card.blocks,
                parse="none",
                link_names=False,
            ),
            channel=delivery.channel.id,
        )
        return _ts(answer)

    async def find(self, delivery: Delivery) -> str | None:
        """The `ts` of our message with this delivery's id in its metadata, None if there certainly is none.

        Looks back to the delivery's creation: an earlier try than the last one may be the one that arrived.
        """
        if self._bot_id is None:
            self._bot_id = str((await self._call(self._web.auth_test()))["bot_id"])
        oldest = f"{(delivery.created - SKEW).timestamp():.6f}"
        cursor = ""
        while True:
            page = await self._page(delivery, oldest, cursor)
            for message in page.get("messages") or []:
                if self._is(message, delivery):
                    return str(message["ts"])
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return None

    async def _page(self, delivery: Delivery, oldest: str, cursor: str) -> AsyncSlackResponse:
        asked: dict[str, Any] = {"oldest": oldest, "limit": PAGE, "include_all_metadata": True, "inclusive": True}
        if cursor:
            asked["cursor"] = cursor
        channel = delivery.channel.id
        if delivery.kind is DeliveryKind.REPLY and delivery.thread is not None:
            return await self._call(self._web.conversations_replies(channel=channel, ts=delivery.thread, **asked))
        return await self._call(self._web.conversations_history(channel=channel, **asked))

    def _is(self, message: dict[str, Any], delivery: Delivery) -> bool:
        metadata = message.get("metadata") or {}
        return (
            message.get("bot_id") == self._bot_id
            and metadata.get("event_type") == EVENT
            and (metadata.get("event_payload") or {}).get("delivery") == delivery.id
        )

    async def _call(self, request: Awaitable[AsyncSlackResponse], *, channel: str | None = None) -> AsyncSlackResponse:
        """The answer to a request. Raises DeliveryError, never anything else."""
        try:
            answer = await request
        except Exception as error:
            wait = asked_pause(error)
            if wait is not None and channel is not None:
                self._pace.pause(channel, wait)
            self._judge_token(error)
            raise delivery_error(error) from error
        self._refused = None
        return answer

    def _judge_token(self, error: Exception) -> None:
        if code(error) not in REFUSED:
            return
        said = str(delivery_error(error))
        if said != self._refused:
            log.error("Slack: nothing can be posted: %s", said)
        self._refused = said

    async def _check_token(self) -> None:
        """Ask Slack now and then whether it still takes the token, so that a quiet bot notices too."""
        while True:
            with contextlib.suppress(DeliveryError):
                answer = await self._call(self._web.auth_test())
                self._bot_id = str(answer["bot_id"])
            await asyncio.sleep(CHECK_TOKEN if self._refused is None else CHECK_AGAIN)


def _ts(answer: AsyncSlackResponse) -> str:
    ts = answer.get("ts")
    if not isinstance(ts, str) or not ts:
        raise DeliveryError("Slack's answer names no message", fate=Fate.UNKNOWN)
    return ts
