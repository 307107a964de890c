"""One value of a feed, whatever its format, made safe to store: capped, of the right type, else absent."""

import re
from urllib.parse import urljoin

MAX_TITLE = 10_000  # characters of HTML; clean.py cuts the plain title shorter
MAX_BODY = 1_000_000
MAX_LINK = 4_000
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}")


def text_of(value: object, cap: int) -> str:
    """A string that can be stored (lone surrogates cannot), cut at `cap` characters."""
    return value[:cap].encode("utf-8", "ignore").decode("utf-8").strip() if isinstance(value, str) else ""


def link_of(value: object, url: str) -> str | None:
    """An absolute http(s) address, resolved against `url`; else None."""
    relative = text_of(value, MAX_LINK + 1)
    if not relative:
        return None
    try:
        link = urljoin(url, relative)
    except ValueError:
        return None
    usable = link.startswith(("http://", "https://")) and len(link) <= MAX_LINK and link.isprintable()
    return link if usable else None


def language_of(value: object) -> str | None:
    """A language tag that looks like one, else None."""
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else None
