"""Feed text made harmless for Slack: nothing invisible, nothing that pings, links or formats, cut at a word."""

import re

from yarl import URL

from bot.chat.plain import ELLIPSIS, cut

# Slack refuses a message whose link is no address it knows how to open; a longer one is no article's.
MAX_LINK = 2000
MENTION = re.compile(r"@(?=channel|here|everyone|group)", re.IGNORECASE)
WORD_JOINER = "\u2060"
# Half of an escape at the end of a cut: "&", "&a", "&am", "&amp".
TORN_ESCAPE = re.compile(r"&[a-z]{0,3}$")


def escape(text: str, limit: int) -> str:
    """Text for a field that Slack parses: no control sequence, no @channel, at most `limit` characters in all."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    safe = MENTION.sub("@" + WORD_JOINER, safe)
    if len(safe) <= limit:
        return safe
    return TORN_ESCAPE.sub("", cut(safe, limit).removesuffix(ELLIPSIS)) + ELLIPSIS


def web_address(link: str | None) -> str | None:
    """The link as plain ASCII that Slack accepts, or None where it is no http(s) address."""
    try:
        url = URL((link or "").strip())
        if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
            return None
        text = str(url)
    except (ValueError, UnicodeError):
        return None
    if len(text) > MAX_LINK or not text.isascii() or re.search(r"[\x00-\x20\x7f<>|\"\\^`{}]", text):
        return None
    return text
