"""The answers to slash commands, as Discord takes them: one acknowledgement, one answer, then follow-ups."""

import uuid
from typing import Any

from tests.fakes.discord_records import BOT, Records, RefusedError

EPHEMERAL = 64


class Asking:
    """One use of a command. `shown`: the bodies people saw, in order, each with `flags` 64 if private."""

    def __init__(self) -> None:
        self.acknowledged = False
        self.thinking = False
        self.flags = 0
        self.shown: list[dict[str, Any]] = []


class FakeInteractions:
    """By an asking's token, which is all that an answer needs."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self.askings: dict[str, Asking] = {}

    def ask(self, name: str, options: dict[str, Any], *, direct: bool) -> tuple[Asking, dict[str, Any]]:
        """A new asking, and the event that tells the bot of it."""
        token = uuid.uuid4().hex
        self.askings[token] = Asking()
        return self.askings[token], self._records.interaction(name, options, token, direct=direct)

    def _asking(self, token: str) -> Asking:
        if token not in self.askings:
            raise RefusedError(404, 10062, "Unknown interaction")
        return self.askings[token]

    def acknowledge(self, token: str, body: dict[str, Any]) -> dict[str, Any]:
        asking = self._asking(token)
        if asking.acknowledged:
            raise RefusedError(400, 40060, "Interaction has already been acknowledged.")
        asking.acknowledged = True
        asking.flags = (body.get("data") or {}).get("flags", 0)
        asking.thinking = body["type"] == 5
        if body["type"] == 4:
            asking.shown.append({**body["data"], "flags": asking.flags})
        about = {"id": self._records.snowflake(), "type": 2, "response_message_loading": asking.thinking}
        return {"interaction": about}

    def answer(self, token: str, body: dict[str, Any]) -> dict[str, Any]:
        asking = self._asking(token)
        asking.thinking = False
        # What was begun privately stays private, whatever the edit asks.
        asking.shown.append({**body, "flags": asking.flags})
        return self._records.message(self._records.snowflake(), body, BOT)

    def follow_up(self, token: str, body: dict[str, Any]) -> dict[str, Any]:
        asking = self._asking(token)
        if asking.thinking:
            # Right after "thinking ..." Discord takes a follow-up for the answer itself.
            return self.answer(token, body)
        asking.shown.append({"flags": 0, **body})
        return self._records.message(self._records.snowflake(), body, BOT)
