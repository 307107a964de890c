"""Bytes to entries. Pure: no connection, no clock. Runs in a killable child process, since feeds are hostile."""

import calendar
import codecs
import contextlib
import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import feedparser
import feedparser.api
from feedparser.encodings import convert_to_utf8

from bot.domain.article import Entry
from bot.domain.pace import Said
from bot.errors import ParseError
from bot.feeds.fields import MAX_BODY, MAX_TITLE, language_of, link_of, text_of
from bot.feeds.jsonfeed import parse_json_feed
from bot.feeds.said import said_to_feedparser
from bot.feeds.trim import MAX_ITEMS, trim
from bot.service.ports import Parsed

# feedparser looks for a SAX driver of libxml2 at each call, a tenth of its time on two items. Nobody has that driver;
# where it was there, feeds would be read otherwise.
feedparser.api.PREFERRED_XML_PARSERS = []

_TEXTUAL = frozenset({"text/html", "text/plain", "application/xhtml+xml"})
_HTML_PAGE = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(?>(<!--.*?-->\s*)*)<(!doctype\s+)?html\b", re.IGNORECASE | re.DOTALL)
# feedparser's names of formats; what it does not tell apart is some RSS.
_FORMATS = {
    "atom": "Atom",
    "atom03": "Atom 0.3",
    "atom10": "Atom 1.0",
    "cdf": "CDF",
    "rss090": "RSS 0.90",
    "rss091n": "RSS 0.91",
    "rss091u": "RSS 0.91",
    "rss092": "RSS 0.92",
    "rss093": "RSS 0.93",
    "rss094": "RSS 0.94",
    "rss10": "RSS 1.0",
    "rss20": "RSS 2.0",
}
# The longer mark first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32le"),
    (codecs.BOM_UTF32_BE, "utf-32be"),
    (codecs.BOM_UTF16_LE, "utf-16le"),
    (codecs.BOM_UTF16_BE, "utf-16be"),
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
# A mark, white space and NULs that some servers send ahead.
_BEFORE = b"\xef\xbb\xbf \t\r\n\0"
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
# The word first, what stands before it then: a search for a fixed word is a search of C's, sixteen times as fast.
_BASE = re.compile(rb"""base(?<=[\s:]base)\s*=\s*["']""")
# Declarations of a document in UTF-8 that nothing need be changed in.
_PLAIN_DECLARATION = re.compile(rb"""<\?xml version=["']1\.0["']( encoding=["']utf-8["'])? ?\?>""", re.IGNORECASE)
_UTF8 = "application/xml; charset=utf-8"
_ELEMENT = re.compile(rb"<\w")


def parse_feed(body: bytes, *, url: str, content_type: str | None, known: frozenset[bytes]) -> Parsed:
    """The entries of a feed's bytes that are not in `known`, in the feed's order.

    `url` is where the bytes came from (relative links resolve against it), `content_type` the header as received,
    `known` the `items` of the last Parsed. Where nothing is new, `language` is not looked for. Raises ParseError.
    """
    try:
        return _parse(body, url=url, content_type=content_type, known=known)
    except (ParseError, MemoryError):
        raise
    except Exception as error:  # feedparser meets hostile bytes with errors of every kind
        raise ParseError(f"the feed cannot be read: it breaks the parser ({type(error).__name__})") from error


def _parse(body: bytes, *, url: str, content_type: str | None, known: frozenset[bytes]) -> Parsed:
    start = body[:4_096].lstrip(_BEFORE)
    _refuse_what_is_no_feed(start)
    if start[:1] in b"{[":
        return parse_json_feed(body.lstrip(_BEFORE), url=url, known=known)
    document = _in_utf8(body, content_type)
    # A base costs feedparser a quarter more time, and it changes guids like "123" to addresses, so that one item with
    # the word in its text would rename all others. It is needed only beside the document's own bases: relative ones
    # resolve against it, and without it an item's base would count for all items below.
    base = url if _BASE.search(document) else ""
    trimmed = trim(document, known)
    if trimmed is None:
        if _ENTITY.search(document[: _head(document)]):
            raise ParseError("the feed declares XML entities, which are refused")
    elif trimmed.skipped and not trimmed.kept:
        return Parsed(entries=(), items=trimmed.items, skipped=trimmed.skipped, said=trimmed.said)
    else:
        result = _feedparser(trimmed.body or document, base)
        if len(result["entries"]) == trimmed.kept:
            return _parsed(result, url, items=trimmed.items, skipped=trimmed.skipped, said=trimmed.said)
    # Not to be cut, or feedparser saw other items than lxml did: then it alone is right, and the next poll starts anew.
    result = _feedparser(document, base)
    return _parsed(result, url, items=frozenset(), skipped=0, said=said_to_feedparser(result["feed"]))


def _feedparser(document: bytes, base: str) -> Mapping[str, Any]:
    """feedparser on UTF-8 bytes. Its sanitiser is off: a third of its time and more, and we emit plain text only."""
    headers = {"content-type": _UTF8, "content-location": base}
    result: Mapping[str, Any] = feedparser.parse(
        io.BytesIO(document), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    if not result["entries"]:
        if not result["version"]:
            raise ParseError("neither RSS nor Atom nor JSON Feed")
        if result["bozo"]:
            raise ParseError("broken XML: not well-formed, and no item in it")
    return result


# --- what is a feed --------------------------------------------------------------------------------


def _refuse_what_is_no_feed(start: bytes) -> None:
    if not start:
        raise ParseError("the answer is empty")
    if _HTML_PAGE.match(start):
        raise ParseError("an HTML page, not a feed")


def _in_utf8(body: bytes, content_type: str | None) -> bytes:
    """The document in UTF-8, with a declaration that says so or none. As it came where it is that already."""
    settled = _charset_settled(body, content_type)
    if settled.lower() in (_UTF8, "application/xml") and _PLAIN_DECLARATION.match(body):
        with contextlib.suppress(UnicodeDecodeError):
            body.decode("utf-8")
            return body
    document: bytes = convert_to_utf8({"content-type": settled}, body, {})
    return document


def _charset_settled(body: bytes, content_type: str | None) -> str:
    """A content type for feedparser, with the charset that counts: a byte order mark's, else UTF-8 where the bytes
    prove it, else the server's; without any of them the document's own declaration decides.

    Servers often declare their default charset for files in UTF-8; text in another charset that happens to be valid
    UTF-8 does not occur. Pure ASCII proves nothing: ISO-2022 and UTF-7 look like it. feedparser alone would take
    text/xml for ASCII (RFC 3023), and so lose UTF-16 and ISO-2022.
    """
    charset = next((name for mark, name in _MARKS if body.startswith(mark)), None)
    if charset is None and not body.isascii():
        with contextlib.suppress(UnicodeDecodeError):
            body.decode("utf-8")
            charset = "utf-8"
    declared = _CHARSET.search(content_type or "")
    charset = charset or (declared and declared[1])
    return f"application/xml; charset={charset}" if charset else "application/xml"


def _head(document: bytes) -> int:
    """Where the document's first element starts."""
    element = _ELEMENT.search(document)
    return element.start() if element else len(document)


# --- feedparser's values to ours -------------------------------------------------------------------


def _parsed(result: Mapping[str, Any], url: str, *, items: frozenset[bytes], skipped: int, said: Said) -> Parsed:
    found = (_entry(e, url) for e in result["entries"][:MAX_ITEMS])
    entries = tuple(e for e in found if e.guid or e.link or e.title or e.summary or e.content)
    return Parsed(
        entries,
        items,
        language=language_of(dict.get(result["feed"], "language")),
        skipped=skipped,
        said=said,
        title=text_of(dict.get(result["feed"], "title"), MAX_TITLE),
        format=_FORMATS.get(result["version"], "RSS"),
    )


def _entry(found: dict[str, Any], url: str) -> Entry:
    # dict's own get: feedparser's would answer for absent keys with others, and warn.
    def get(key: str) -> Any:
        return dict.get(found, key)

    return Entry(
        guid=text_of(get("id"), MAX_BODY) or None,
        link=link_of(get("link"), url),
        title=text_of(get("title"), MAX_TITLE),
        summary=text_of(get("summary"), MAX_BODY),
        content=_content(get("content")),
        published=_moment(get("published_parsed")) or _moment(get("updated_parsed")),
        language=language_of(get("language")) or language_of((get("title_detail") or {}).get("language")),
    )


def _content(parts: object) -> str | None:
    """The longest textual part: feeds with several repeat the same in less detail."""
    texts = [
        text_of(part.get("value"), MAX_BODY)
        for part in (parts if isinstance(parts, list) else [])
        if part.get("type", "text/html") in _TEXTUAL
    ]
    return max(texts, key=len, default="") or None


def _moment(value: Any) -> datetime | None:
    """feedparser's UTC time tuple as an aware datetime; None for dates that are none."""
    if value is None:
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(value), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None
