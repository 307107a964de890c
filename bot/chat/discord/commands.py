"""Catalog -> global slash commands: acknowledge, call, render."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import discord

from bot.chat.discord import render
from bot.chat.discord.fault import delivery_error
from bot.chat.discord.link import Interaction
from bot.errors import BotError, Fate
from bot.service.catalog import Arguments, Catalog, Command, Option, OptionType
from bot.service.reply import Reply

log = logging.getLogger(__name__)

# What of a command is ours to say; Discord adds ids, versions and translations.
OURS = (
    *("name", "description", "type", "options", "required", "choices", "value", "min_value", "max_value"),
    *("contexts", "integration_types"),
)
TYPES = {OptionType.TEXT: 3, OptionType.INTEGER: 4}
MAX_CHOICES = 25
MAX_HELP = 100
SERVERS, DIRECT_MESSAGES, INSTALLED_ON_A_SERVER = 0, 1, 0
# Discord takes answers for 15 minutes; nobody waits that long.
DEADLINE = 60.0
OFFER_AGAIN = 10.0
MAX_OFFER_AGAIN = 3600.0
ALREADY_ANSWERED = 40060


class Commands:
    """Answers the catalogue's commands, each asking once, however often Discord delivers it."""

    def __init__(self, catalog: Catalog) -> None:
        self._commands = {c.name: c for c in catalog}

    async def offer(self, client: discord.Client) -> None:
        """Make Discord show our commands, and no others, where it does not already. Goes on until that is done."""
        wait = OFFER_AGAIN
        while True:
            try:
                await self._register(client)
            except Exception as error:
                why = delivery_error(error, fate=Fate.NOT_SENT)
                log.error("Discord: the commands could not be registered, next try in %.0f s: %s", wait, why)
            else:
                return
            await asyncio.sleep(wait)
            wait = min(2 * wait, MAX_OFFER_AGAIN)

    async def _register(self, client: discord.Client) -> None:
        wanted = [payload(c) for c in self._commands.values()]
        application = client.application_id
        assert application is not None, "a client that is logged in knows its application"
        shown = await client.http.get_global_commands(application)
        if sorted(map(bare, shown), key=_name) != sorted(wanted, key=_name):
            await client.http.bulk_upsert_global_commands(application, wanted)
            log.info("Discord: %d commands registered", len(wanted))

    async def answer(self, interaction: Interaction) -> None:
        """Answer one asking. Never raises."""
        if interaction.type is not discord.InteractionType.application_command:
            return
        try:
            async with asyncio.timeout(DEADLINE):
                await interaction.response.defer(ephemeral=True)
                answer = await self._reply(dict(interaction.data or {}))
                await _show(interaction, answer)
        except Exception as error:
            if isinstance(error, discord.HTTPException) and error.code == ALREADY_ANSWERED:
                return  # The same asking, delivered twice.
            why = delivery_error(error, fate=Fate.NOT_SENT)
            log.warning("an answer did not reach Discord: %s", why)

    async def _reply(self, asked: Mapping[str, Any]) -> Reply:
        command = self._commands.get(str(asked.get("name")))
        given = _arguments(command, asked.get("options") or []) if command else None
        if command is None or given is None:
            return Reply("That did not work", text="Discord shows an old form of this command. Try again in a minute.")
        try:
            return await command.handler(given)
        except BotError as error:
            log.warning("command %s failed: %s", command.name, error)
            return Reply("That did not work", text="The archive cannot be read right now. Try again in a minute.")
        except Exception:
            log.exception("command %s failed", command.name)
            return Reply("That did not work", text="Something went wrong; the bot's log has the details.")


async def _show(interaction: Interaction, answer: Reply) -> None:
    """The private note "thinking ..." becomes the answer, or is followed by it where everybody may see it."""
    card = render.reply(answer)
    embeds = [discord.Embed.from_dict(e) for e in card.embeds]
    if answer.private:
        await interaction.edit_original_response(content=card.content or None, embeds=embeds)
        return
    await interaction.edit_original_response(content="The answer is below, for everybody.")
    await interaction.followup.send(card.content, embeds=embeds)


def payload(command: Command) -> dict[str, Any]:
    """A command as Discord is told of it."""
    return bare(
        {
            "name": command.name,
            "description": command.help[:MAX_HELP],
            "type": 1,
            "options": [_option(o) for o in sorted(command.options, key=lambda o: not o.required)],
            "contexts": [SERVERS, DIRECT_MESSAGES],
            "integration_types": [INSTALLED_ON_A_SERVER],
        }
    )


def _option(option: Option) -> dict[str, Any]:
    # More choices than Discord can show: people type the value, and it is checked when it arrives.
    shown = option.choices if len(option.choices) <= MAX_CHOICES else ()
    return {
        "name": option.name,
        "description": option.help[:MAX_HELP],
        "type": TYPES[option.type],
        "required": option.required,
        "choices": [{"name": c, "value": c} for c in shown],
        "min_value": option.minimum,
        "max_value": option.maximum,
    }


def bare(told: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that are ours, without those that say nothing: two descriptions of one command are then equal."""
    kept: dict[str, Any] = {}
    for key in OURS:
        value = told.get(key)
        if value is None or value is False or value == []:
            continue
        if isinstance(value, list):
            value = [bare(v) if isinstance(v, Mapping) else v for v in value]
        kept[key] = value
    return kept


def _name(command: Mapping[str, Any]) -> str:
    return str(command["name"])


def _arguments(command: Command, options: list[Mapping[str, Any]]) -> Arguments | None:
    """The options given, None where they are not those declared: Discord may show a command's old form for a while."""
    declared = {o.name: o for o in command.options}
    given = {str(o.get("name")): o.get("value") for o in options}
    if not {o.name for o in command.options if o.required} <= given.keys() <= declared.keys():
        return None
    if not all(_fits(value, declared[name]) for name, value in given.items()):
        return None
    return {name: value for name, value in given.items() if isinstance(value, str | int)}


def _fits(value: object, option: Option) -> bool:
    if option.type is OptionType.TEXT:
        return isinstance(value, str) and (not option.choices or value in option.choices)
    low, high = option.minimum, option.maximum
    number = isinstance(value, int) and not isinstance(value, bool)
    return number and (low is None or value >= low) and (high is None or value <= high)  # type: ignore[operator]
