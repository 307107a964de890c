from datetime import UTC, datetime, timedelta

import pytest

from bot.feeds import wishes
from bot.feeds.wishes import fresh_for, retry_after

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "90"}, timedelta(seconds=90)),
        ({"Retry-After": "Wed, 25 Nov 2026 12:10:00 GMT"}, timedelta(minutes=10)),
        (
            {"Retry-After": "Wed, 25 Nov 2026 12:10:00 GMT", "Date": "Wed, 25 Nov 2026 12:09:00 GMT"},
            timedelta(minutes=1),
        ),
        ({"Retry-After": "Wed, 25 Nov 2026 11:00:00 GMT"}, timedelta(0)),
        ({"Retry-After": "Wed, 25 Nov 2026 12:10:00 -0000"}, timedelta(minutes=10)),  # a zone that is not told
        ({"Retry-After": "9" * 400}, timedelta(days=30)),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "²"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers: dict[str, str], wait: timedelta | None) -> None:
    assert retry_after(headers, now=NOON) == wait


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Cache-Control": "public, max-age=600"}, 600),
        ({"Cache-Control": 'MAX-AGE = "600"'}, 600),
        ({"Cache-Control": "max-age=600", "Age": "200"}, 400),
        ({"Cache-Control": "max-age=600", "Age": "700"}, None),
        ({"Cache-Control": "max-age=600", "Age": "old"}, 600),
        ({"Cache-Control": "s-maxage=600"}, None),
        ({"Cache-Control": "no-cache, max-age=600"}, None),
        ({"Cache-Control": "no-cache=set-cookie, max-age=600"}, 600),
        ({"Cache-Control": "max-age=" + "9" * 5_000}, 30 * 86_400),
        ({"Cache-Control": "max-age=0", "Expires": "Thu, 01 Jan 2026 13:00:00 GMT"}, None),
        ({"Expires": "Thu, 01 Jan 2026 13:00:00 GMT"}, 3_600),
        ({"Expires": "Thu, 01 Jan 2026 13:00:00 GMT", "Date": "Thu, 01 Jan 2026 12:50:00 GMT"}, 600),
        ({"Expires": "Thu, 01 Jan 2026 11:00:00 GMT"}, None),
        ({"Expires": "0"}, None),
        ({"Expires": "Thu, 01 Jan 2026 13:00:00 GMT" + " " * 8_000}, None),
        ({}, None),
    ],
)
def test_how_long_an_answer_is_fresh(headers: dict[str, str], wait: int | None) -> None:
    found = fresh_for(headers, now=datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert found == (timedelta(seconds=wait) if wait else None)


def test_headers_too_long_for_a_date_are_not_kept() -> None:
    wishes._date.cache_clear()
    for number in range(9):
        assert fresh_for({"Expires": f"{number}" * 8_000}, now=NOON) is None
    assert wishes._date.cache_info().currsize == 0
    fresh_for({"Expires": "Thu, 01 Jan 2026 13:00:00 GMT"}, now=NOON)
    assert wishes._date.cache_info().currsize == 1
