"""Which hub a feed names (WebSub, section 4): by Link headers, by links, or by a JSON Feed's hubs. Hostile input."""

from collections.abc import Iterable

from bot.domain.push import Offer
from bot.errors import FetchError
from bot.feeds.guard import checked_url

# Far longer than any real one; each is kept with the feed and sent in a form.
LONGEST = 1_000


def offered(links: Iterable[tuple[object, object]]) -> Offer | None:
    """The first usable hub among links (rel, href), with the first usable self link as topic.

    Whether a hub's host may be reached is the guard's business, when it is asked.
    """
    hub = topic = None
    for rel, href in links:
        kinds = rel.lower().split() if isinstance(rel, str) else []
        if hub is None and "hub" in kinds:
            hub = _usable(href)
        if topic is None and "self" in kinds:
            topic = _usable(href)
    return Offer(hub, topic) if hub else None


def _usable(href: object) -> str | None:
    """An absolute http(s) address, word for word: a hub repeats the topic as it was given. None for all else."""
    address = href.strip() if isinstance(href, str) else ""
    if not address or len(address) > LONGEST or not address.isprintable() or " " in address:
        return None
    try:
        checked_url(address)
    except FetchError:
        return None
    return address
