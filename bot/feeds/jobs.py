"""What the child process is asked to do with hostile bytes; the parsers are imported there, never in the bot itself.

Arguments are positional, as `Workers.call` passes them. In the bot these libraries would cost 60 MB and a second.
"""

from dataclasses import replace

from bot.service.ports import Parsed


def warm_up() -> None:
    """Import what nearly every job needs: an initializer for Workers."""
    import bot.feeds.clean
    import bot.feeds.parse  # noqa: F401  # for the import alone


def parse(body: bytes, url: str, content_type: str | None, known: frozenset[bytes]) -> Parsed:
    """See parse.parse_feed. The entries' plain words are made here, too: that saves each poll a wait for a child."""
    from bot.feeds.clean import clean_entries
    from bot.feeds.parse import parse_feed

    parsed = parse_feed(body, url=url, content_type=content_type, known=known)
    return replace(parsed, plain=tuple(clean_entries(parsed.entries)))


def offered_feeds(page: bytes, url: str) -> tuple[str, ...]:
    """See discover.offered_feeds."""
    from bot.feeds.discover import offered_feeds as offered

    return offered(page, url=url)


def page_text(body: bytes, content_type: str | None) -> str | None:
    """The article of an HTML page as plain text, a paragraph a line; None where there is none."""
    import trafilatura

    from bot.feeds.clean import fold, without_tail

    text = trafilatura.extract(_decoded(body, content_type), include_comments=False, include_tables=False)
    return without_tail(fold(text)) or None if text else None


def robots_allow(robots: bytes, url: str, agent: str) -> bool:
    """Whether a robots.txt lets `agent` read `url`."""
    from protego import Protego

    return bool(Protego.parse(robots.decode("utf-8", "replace")).can_fetch(url, agent))


def _decoded(body: bytes, content_type: str | None) -> str | bytes:
    """Text where the server names a charset that fits; else the bytes, for trafilatura to look into."""
    from email.message import Message

    header = Message()
    header["Content-Type"] = content_type or "text/html"
    charset = header.get_content_charset()
    try:
        return body.decode(charset) if charset else body
    except (LookupError, UnicodeError):
        return body
