"""How feeds fare, in words and figures."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.feed import Feed, FetchState
from bot.domain.standing import Standing
from bot.service import conditions
from bot.service.conditions import Condition, as_json, chosen, counted, fares, size
from bot.service.storage import FeedHealth

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def feed(name: str, **state: object) -> FeedHealth:
    address = f"https://{name.lower()}.example/rss?key=s3cret"
    return FeedHealth(Feed(name, address, f"{name} Press"), FetchState(**state))  # type: ignore[arg-type]


GOOD = feed(
    "Good",
    last_success=NOW - 3 * MINUTE,
    last_change=NOW - 130 * MINUTE,
    next_check=NOW + 2 * MINUTE,
    reason="its interval",
    unchanged=40,
    saved=1_234_567,
)
NEW = feed("New")
BAD = feed("Bad", failures=2, error="no such host", next_check=NOW + 60 * MINUTE, reason="failed polls in a row: 2")
WORSE = feed("Worse", failures=9, error="gone", last_success=NOW, next_check=NOW - MINUTE)


def test_a_feed_fares_in_words() -> None:
    good = fares(GOOD, NOW)
    assert (good.condition, good.answered, good.changed, good.next_check) == (
        Condition.OK,
        "3 min ago",
        "2 h ago",
        "in 2 min",
    )
    assert (good.why, good.saved, good.error) == ("its interval", "1.2 MB", "")
    new = fares(NEW, NOW)
    assert (new.condition, new.answered, new.next_check) == (Condition.NEW, "never", "now")
    bad = fares(BAD, NOW)
    assert (bad.condition, bad.next_check, bad.error) == (Condition.FAILING, "in 60 min", "no such host")
    assert fares(WORSE, NOW).next_check == "now"


def test_the_ailing_come_first_and_words_choose() -> None:
    gone = feed("Gone", failures=20, standing=Standing.RETIRED)
    assert chosen([NEW, gone, BAD]) == [BAD, gone, NEW]
    feeds = [GOOD, NEW, BAD, WORSE]
    assert [f.feed.name for f in chosen(feeds)] == ["Worse", "Bad", "New", "Good"]
    assert chosen(feeds, condition_=Condition.NEW) == [NEW]
    assert chosen(feeds, words="PRESS bad.example") == [BAD]
    assert chosen(feeds, words="s3cret") == [], "what is in an address beyond its host is not searched"
    assert counted(feeds) == "4 feeds: 2 failing, 1 not read yet, 1 ok"
    assert counted([GOOD]) == "1 feed: 1 ok"


def test_thousands_of_words_cost_no_more_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three thousand words of one letter took 45 s with 10,000 feeds, and the loop stood still."""
    made = []
    whole = conditions.urlsplit
    monkeypatch.setattr(conditions, "urlsplit", lambda url: made.append(url) or whole(url))
    feeds = [feed(f"Press{n}") for n in range(50)]
    assert len(chosen(feeds, words="p e r s " * 800)) == 50
    assert len(made) == 50
    assert len(chosen(feeds, words=" ".join("press"[:n] for n in range(1, 6)) + " " + "q" * 9)) == 0


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (40_400, "40 kB"),
        (1_250_000, "1.2 MB"),
        (340_000_000, "340 MB"),
        (9 * 10**15, "9000 TB"),
    ],
)
def test_sizes(number: int, told: str) -> None:
    assert size(number) == told


def test_json_holds_every_figure() -> None:
    told = json.loads(json.dumps(as_json(GOOD)))
    assert told["last_success"] == "2026-03-01T11:57:00+00:00"
    assert (told["state"], told["every"], told["saved_bytes"], told["unchanged"]) == ("ok", 300, 1_234_567, 40)
    assert as_json(NEW)["last_success"] is None
