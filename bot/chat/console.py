"""Messenger that prints alerts in a terminal: the default when no token is set."""

import os
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Final, TextIO

from bot.chat.console_writer import GONE, Writer
from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.subscription import Platform
from bot.errors import DeliveryError, Fate

if TYPE_CHECKING:
    from rich.console import RenderableType

REPEAT: Final = "(may be a repeat after a crash)"
PATIENCE: Final = timedelta(seconds=1)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ConsoleMessenger:
    """Satisfies `Messenger`. A terminal remembers nothing: `find` never finds, `edit` prints a line of its own.

    `stream` is stdout by default. On a terminal cards are coloured, unless NO_COLOR is set; elsewhere they are plain.
    """

    platform = Platform.CONSOLE

    def __init__(self, stream: TextIO | None = None, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._stream = stream or sys.stdout
        self._now = now
        self._writer = Writer(self._stream)
        self._healthy = True

    async def start(self) -> None:
        """Nothing to connect."""

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Print a card. Raises DeliveryError when nobody reads the stream any more."""
        await self._print(self._card(delivery, message))
        return delivery.id

    async def edit(self, delivery: Delivery, message: Message) -> str:
        """Print one line: what is printed cannot be changed."""
        from bot.chat.console_card import render_update

        await self._print(render_update(message.summaries[0], colour=self._colour, note=_note(delivery)))
        return delivery.thread or delivery.id

    async def find(self, delivery: Delivery) -> str | None:
        """None: a terminal has no history to look into."""
        del delivery
        return None

    async def close(self) -> None:
        """Let what is being printed end, for a second at most."""
        await self._writer.close(PATIENCE)

    def healthy(self) -> bool:
        """Whether the last card could be printed."""
        return self._healthy

    @property
    def _colour(self) -> bool:
        if self._stream.closed or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return self._stream.isatty()

    def _card(self, delivery: Delivery, message: Message) -> "RenderableType":
        # With the first message, not at a start: most rounds of cron have none, and rich is a twentieth of theirs.
        from bot.chat.console_card import render_alert, render_catch_up
        from bot.chat.console_notice import render_notices

        now, colour, note = self._now(), self._colour, _note(delivery)
        if message.kind is DeliveryKind.CATCH_UP:
            return render_catch_up(message.summaries, now=now, colour=colour, note=note)
        if message.kind is DeliveryKind.NOTICE:
            return render_notices(message.notices, now=now, colour=colour, note=note)
        reply = message.kind is DeliveryKind.REPLY
        return render_alert(message.summaries[0], now=now, colour=colour, reply=reply, note=note)

    async def _print(self, card: "RenderableType") -> None:
        text = drawn(card, width=shutil.get_terminal_size().columns, colour=self._colour)
        try:
            await self._writer.write(text + "\n")
        except GONE as error:
            self._healthy = False
            raise DeliveryError(f"the terminal is gone: {error}", fate=Fate.NOT_SENT) from error
        self._healthy = True


def drawn(card: "RenderableType", *, width: int, colour: bool) -> str:
    """A card as text for a terminal of `width` columns; without `colour` it holds no escape sequence."""
    from rich.console import Console

    paper = StringIO()
    Console(
        file=paper,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        no_color=False,
        emoji=False,
        highlight=False,
    ).print(card, crop=False)
    return paper.getvalue()


def _note(delivery: Delivery) -> str:
    return REPEAT if delivery.unsure else ""
