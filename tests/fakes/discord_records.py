"""What Discord tells of things: people, messages, the application, an interaction."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

EPOCH = 1_420_070_400_000
APPLICATION, GUILD = "900000000000000001", "800000000000000001"
BOT = {"id": APPLICATION, "username": "parley", "discriminator": "0", "avatar": None, "bot": True}
READER = {"id": "700000000000000001", "username": "reader", "discriminator": "0", "avatar": None, "bot": False}


class RefusedError(Exception):
    """An answer that is an error: HTTP status, Discord's code, its words."""

    def __init__(self, status: int, code: int, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code


class Records:
    """Makes records, each with an id of its own: milliseconds since 2015 above 22 bits that tell them apart."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._last = 0

    def snowflake(self) -> str:
        self._last = max((int(self._now() * 1000) - EPOCH) << 22, self._last + 1)
        return str(self._last)

    def time(self) -> str:
        return datetime.fromtimestamp(self._now(), UTC).isoformat()

    def message(self, channel: str, body: dict[str, Any], author: dict[str, Any]) -> dict[str, Any]:
        empty: dict[str, Any] = {
            key: [] for key in ("components", "mentions", "mention_roles", "attachments", "sticker_items")
        }
        no = dict.fromkeys(("tts", "pinned", "mention_everyone"), False)
        return {
            "id": self.snowflake(),
            "channel_id": channel,
            "author": author,
            "timestamp": self.time(),
            "edited_timestamp": None,
            "type": 0,
            "flags": 0,
            "content": body.get("content") or "",
            "embeds": body.get("embeds") or [],
            **empty,
            **no,
        }

    def interaction(self, name: str, options: dict[str, Any], token: str, *, direct: bool) -> dict[str, Any]:
        """The event of a slash command, in a direct message or in a channel of the server."""
        channel = self.snowflake()
        given = [{"name": n, "value": v, "type": 4 if isinstance(v, int) else 3} for n, v in options.items()]
        place: dict[str, Any] = {
            "channel": {"id": channel, "type": 1, "recipients": [READER]},
            "user": READER,
            "context": 1,
        }
        if not direct:
            member = {"user": READER, "roles": [], "joined_at": None, "deaf": False, "mute": False, "flags": 0}
            place = {
                "channel": {"id": channel, "type": 0, "name": "news", "guild_id": GUILD, "position": 0},
                "guild_id": GUILD,
                "member": {**member, "permissions": "3072"},
                "context": 0,
            }
        return {
            "id": self.snowflake(),
            "application_id": APPLICATION,
            "type": 2,
            "token": token,
            "version": 1,
            "data": {"id": "1", "name": name, "type": 1, "options": given},
            "channel_id": channel,
            "locale": "en-GB",
            "entitlements": [],
            "attachment_size_limit": 10_485_760,
            "authorizing_integration_owners": {},
            **place,
        }


def application() -> dict[str, Any]:
    return {
        "id": APPLICATION,
        "name": "Parley",
        "icon": None,
        "description": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "flags": 0,
        "verify_key": "00",
        "owner": READER,
        "team": None,
        "summary": "",
    }
