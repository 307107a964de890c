"""`feed list`: how each feed fares, as a table for a terminal or as JSON lines."""

import json
import os
import textwrap
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TextIO

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from bot.service.conditions import Condition, Fares, as_json, counted, fares
from bot.service.storage import FeedHealth

# Columns after the name, with their widths: "125 min ago", "in 23 h", "1.2 MB" and a gap.
COLUMNS: Final = (("ANSWERED", 12), ("CHANGED", 12), ("NEXT CHECK", 12), ("SAVED", 9))
MARKS: Final = {Condition.FAILING: "✗ ", Condition.GONE: "✗ ", Condition.NEW: "? ", Condition.OK: "  "}
STYLES: Final = {Condition.FAILING: "red", Condition.GONE: "red", Condition.NEW: "yellow", Condition.OK: ""}
NARROWEST: Final = 60
WIDEST: Final = 120


def show_table(feeds: Sequence[FeedHealth], stream: TextIO, *, now: datetime) -> None:
    """Two lines a feed, in the given order, then how many there are. Coloured on a terminal, unless NO_COLOR is set."""
    console = Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
        no_color=bool(os.environ.get("NO_COLOR")),
    )
    width = min(max(console.width, NARROWEST), WIDEST)
    room = width - sum(wide for _, wide in COLUMNS)
    if feeds:
        console.print(Text(_row("  FEED", [name for name, _ in COLUMNS], room), style="bold"))
    for feed in feeds:
        _show(fares(feed, now), console, width=width, room=room)
        if feed.state.learnt_address:
            # Whole, on a line of its own, to be copied: it is for feeds.toml.
            console.print(Text(f"    moved for good: url = {json.dumps(feed.state.learnt_address)}", style="yellow"))
    console.print(Text(counted(feeds)))


def show_json(feeds: Sequence[FeedHealth], stream: TextIO) -> None:
    """One JSON object a line and feed, in the given order."""
    for feed in feeds:
        stream.write(json.dumps(as_json(feed), ensure_ascii=False) + "\n")


def _show(told: Fares, console: Console, *, width: int, room: int) -> None:
    values = [told.answered, told.changed, told.next_check, told.saved]
    console.print(Text(_row(MARKS[told.condition] + told.name, values, room), style=STYLES[told.condition]))
    why = "; ".join(part for part in (told.error, told.why) if part)
    for line in textwrap.wrap(why, width - 4):
        console.print(Text(f"    {line}", style="dim"))


def _row(name: str, values: Sequence[str], room: int) -> str:
    shown = name if cell_len(name) < room else set_cell_size(name, room - 2) + "…"
    cells = (value.rjust(wide) for value, (_, wide) in zip(values, COLUMNS, strict=True))
    return set_cell_size(shown, room) + "".join(cells)
