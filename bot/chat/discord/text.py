"""Feed text made harmless for Discord: nothing invisible, nothing that pings, links or formats, cut at a word.

Lengths are code points, as in the API's own schema.
"""

import re
import unicodedata

from yarl import URL

ELLIPSIS = "…"
# Discord takes 2048 for an embed's own address; a longer one than this is no article's.
MAX_LINK = 1500
# Joiners shape Persian, Indic and emoji sequences, so between such letters they stay; elsewhere they only hide things.
JOINER = re.compile(
    "(?<=[\u0300-\u1fff\u2190-\ud7ff\ufe0f\U00010000-\U0001ffff])[\u200c\u200d](?=[\u0300-\u1fff\u2190-\ud7ff\U00010000-\U0001ffff])"
)
HIDDEN = ("Cc", "Cf", "Cn", "Co", "Cs")
# A backslash makes any punctuation a letter. These begin or end every construct that Discord knows: emphasis, spoilers,
# code, `<@1>` `<#1>` `<t:1>` `<:x:1>`, masked links, @everyone, #headings, :emoji:, and (the colon) addresses.
# discord.py's escape_markdown leaves links, headings and `<` alone, hence a rule of our own.
SPECIAL = re.compile(r"[\\`*_~|<>\[\]():@#]")
# At the start of a line also lists ("- ", "+ ", "1. ") and small print ("-# ").
LEADING = re.compile(r"^(\d*)([-+.])", re.MULTILINE)
# A card with an address that Discord calls malformed is refused as a whole, so this is stricter than the web is.
HOST = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})", re.IGNORECASE
)
ENCODED = {"(": "%28", ")": "%29", "[": "%5B", "]": "%5D", "'": "%27", "*": "%2A"}


def plain(text: str, limit: int, *, lines: bool = False) -> str:
    """One line of visible characters, at most `limit` long, never empty; `lines` keeps line breaks.

    Control, format (bidirectional, zero width, tags), private and broken characters go; white space is folded.
    """
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


def escape(text: str) -> str:
    """Text whose every character Discord shows as a letter."""
    return LEADING.sub(r"\1\\\2", SPECIAL.sub(r"\\\g<0>", text))


def literal(text: str, limit: int, *, lines: bool = False) -> str:
    """`plain` and escaped, at most `limit` (1 at least) characters with the escapes. For all that Discord parses."""
    shown = plain(text, limit, lines=lines)
    safe = escape(shown)
    while len(safe) > max(limit, 1):
        # Each character taken away takes one or two of the escaped text with it, so this ends below the limit.
        shown = cut(shown, len(shown) - max(1, (len(safe) - limit) // 2))
        safe = escape(shown)
    return safe


def web_address(link: str | None) -> str | None:
    """The link as plain ASCII that Discord accepts, also between parentheses; None where it is no http(s) address."""
    try:
        url = URL((link or "").strip())
        if url.scheme not in ("http", "https") or not HOST.fullmatch(url.raw_host or "") or url.user or url.password:
            return None
        text = "".join(ENCODED.get(char, char) for char in str(url))
    except (ValueError, UnicodeError):
        return None
    if len(text) > MAX_LINK or not text.isascii() or re.search(r"[\x00-\x20\x7f<>|\"\\^`{}]", text):
        return None
    return text
