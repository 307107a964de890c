"""Entries to plain text: what a reader would see, nothing a terminal, a card or a matcher could trip over. Pure."""

import re
from collections.abc import Sequence

from lxml import etree

from bot.domain.article import Entry

MAX_TITLE = 1_000

_DROPPED = {
    *("script", "style", "iframe", "template", "noscript", "object", "svg", "math", "form", "button", "select"),
    *("head", "title", "video", "audio", "canvas"),
}
_BLOCKS = (
    *("p", "div", "br", "li", "ul", "ol", "dl", "dt", "dd", "tr", "table", "blockquote", "pre", "hr", "figure"),
    *("figcaption", "section", "article", "header", "footer", "aside", "h1", "h2", "h3", "h4", "h5", "h6"),
)
_GAPS = dict.fromkeys(_BLOCKS, "\n") | dict.fromkeys(("td", "th"), " ")
# Line breaks of every alphabet, before control characters go.
_BREAKS = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
# Control characters, soft hyphens, zero-width spaces and marks, bidi overrides and isolates, byte order marks, tags,
# lone surrogates, noncharacters. Joiners stay: Persian and emoji are spelt with them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e0fff]"
)
# libxml2 starts a second document after these, out of our sight.
_PAGE_END = re.compile(r"</(?:html|body)\s*>", re.IGNORECASE)
# What stays of markup that was escaped twice.
_STILL_MARKUP = re.compile(r"</[a-z][a-z0-9]*>|<br ?/?>|&(#\d+|#x[0-9a-f]+|[a-z][a-z0-9]+);", re.IGNORECASE)
# A line that only invites to the site, as feed plug-ins and newsrooms append it.
_BOILERPLATE = re.compile(
    r"""\W*(
        the\ post\b.{1,400}\b(appeared\ first|first\ appeared)\ on\b.{1,200}
      | (this|the)\ (article|story|post)\ (was\ )?(originally|first)\ (published|appeared)\ (on|at|in)\b.{1,100}
      | (please\ )?(click\ here\ to\ )?read\ (more|on|(the\ )?(full|whole|rest)\b.{0,40})
      | (read|see|view|learn|find\ out)\ more(\ (here|on|at|about)\b.{0,60})?
      | (read|see|view)\ (this|the)\ (full\ )?(article|story|post)\b.{0,40}
      | continue\ reading\b.{0,200}
      | full\ (story|article|coverage)
    )\W*""",
    re.IGNORECASE | re.VERBOSE,
)


def clean_entries(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """(title, text) of each entry, in order: the title on one line, the text's paragraphs on one line each.

    The text is the entry's content where that holds more words than its summary, else its summary.
    """
    return [(plain_title(e.title), _text(e)) for e in entries]


def plain_title(html: str) -> str:
    """One line of at most MAX_TITLE characters, cut at a word."""
    title = " ".join(plain_text(html).split())
    if len(title) <= MAX_TITLE:
        return title
    return title[: MAX_TITLE - 1].rsplit(" ", 1)[0] + "…"


def plain_text(html: str) -> str:
    """The words of a piece of HTML, a line a paragraph, white space folded."""
    text = _strip_tags(html) if _may_be_markup(html) else html
    if _may_be_markup(text) and _STILL_MARKUP.search(text):
        text = _strip_tags(text.replace("\n", "<br>"))
    return fold(text)


def fold(text: str) -> str:
    """Text without invisible characters, a paragraph a line, white space folded, no line empty."""
    # Lines end as in _BREAKS. Most of ASCII is printable as it stands; the pattern takes four times as long to see it.
    seen = (line if line.isascii() and line.isprintable() else _INVISIBLE.sub("", line) for line in text.splitlines())
    lines = (" ".join(line.split()) for line in seen)
    return "\n".join(line for line in lines if line)


def without_tail(text: str) -> str:
    """The text without its last lines, as far as they are mere invitations."""
    lines = text.split("\n")
    while lines and _BOILERPLATE.fullmatch(lines[-1]):
        lines.pop()
    return "\n".join(lines)


def _may_be_markup(text: str) -> bool:
    return "<" in text or "&" in text


def _text(entry: Entry) -> str:
    summary = without_tail(plain_text(entry.summary))
    if not entry.content:
        return summary
    content = without_tail(plain_text(entry.content))
    return content if len(content.split()) > len(summary.split()) else summary


def _strip_tags(html: str) -> str:
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    # A line break in the source is a space. (In <pre> it is one, too: rare, and folded here as well.)
    inner = _PAGE_END.sub("", html if html.isprintable() else _BREAKS.sub(" ", html))
    source = f"<body><div>{inner}".encode("utf-8", "ignore").replace(b"\0", b"")
    root = etree.fromstring(source, parser)
    if root is None:
        return ""
    pieces: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        gap = _GAPS.get(str(element.tag), "")
        if event == "end":
            pieces += (gap, element.tail or "")
        elif element.tag in _DROPPED:
            walker.skip_subtree()
        else:
            pieces += (gap, element.text or "")
    return "".join(pieces)
