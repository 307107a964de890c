"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1) to entries. Pure; runs in the child process, as parse.py does."""

import hashlib
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import escape

from bot.domain.article import Entry
from bot.domain.pace import Said
from bot.domain.push import Offer
from bot.errors import ParseError
from bot.feeds.fields import MAX_BODY, MAX_TITLE, language_of, link_of, text_of
from bot.feeds.offer import offered
from bot.feeds.trim import MAX_ITEMS
from bot.service.ports import Parsed

_VERSION = "jsonfeed.org/version/1"
_MAX_DATE = 64


def parse_json_feed(body: bytes, *, url: str, known: frozenset[bytes]) -> Parsed:
    """The entries of a JSON Feed that are not in `known`; arguments and result as those of `parse_feed`.

    Known items cost no less to read than new ones here, but they need not be cleaned or looked up. Raises ParseError.
    """
    feed = _loaded(body)
    if not isinstance(feed, dict) or _VERSION not in str(feed.get("version")):
        raise ParseError("JSON, not a feed: no JSON Feed version in it")
    items = feed.get("items")
    if not isinstance(items, list):
        raise ParseError('a JSON Feed without a list of "items"')
    digests: set[bytes] = set()
    entries: list[Entry] = []
    skipped = 0
    for item in items[:MAX_ITEMS]:
        if not isinstance(item, dict):
            continue
        digest = _digest(item)
        digests.add(digest)
        if digest in known:
            skipped += 1
            continue
        entry = _entry(item, url)
        if entry.guid or entry.link or entry.title or entry.summary or entry.content:
            entries.append(entry)
    language, said = language_of(feed.get("language")), Said(offer=_offer(feed))
    return Parsed(
        tuple(entries),
        frozenset(digests),
        language=language,
        skipped=skipped,
        said=said,
        title=text_of(feed.get("title"), MAX_TITLE),
        format="JSON Feed",
    )


def _loaded(body: bytes) -> object:
    """JSON whose numbers stay as they were written: an id of 1e400 or of 5,000 digits is an id like any other."""
    text = body.decode(json.detect_encoding(body), "replace")
    try:
        return json.loads(text, strict=False, parse_int=str, parse_float=str, parse_constant=str)
    except ValueError as error:
        raise ParseError("broken JSON") from error
    except RecursionError as error:
        raise ParseError("JSON nested too deeply for a feed") from error


def _offer(feed: dict[str, object]) -> Offer | None:
    hubs = feed.get("hubs")
    named = [hub for hub in hubs if isinstance(hub, dict)] if isinstance(hubs, list) else []
    links = [("hub", hub.get("url")) for hub in named if str(hub.get("type")).lower() == "websub"]
    return offered([*links, ("self", feed.get("feed_url"))])


def _digest(item: dict[str, object]) -> bytes:
    """Of the whole item, in any order of its fields."""
    return hashlib.blake2b(json.dumps(item, sort_keys=True).encode(), digest_size=8, key=b"jsonfeed").digest()


def _entry(item: dict[str, object], url: str) -> Entry:
    guid = text_of(item.get("id"), MAX_BODY) or None
    link = link_of(item.get("url"), url) or link_of(item.get("external_url"), url)
    if link is None and guid is not None and guid.startswith(("http://", "https://")):
        link = link_of(guid, url)  # the standard would have ids be permanent addresses
    return Entry(
        guid=guid,
        link=link,
        title=_plain(item.get("title"), MAX_TITLE),
        summary=_plain(item.get("summary"), MAX_BODY),
        content=text_of(item.get("content_html"), MAX_BODY) or _plain(item.get("content_text"), MAX_BODY) or None,
        published=_moment(item.get("date_published")) or _moment(item.get("date_modified")),
        language=language_of(item.get("language")),
    )


def _plain(value: object, cap: int) -> str:
    """Plain text as the HTML that an Entry holds: `a < b` is no tag, and a line stays a line."""
    return escape(text_of(value, cap), quote=False).replace("\n", "<br>")[: 2 * cap]


def _moment(value: object) -> datetime | None:
    """RFC 3339, as the standard says, or RFC 5322, as some write; UTC where no zone is named. None for what is none."""
    written = text_of(value, _MAX_DATE)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(written)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None
