"""What Discord or the network said -> DeliveryError: may it have arrived, will a retry help, what is there to mend."""

import asyncio
from datetime import timedelta

import aiohttp
import discord

from bot.chat.plain import plain
from bot.errors import DeliveryError, Fate

BAD_LOGIN = "Discord refuses the token: check PARLEY_DISCORD_TOKEN"
ACCESS = (
    "the bot may not send there: give it the permissions View Channel, Send Messages and Embed Links in that channel "
    "(in a thread also Send Messages in Threads)"
)
GONE = "no such channel, or it is on a server that the bot is not on: check its id in feeds.toml, and invite the bot"
HISTORY = "give the bot the permission Read Message History in that channel"
# The set-up is at fault: someone can mend it, and then the same message is taken. By Discord's code of the error.
MENDABLE = {
    10003: GONE,  # unknown channel
    10004: GONE,  # unknown guild
    50001: ACCESS,  # missing access
    50013: ACCESS,  # missing permissions
    50007: "that person takes no messages from the bot",
    50008: "this kind of channel takes no messages: choose a text channel or a thread",
    50024: "this kind of channel takes no messages: choose a text channel or a thread",
    50083: "the thread is archived: reopen it, or choose another channel",
    160002: f"replies are refused: {HISTORY}",
    160005: "the thread is locked: unlock it, or choose another channel",
    200000: "the server's AutoMod blocked the message: exempt the bot's role from that rule",
}
# The message itself is at fault: the same one will be refused for ever.
HOPELESS = {
    10008: "the message to edit is gone",
    50005: "the message to edit is not ours",
    50006: "Discord calls the message empty",
    50035: "Discord calls the card invalid",
    10062: "the answer came too late",
}
# Too many edits of an old message, sending shut off for a while, an overload.
LATER = {20028, 30046, 40004, 40006, 40062, 50161, 130000}
LOOK_AGAIN = timedelta(minutes=5)
DEFAULT_WAIT = timedelta(seconds=30)


def refused(error: BaseException) -> bool:
    """Whether Discord takes the token no longer, or never did."""
    if isinstance(error, discord.LoginFailure):
        return True
    if isinstance(error, discord.ConnectionClosed):
        return error.code == 4004
    return isinstance(error, discord.HTTPException) and error.status == 401


def delivery_error(error: BaseException, *, fate: Fate) -> DeliveryError:
    """The DeliveryError of anything that a request to Discord may raise. Its text holds no secret.

    `fate` is what is known of the message if Discord did not refuse it: a refusal of this try says nothing about
    one before it that got no answer.
    """
    if isinstance(error, DeliveryError):
        return error
    if refused(error):
        return DeliveryError(BAD_LOGIN, fate=fate, retry_after=LOOK_AGAIN)
    if isinstance(error, discord.RateLimited):
        return DeliveryError("Discord asks for a pause", fate=fate, retry_after=_pause(error.retry_after))
    if isinstance(error, discord.HTTPException):
        return _refusal(error, fate)
    if isinstance(error, discord.GatewayNotFound):
        return DeliveryError("Discord does not tell its gateway's address", fate=fate)
    if isinstance(error, discord.ConnectionClosed):
        return DeliveryError(f"Discord closed the connection (code {error.code})", fate=fate)
    if isinstance(error, discord.PrivilegedIntentsRequired):
        return DeliveryError("Discord refuses the bot's intents", fate=fate)
    if isinstance(error, asyncio.TimeoutError):
        return DeliveryError("Discord gave no answer in time", fate=fate)
    if fate is Fate.UNKNOWN:
        return DeliveryError(f"Discord's answer was lost ({type(error).__name__})", fate=fate)
    if isinstance(error, aiohttp.ClientError | OSError):
        return DeliveryError(f"Discord cannot be reached ({type(error).__name__})", fate=fate)
    return DeliveryError(f"the request to Discord failed ({type(error).__name__})", fate=fate)


def _refusal(error: discord.HTTPException, fate: Fate) -> DeliveryError:
    said = f"Discord said {error.status}, code {error.code}"
    if error.status == 429:
        # Without a `Via` header it is no rate limit of the API's but a ban at Discord's edge.
        return DeliveryError("Discord asks for a pause", fate=fate, retry_after=_asked(error))
    if error.status >= 500:
        return DeliveryError(f"Discord failed (HTTP {error.status})", fate=fate)
    if error.code in HOPELESS:
        # The rest of the text names the field that is wrong; it may quote what we sent.
        why = f": {plain(error.text, 300)}" if error.code == 50035 else ""
        return DeliveryError(f"{HOPELESS[error.code]}{why}", fate=fate, permanent=True)
    if error.code in MENDABLE:
        return DeliveryError(f"{MENDABLE[error.code]} ({said})", fate=fate, retry_after=LOOK_AGAIN)
    if error.status == 403:
        return DeliveryError(f"{ACCESS} ({said})", fate=fate, retry_after=LOOK_AGAIN)
    if error.status == 404:
        return DeliveryError(f"{GONE} ({said})", fate=fate, retry_after=LOOK_AGAIN)
    # Without a code the refusal is not Discord's own but that of something in between.
    permanent = error.status == 400 and error.code != 0 and error.code not in LATER
    words = f"Discord refused: {plain(error.text, 300)} ({said})"
    return DeliveryError(words, fate=fate, permanent=permanent, retry_after=None if permanent else LOOK_AGAIN)


def _asked(error: discord.HTTPException) -> timedelta:
    try:
        return _pause(float(error.response.headers.get("Retry-After", "")))
    except ValueError:
        return DEFAULT_WAIT


def _pause(seconds: float) -> timedelta:
    """From a second to an hour; a number that is none counts as a second."""
    return timedelta(seconds=min(seconds if seconds >= 1 else 1.0, 3600.0))
