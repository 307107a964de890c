"""Feed text as visible letters: nothing invisible, one line, cut at a word. What every chat platform needs alike."""

import re
import unicodedata

ELLIPSIS = "…"
# Joiners shape Persian, Indic and emoji sequences, so between such letters they stay; elsewhere they only hide things.
JOINER = re.compile(
    "(?<=[\u0300-\u1fff\u2190-\ud7ff\ufe0f\U00010000-\U0001ffff])[\u200c\u200d](?=[\u0300-\u1fff\u2190-\ud7ff\U00010000-\U0001ffff])"
)
HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs")


def plain(text: str, limit: int, *, lines: bool = False) -> str:
    """One line of visible characters, at most `limit` code points, never empty; `lines` keeps line breaks.

    Control, format (bidirectional, zero width, tags), private and broken characters go; white space is folded.
    """
    # A hostile feed may hold megabytes; what is twenty times too long already costs no more than that.
    text = text[: 20 * limit]
    kept = {match.start() for match in JOINER.finditer(text)}
    seen = "".join(
        char if index in kept or unicodedata.category(char) not in HIDDEN else (" " if char.isspace() else "")
        for index, char in enumerate(text.replace("\n", "\u2028") if lines else text)
    )
    rows = (" ".join(row.split()) for row in seen.split("\u2028" if lines else "\n"))
    return cut("\n".join(row for row in rows if row), limit) or ELLIPSIS


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, cut after a whole word where there is one, with an ellipsis."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if not text[limit - 1].isspace():
        shorter = re.sub(r"\s\S*$", "", head)
        # A text without spaces (Chinese, or one endless word) is cut where the limit falls.
        head = shorter if len(shorter) > limit // 2 else head
    return head.rstrip() + ELLIPSIS
