"""Notices about feeds as a card for a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from rich.style import Style
from rich.text import Text

from bot.chat.console_card import Card, Paragraph
from bot.chat.console_text import ago, clean
from bot.domain.standing import ADVICE, HEADINGS, Notice, Standing, grouped, title

FEEDS: Final = 20
COLOURS: Final = {Standing.RETIRED: "red", Standing.FAILING: "yellow", Standing.WORKING: "green"}


def render_notices(notices: Sequence[Notice], *, now: datetime, colour: bool = True, note: str = "") -> Card:
    """What has become of some feeds, the gravest first; `note` is a remark below."""
    groups = grouped(notices)
    rows = [Paragraph(Text(title(notices).upper(), "bold"))]
    for standing, group in groups:
        rows += [Paragraph(Text()), *_group(standing, group, now)]
    if note:
        rows.append(Paragraph(Text(note, "italic")))
    return Card(tuple(rows), COLOURS[groups[0][0]] if colour else None)


def _group(standing: Standing, notices: Sequence[Notice], now: datetime) -> Iterator[Paragraph]:
    yield Paragraph(Text(HEADINGS[standing], Style(color=COLOURS[standing], bold=True)))
    for notice in notices[:FEEDS]:
        right = f"first failure {ago(notice.since, now)}" if notice.since and standing is Standing.FAILING else ""
        yield Paragraph(Text(clean(notice.feed, limit=80), "bold"), indent=2, right=right)
        if standing is Standing.FAILING:
            yield Paragraph(Text(clean(notice.error, limit=200)), indent=4)
    if len(notices) > FEEDS:
        yield Paragraph(Text(f"and {len(notices) - FEEDS} more", "dim"), indent=2)
    if ADVICE[standing]:
        yield Paragraph(Text(ADVICE[standing], "dim"), indent=2)
