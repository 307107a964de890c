"""Entry (as the feed gave it) and Article (cleaned), and what makes two of them the same."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from yarl import URL

# Query parameters that only count visits; the page is the same without them. Not cid, partner, emc or ito, which
# name the page at some outlets: two reports taken for one lose an alert, while one taken for two only brings it twice.
TRACKING = re.compile(
    r"^(utm_\w+|at_\w+|fbclid|gclid|dclid|gbraid|wbraid|msclkid|mc_[ce]id|igshid|yclid|_ga|cmpid?|ns_\w+|ref_src|"
    r"smid|smtyp|ocid|sref|xtor|taid|traffic_source)$",
    re.IGNORECASE,
)
# Shorter titles ("Live updates", "War latest") return every day with other news beneath.
MIN_TITLE_WORDS = 4
MIN_TITLE_LENGTH = 15
# ISO 639-2: "undetermined", of what comes from a feed that names no language, here or in its file.
UNKNOWN_LANGUAGE = "und"
# Of the longer title's words; an edited headline keeps more, two events under one address share names at most.
ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a feed as parsed: titles and bodies may still be HTML; dates are aware and in UTC."""

    guid: str | None
    link: str | None
    title: str
    summary: str
    content: str | None = None
    published: datetime | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """An entry made plain: no HTML, link checked, language settled.

    `key` answers "seen before in this feed?"; `digest` "still the same text?";
    `canonical_link` "the same page elsewhere?". `published` is never later than `seen`.
    """

    key: str
    feed: str
    title: str
    text: str
    language: str
    link: str | None
    canonical_link: str | None
    published: datetime | None
    seen: datetime
    digest: str


def entry_key(entry: Entry) -> str:
    """The identity of an entry in its feed: its id, else its link, else a digest of its words; never a date."""
    if entry.guid and entry.guid.strip():
        kind, value = "id", entry.guid.strip()
    elif entry.link and entry.link.strip():
        kind, value = "link", entry.link.strip()
    else:
        kind, value = "text", f"{entry.title}\x00{entry.summary}\x00{entry.content or ''}"
    return hashlib.sha256(f"{kind}:{value}".encode("utf-8", "surrogatepass")).hexdigest()


def digest(title: str, text: str) -> str:
    """A digest of the words alone: case and white space do not make an edit."""
    words = " ".join(f"{title}\n{text}".casefold().split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def canonical_url(url: str | None) -> str | None:
    """The address for comparison only: https, no credentials, no fragment, no tracking, query sorted.

    Returns None for anything that is not an http(s) address with a host.
    """
    try:
        parsed = URL((url or "").strip())
        if parsed.scheme not in ("http", "https") or not parsed.host:
            return None
        query = sorted((k, v) for k, v in parsed.query.items() if not TRACKING.match(k))
        port = parsed.port if parsed.port not in (80, 443, None) else None
        path = parsed.path.rstrip("/") or "/"
        return str(URL.build(scheme="https", host=parsed.host.lower(), port=port, path=path, query=query))
    except (ValueError, UnicodeError):
        return None


@lru_cache(maxsize=256)  # asked two or three times of each new article within one poll
def title_key(title: str) -> str | None:
    """The title's words alone, for comparison; None where they are too few to tell stories apart."""
    words = _words(title)
    key = " ".join(words)
    return key if len(words) >= MIN_TITLE_WORDS and len(key) >= MIN_TITLE_LENGTH else None


def titles_alike(one: str, other: str) -> bool:
    """Whether one may be an edit of the other: the same words, or most of them where both have enough to tell."""
    if _words(one) == _words(other):
        return True
    first, second = title_words(one), title_words(other)
    return first is not None and second is not None and words_alike(first, second)


def title_words(title: str) -> frozenset[str] | None:
    """The title's different words; None where they are too few to tell stories apart."""
    return frozenset(_words(title)) if title_key(title) is not None else None


def words_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two titles of these words may be edits of each other."""
    return len(one & other) >= ALIKE * max(len(one), len(other))


def _words(title: str) -> list[str]:
    return re.findall(r"\w+", unicodedata.normalize("NFKC", title).casefold())
