"""Where and by whom a report was written: "CAIRO, Egypt (AP) - "."""

import re
from collections.abc import Sequence

from bot.analysis.match import Name
from bot.analysis.text import View

DATELINE = re.compile(
    r"[A-Z][A-Z'.][A-Z'./ -]{1,30}"
    r"(?:[A-Za-z0-9., ]{0,40}\([^)\n]{2,40}\)\s*(?:-{1,2}|—)|[A-Za-z., /0-9]{0,30}(?:: | --? | ?— ?))\s*"
)


def behind_dateline(view: View, names: Sequence[Name], start: int, end: int) -> int:
    """Where a report begins behind its place and agency; in "NATO chief: ..." it is who speaks that stands there.

    `names` are those in [start, end).
    """
    dateline = DATELINE.match(view.plain, start, end)
    if dateline is None:
        return start
    first = next(iter(names), None)
    if first is None or first.actor is None or first.start != start:
        return dateline.end()
    spelled = view.plain[first.start : first.end]  # "PARIS: ..." is a place, spelled so in no list
    return start if spelled in (first.actor.name, *first.actor.aliases) else dateline.end()
