from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.standing import Notice, Standing, after_failure, grouped, title

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WORKING, FAILING, RETIRED = Standing.WORKING, Standing.FAILING, Standing.RETIRED


@pytest.mark.parametrize(
    ("before", "gone", "failures", "failing_for", "wait", "after"),
    [
        (WORKING, False, 1, 0 * HOUR, HOUR, WORKING),
        (WORKING, False, 9, 22 * HOUR, HOUR, WORKING),
        (WORKING, False, 9, 21 * HOUR, 21 * HOUR, FAILING),  # asked again only after more than a day
        (WORKING, False, 2, 0 * HOUR, 2 * DAY, WORKING),  # its server asked for a pause; two failures prove nothing
        (WORKING, False, 3, 2 * DAY, HOUR, FAILING),
        (FAILING, False, 1, 0 * HOUR, HOUR, FAILING),  # revived, or told already
        (WORKING, True, 1, 0 * HOUR, HOUR, RETIRED),
        (FAILING, True, 30, 9 * DAY, DAY, RETIRED),
        (RETIRED, False, 2, 7 * DAY, HOUR, RETIRED),
        (RETIRED, False, 3, 14 * DAY, 7 * DAY, RETIRED),  # what else fails does not bring it back
    ],
)
def test_standing_after_a_failure(before, gone, failures, failing_for, wait, after):
    since = NOW - failing_for
    assert after_failure(before, gone=gone, failures=failures, since=since, next_try=NOW + wait) is after


def test_notices_come_the_gravest_first_and_by_name():
    notices = [Notice("b", WORKING), Notice("c", FAILING), Notice("a", FAILING), Notice("z", RETIRED)]
    assert [(s, [n.feed for n in g]) for s, g in grouped(notices)] == [
        (RETIRED, ["z"]),
        (FAILING, ["a", "c"]),
        (WORKING, ["b"]),
    ]


@pytest.mark.parametrize(
    ("standings", "words"),
    [
        ([RETIRED], "A feed is gone for good"),
        ([WORKING, WORKING], "2 feeds are working again"),
        ([FAILING, RETIRED], "News of 2 feeds"),
    ],
)
def test_a_title_says_what_there_is_to_say(standings, words):
    assert title([Notice("a", s) for s in standings]) == words
