"""Catalog -> the slash command `/parley`: acknowledge, call, render."""

import logging
from collections import OrderedDict
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.chat.slack import render
from bot.chat.slack.parse import SLASH, parse
from bot.errors import BotError
from bot.service.catalog import Catalog
from bot.service.reply import Reply

log = logging.getLogger(__name__)
# Its lower lines hold addresses to answer to, with which anybody can write in our name for half an hour.
logging.getLogger("slack_sdk.webhook").setLevel(logging.WARNING)

# Slack repeats a command for some minutes when it missed our acknowledgement; a channel asks far less often than this.
REMEMBERED = 1000


class Commands:
    """Answers `/parley ...`, each asking once, however often Slack delivers it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._seen: OrderedDict[str, None] = OrderedDict()

    def register(self, app: AsyncApp) -> None:
        """Serve the command through this app."""

        @app.command(SLASH)
        async def parley(ack: AsyncAck, body: dict[str, Any], respond: AsyncRespond) -> None:
            await ack()
            if self._first(str(body.get("trigger_id", ""))):
                await self._answer(str(body.get("text") or ""), respond)

    def _first(self, trigger: str) -> bool:
        """Whether this asking is new. Slack gives every asking a trigger id of its own, the same in a repetition."""
        if not trigger:
            return True
        if trigger in self._seen:
            return False
        self._seen[trigger] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    async def _answer(self, text: str, respond: AsyncRespond) -> None:
        answer = await self._reply(text)
        card = render.reply(answer)
        try:
            sent = await respond(
                text=card.text,
                blocks=card.blocks,
                response_type="ephemeral" if answer.private else "in_channel",
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:
            # The error's text may hold the address to answer to, which lets anybody answer in our name.
            log.warning("an answer did not reach Slack (%s)", type(error).__name__)
        else:
            if sent.status_code != 200:
                log.warning("Slack refused an answer (HTTP %d)", sent.status_code)

    async def _reply(self, text: str) -> Reply:
        asked = parse(text, self._catalog)
        if isinstance(asked, Reply):
            return asked
        command, arguments = asked
        try:
            return await command.handler(arguments)
        except BotError as error:
            log.warning("command %s failed: %s", command.name, error)
            return Reply("That did not work", text="The archive cannot be read right now. Try again in a minute.")
        except Exception:
            log.exception("command %s failed", command.name)
            return Reply("That did not work", text="Something went wrong; the bot's log has the details.")
