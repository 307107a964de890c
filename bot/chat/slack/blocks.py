"""The few Block Kit pieces that our cards are made of, each within Slack's limits by construction.

Words from feeds only ever go into rich text, which Slack shows as it is: there, `<!channel>`, `*` and addresses are
letters. Header and context hold words of ours.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.chat.plain import plain
from bot.chat.slack.text import escape, web_address

Block = dict[str, Any]
Element = dict[str, Any]

MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_CONTEXT = 2000


def text(words: str, *, bold: bool = False, italic: bool = False) -> Element:
    """A run of rich text. `words` must not be empty."""
    style = {name: True for name, on in (("bold", bold), ("italic", italic)) if on}
    return {"type": "text", "text": words, **({"style": style} if style else {})}


def link(address: str | None, words: str, *, bold: bool = False) -> Element:
    """The words as a link where the address is one that Slack opens, else the words alone."""
    url = web_address(address)
    if url is None:
        return text(words, bold=bold)
    return {"type": "link", "url": url, "text": words, **({"style": {"bold": True}} if bold else {})}


def section(*elements: Element) -> Element:
    """One paragraph of rich text."""
    return {"type": "rich_text_section", "elements": list(elements)}


def quote(words: str) -> Element:
    """A quotation, set off by a bar."""
    return {"type": "rich_text_quote", "elements": [text(words)]}


def bullets(rows: Iterable[Sequence[Element]]) -> Element:
    """A list of paragraphs."""
    return {"type": "rich_text_list", "style": "bullet", "elements": [section(*row) for row in rows]}


def rich(*elements: Element) -> Block:
    """A block of rich text."""
    return {"type": "rich_text", "elements": list(elements)}


def header(words: str) -> Block:
    """A headline. Only for words of ours."""
    return {"type": "header", "text": {"type": "plain_text", "text": plain(words, MAX_HEADER), "emoji": False}}


def context(*marked_up: str) -> Block:
    """A line in small print. Only for words of ours: this is the one place where Slack reads markup."""
    line = " · ".join(marked_up)
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": line[:MAX_CONTEXT], "verbatim": True}]}


def moment(when: datetime) -> str:
    """A time that Slack shows in each reader's own time zone."""
    utc = when.astimezone(UTC)
    shown = escape(f"{utc:%Y-%m-%d %H:%M} UTC", MAX_CONTEXT)
    return f"<!date^{int(utc.timestamp())}^{{date_short_pretty}} {{time}}|{shown}>"


def length(value: Any) -> int:
    """How many characters of text a piece holds, at any depth."""
    if isinstance(value, dict):
        words = value.get("text")
        own = len(words) if isinstance(words, str) else 0
        return own + sum(length(inner) for inner in value.values())
    return sum(length(inner) for inner in value) if isinstance(value, list) else 0
