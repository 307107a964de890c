"""Notices about feeds -> an embed. Names and errors come from outside, so they are escaped and cut."""

from collections.abc import Sequence
from typing import Any

from bot.chat.discord.text import literal, moment
from bot.domain.standing import ADVICE, HEADINGS, Notice, Standing, grouped, title

# A host with hundreds of feeds may vanish; who wants them all finds them in the status and in the log.
MAX_FEEDS = 8
MAX_NAME = 60
MAX_ERROR = 120
COLOURS = {Standing.RETIRED: 0xB03A2E, Standing.FAILING: 0xD68910, Standing.WORKING: 0x2E9E6B}


def embed(notices: Sequence[Notice]) -> dict[str, Any]:
    """All the notices, in the colour of the gravest. Three lists of MAX_FEEDS stay below Discord's 4,096 characters."""
    groups = grouped(notices)
    parts = [_group(standing, group) for standing, group in groups]
    return {"title": title(notices), "description": "\n\n".join(parts), "color": COLOURS[groups[0][0]]}


def _group(standing: Standing, notices: Sequence[Notice]) -> str:
    rows = [f"**{HEADINGS[standing]}**", *(_row(n) for n in notices[:MAX_FEEDS])]
    hidden = len(notices) - MAX_FEEDS
    if hidden > 0:
        rows.append(f"*+{hidden} more*")
    return "\n".join([*rows, *([ADVICE[standing]] if ADVICE[standing] else [])])


def _row(notice: Notice) -> str:
    words = [literal(notice.feed, MAX_NAME)]
    if notice.standing is Standing.FAILING:
        words.append(literal(notice.error, MAX_ERROR))
    if notice.since is not None and notice.standing is not Standing.RETIRED:
        words.append(f"since {moment(notice.since)}" if notice.error else f"had failed since {moment(notice.since)}")
    return "- " + " · ".join(words)
