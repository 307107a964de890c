"""What Slack or the network said -> DeliveryError: may it have arrived, will a retry help, what is there to mend."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.chat.plain import plain
from bot.errors import DeliveryError, Fate

# The message itself is at fault: the same one will be refused for ever.
HOPELESS = {
    "invalid_blocks": "Slack calls the card invalid",
    "invalid_blocks_format": "Slack calls the card invalid",
    "msg_too_long": "Slack calls the message too long",
    "msg_blocks_too_long": "Slack calls the card too long",
    "no_text": "Slack calls the message empty",
    "metadata_too_large": "Slack calls the message's metadata too large",
    "message_not_found": "the message to edit is gone",
    "cant_update_message": "the message to edit is not ours",
    "edit_window_closed": "the message to edit is too old to be edited in this workspace",
    "thread_not_found": "the message to reply to is gone",
    "cannot_reply_to_message": "Slack takes no replies to that message",
}
CARD_REFUSED = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})
# The set-up is at fault: someone can mend it, and then the same message is taken.
MENDABLE = {
    "channel_not_found": "no such channel, or it is private and the bot is not in it: check its id in feeds.toml and "
    "invite the bot there",
    "not_in_channel": "the bot is not in the channel: invite it there (/invite @Parley)",
    "is_archived": "the channel is archived: unarchive it, or remove it from feeds.toml",
    "restricted_action": "the workspace does not let the bot post in this channel: ask an admin",
    "missing_scope": "the Slack app lacks a permission: compare it with slack-manifest.yaml and reinstall it",
    "invalid_auth": "Slack refuses the token in {token}: copy it again",
    "not_authed": "Slack got no token: set {token}",
    "not_allowed_token_type": "{token} holds a token of the wrong kind: the bot token starts with xoxb-, the app-level "
    "token with xapp-",
    "token_revoked": "the token in {token} was revoked: reinstall the Slack app and set the new token",
    "token_expired": "the token in {token} has expired: turn token rotation off, or reinstall the Slack app",
    "account_inactive": "the app was removed from the workspace: reinstall the Slack app and set the new {token}",
    "team_access_not_granted": "the app is not installed in this workspace: install it there",
    "no_permission": "the app was not given this permission: reinstall the Slack app",
}
# The settings' names.
BOT_TOKEN = "PARLEY_SLACK_BOT_TOKEN"  # noqa: S105
APP_TOKEN = "PARLEY_SLACK_APP_TOKEN"  # noqa: S105
# These name the bot itself, not one channel.
REFUSED = frozenset(
    {"invalid_auth", "not_authed", "not_allowed_token_type", "token_revoked", "token_expired", "account_inactive"}
)
PAUSES = {"ratelimited", "rate_limited", "message_limit_exceeded"}
# Slack itself does not know how far it came.
UNSURE = {"internal_error", "fatal_error", "request_timeout", "service_unavailable", "unknown_error"}
LOOK_AGAIN = timedelta(minutes=5)
DEFAULT_WAIT = timedelta(seconds=30)


def code(error: BaseException | None) -> str | None:
    """Slack's own word for the failure ("not_in_channel"), None where it said none."""
    data = getattr(getattr(error, "response", None), "data", None)
    word = data.get("error") if isinstance(data, dict) else None
    return word if isinstance(word, str) else None


def delivery_error(error: Exception, *, token: str = BOT_TOKEN) -> DeliveryError:
    """The DeliveryError of anything that a call of Slack's Web API may raise. Its text holds no secret.

    `token` is the name of the setting whose token the call was made with.
    """
    if isinstance(error, DeliveryError):
        return error
    if isinstance(error, SlackApiError):
        return _refusal(error, token)
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.InvalidURL):
        return DeliveryError(f"Slack cannot be reached ({type(error).__name__})")
    if isinstance(error, asyncio.TimeoutError):
        return DeliveryError("Slack gave no answer in time", fate=Fate.UNKNOWN)
    # A connection that ended after the request went out, or an answer that cannot be read.
    return DeliveryError(f"Slack's answer was lost ({type(error).__name__})", fate=Fate.UNKNOWN)


def _refusal(error: SlackApiError, token: str) -> DeliveryError:
    status = _status(error)
    word = code(error)
    wait = asked_pause(error)
    if wait is not None:
        return DeliveryError("Slack asks for a pause", retry_after=wait)
    if word in HOPELESS:
        return DeliveryError(HOPELESS[word], permanent=True)
    if word in MENDABLE:
        return DeliveryError(f"{MENDABLE[word].format(token=token)} (Slack said {word})", retry_after=LOOK_AGAIN)
    if word in UNSURE or status >= 500 or word is None:
        return DeliveryError(f"Slack failed ({word or f'HTTP {status}'})", fate=Fate.UNKNOWN)
    return DeliveryError(f"Slack refused: {plain(word, 60)}", retry_after=LOOK_AGAIN)


def asked_pause(error: BaseException) -> timedelta | None:
    """How long Slack wants to be left alone, from a second to an hour; None where it did not ask."""
    if _status(error) != 429 and code(error) not in PAUSES:
        return None
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = headers.get("Retry-After", "")
    try:
        return timedelta(seconds=min(max(float(value), 1.0), 3600.0))
    except ValueError:
        return DEFAULT_WAIT


def _status(error: BaseException) -> int:
    """The HTTP status of the answer, 0 where there was none. Slack's SDK hands on two kinds of response."""
    response: Any = getattr(error, "response", None)
    return int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
