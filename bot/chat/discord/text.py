"""Feed text made harmless for Discord: nothing invisible, nothing that pings, links or formats, cut at a word.

Lengths are code points, as in the API's own schema.
"""

import re
from datetime import UTC, datetime

from yarl import URL

from bot.chat.plain import cut, plain

# Discord takes 2048 for an embed's own address; a longer one than this is no article's.
MAX_LINK = 1500
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


def moment(when: datetime) -> str:
    """How long ago that was; Discord keeps it up to date, and shows the time in the reader's own zone on hover."""
    return f"<t:{int(when.astimezone(UTC).timestamp())}:R>"


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
