"""Notices about feeds -> Block Kit. Names and errors come from outside: they only go into rich text, and are cut."""

from collections.abc import Sequence

from bot.chat.plain import plain
from bot.chat.slack.blocks import Block, Element, bullets, context, header, moment, rich, section, text
from bot.chat.slack.text import escape
from bot.domain.standing import ADVICE, HEADINGS, Notice, Standing, grouped, title

# A host with hundreds of feeds may vanish; who wants them all finds them in the status and in the log.
MAX_FEEDS = 15
MAX_NAME = 80
MAX_ERROR = 160
MAX_FALLBACK = 2000


def blocks(notices: Sequence[Notice]) -> list[Block]:
    """A headline, and for each standing a list of feeds with what to do about it."""
    found = [header(title(notices))]
    for standing, group in grouped(notices):
        hidden = len(group) - MAX_FEEDS
        head = section(text(f"{HEADINGS[standing]}\n", bold=True))
        more = [section(text(f"+{hidden} more\n", italic=True))] if hidden > 0 else []
        advice = [section(text(ADVICE[standing]))] if ADVICE[standing] else []
        found.append(rich(head, bullets(_row(n) for n in group[:MAX_FEEDS]), *more, *advice))
        first = min((n.since for n in group if n.since), default=None)
        if first is not None and standing is not Standing.RETIRED:
            found.append(context(f"first failure {moment(first)}"))
    return found


def fallback(notices: Sequence[Notice]) -> str:
    """The notification's text."""
    parts = [f"{HEADINGS[s]}: {', '.join(plain(n.feed, MAX_NAME) for n in g[:MAX_FEEDS])}" for s, g in grouped(notices)]
    return escape(f"{title(notices)}. {'; '.join(parts)}", MAX_FALLBACK)


def _row(notice: Notice) -> list[Element]:
    row = [text(plain(notice.feed, MAX_NAME), bold=True)]
    return [*row, text(f": {plain(notice.error, MAX_ERROR)}")] if notice.standing is Standing.FAILING else row
