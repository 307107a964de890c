"""A page to the feeds it names. Pure; runs in the child process. Nothing here is followed: a person decides."""

from urllib.parse import urlsplit

from lxml import etree

from bot.feeds.fields import link_of, text_of

MAX_OFFERS = 5
_MAX_ADDRESS = 300  # characters: an offer is read on a line of a terminal
_TYPES = frozenset(
    {
        *("application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"),
        *("application/xml", "text/xml"),  # what older sites write; not application/json, which names WordPress' API
    }
)


def offered_feeds(page: bytes, *, url: str) -> tuple[str, ...]:
    """Addresses of feeds that a page's `<link rel="alternate">` name: absolute, http(s), the page's order, a few.

    `url` is where the page came from. What is no HTML offers nothing.
    """
    root = etree.HTML(page, etree.HTMLParser(no_network=True, remove_comments=True)) if page.strip() else None
    if root is None:
        return ()
    base = next((found for e in root.iter("base") if (found := link_of(e.get("href"), url))), url)
    offers = (link_of(e.get("href"), base) for e in root.iter("link") if _names_a_feed(e))
    return tuple(dict.fromkeys(link for link in offers if link and _fit_to_show(link)))[:MAX_OFFERS]


def _names_a_feed(link: etree._Element) -> bool:
    kind = text_of(link.get("type"), 100).split(";")[0].strip().lower()
    return kind in _TYPES and "alternate" in text_of(link.get("rel"), 100).lower().split()


def _fit_to_show(link: str) -> bool:
    """Whether it can be asked for (no user name or password) and be read."""
    return len(link) <= _MAX_ADDRESS and "@" not in urlsplit(link).netloc
