"""When a server wishes to be asked again, by the headers of its answer. Hostile input."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from aiohttp import hdrs

_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?(\d+)', re.ASCII)
_NOT_KEPT = re.compile(r"(?:^|[\s,])(?:no-cache|no-store)\b(?!\s*=)")
# A date takes 29 characters.
_LONGEST_DATE = 100


def retry_after(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """How long the server asks us to wait (Retry-After in seconds or as a date); None if it says nothing usable.

    A date is read against the server's own clock where it tells it (Date), else against `now`.
    """
    value = headers.get(hdrs.RETRY_AFTER, "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 30 * 86_400))
    until = _http_date(value)
    if until is None:
        return None
    return max(until - (_http_date(headers.get(hdrs.DATE, "")) or now), timedelta(0))


def fresh_for(headers: Mapping[str, str], *, now: datetime) -> timedelta | None:
    """For how long a cache would keep the answer (RFC 9111, 4.2): max-age less Age, else Expires less Date.

    None where the server says nothing usable, or that it is not to be kept. `now` as in `retry_after`.
    """
    control = headers.get(hdrs.CACHE_CONTROL, "").lower()
    if _NOT_KEPT.search(control):
        return None
    age = headers.get(hdrs.AGE, "").strip()
    if stated := _MAX_AGE.search(control):
        passed = int(age[:9]) if age.isascii() and age.isdigit() else 0
        left = timedelta(seconds=min(int(stated[1][:9]), 30 * 86_400) - passed)
    elif until := _http_date(headers.get(hdrs.EXPIRES, "")):
        left = until - (_http_date(headers.get(hdrs.DATE, "")) or now)
    else:
        return None
    return left if left > timedelta(0) else None


def _http_date(value: str) -> datetime | None:
    """What is too long is no date, and does not get as far as the cache: a thousand such headers are 8 MB."""
    return _date(value) if 0 < len(value) <= _LONGEST_DATE else None


@lru_cache(maxsize=1_000)  # answers of one second have one Date, and often one Expires
def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
