from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.console_text import AFFILIATIONS, ago, clean, clean_link, moment, original
from bot.domain.feed import Affiliation

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("  two\n lines\tand\x0bmore ", "two lines and more"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("a\u202eb\u2066c\u200fd\ufeffe\u00adf", "abcdef"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("Z" + "\u0335" * 30 + "x", "Z" + "\u0335" * 3 + "x"),
        ("tag\U000e0041s", "tags"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_clean_cuts_at_a_word() -> None:
    assert clean("one two three four", limit=12) == "one two…"
    assert clean("x" * 30, limit=10) == "x" * 9 + "…"


@given(st.text(), st.integers(5, 50))
def test_clean_is_short_and_harmless_for_any_text(text: str, limit: int) -> None:
    found = clean(text, limit=limit)
    assert len(found) <= limit
    assert found == clean(found, limit=limit)
    assert "\n" not in found
    found.encode()


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.example/x?y=1#z", True),
        ("http://a.example", True),
        ("ftp://a.example", False),
        ("https://a.example/ x", False),
        ("https://a.example/é", False),
        ("https://a.example/\x1b", False),
        ("", False),
        (None, False),
    ],
)
def test_clean_link(link: str | None, kept: bool) -> None:
    assert clean_link(link) == (link if kept else None)


@pytest.mark.parametrize(
    ("past", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=47), "47 h ago"),
        (timedelta(hours=48), "2 days ago"),
    ],
)
def test_ago(past: timedelta, words: str) -> None:
    assert ago(NOW - past, NOW) == words


def test_words_for_everything_there_is() -> None:
    assert set(AFFILIATIONS) == set(Affiliation)
    assert [original(code) for code in ("en", "en-GB", "", "pt-BR", "tlh")] == ["", "", "", "in Portuguese", "in tlh"]
    assert moment(NOW) == "1 Mar 2026, 12:00 UTC"
