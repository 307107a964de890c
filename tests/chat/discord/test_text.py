import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.discord.text import MAX_LINK, escape, literal, web_address
from bot.chat.plain import HIDDEN, cut, plain

MARKUP = "\\`*_~|<>[]():@#"


def shown(escaped: str) -> str:
    """What Discord shows of text without markup: a backslash before punctuation goes."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", escaped)


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("two\n lines\t here", "two lines here"),
        ("zero\u200bwidth \u202ebidi\u202c \u2066x\u2069", "zerowidth bidi x"),
        ("tag\U000e0041 \ue000 \x00\x1b[31m", "tag [31m"),
        ("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"),
        ("", "…"),
        ("\u200b\n", "…"),
    ],
)
def test_plain_text_is_one_visible_line(raw: str, seen: str) -> None:
    assert plain(raw, 100) == seen


def test_lines_are_kept_where_asked() -> None:
    assert plain("a\n\n b\r\nc", 100, lines=True) == "a\nb\nc"


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("short", 5, "short"),
        ("one two three", 9, "one two…"),
        ("one two three", 8, "one two…"),
        ("endlessword", 5, "endl…"),
        ("\u548c\u5e73\u534f\u8bae", 3, "\u548c\u5e73…"),
    ],
)
def test_cuts_fall_on_words(text: str, limit: int, short: str) -> None:
    assert cut(text, limit) == short


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("<@1> <@&2> <#3>", r"\<\@1\> \<\@&2\> \<\#3\>"),
        ("@everyone @here", r"\@everyone \@here"),
        ("<t:1:R> <:x:1> :skull:", r"\<t\:1\:R\> \<\:x\:1\> \:skull\:"),
        ("[x](https://evil.example)", r"\[x\]\(https\://evil.example\)"),
        ("**b** __u__ ~~s~~ ||p|| `c`", r"\*\*b\*\* \_\_u\_\_ \~\~s\~\~ \|\|p\|\| \`c\`"),
        ("# head", r"\# head"),
        ("> quote", r"\> quote"),
        ("- list", r"\- list"),
        ("-# small", r"\-\# small"),
        ("1. first", r"1\. first"),
        ("a-b 1.5 c", "a-b 1.5 c"),
        ("back\\slash \\", r"back\\slash \\"),
    ],
)
def test_markup_becomes_letters(raw: str, safe: str) -> None:
    assert escape(raw) == safe
    assert shown(safe) == raw


def test_the_start_of_every_line_is_looked_at() -> None:
    assert escape("a\n- b\n2. c") == "a\n\\- b\n2\\. c"


@given(st.text(max_size=400), st.integers(10, 60), st.booleans())
def test_literal_text_keeps_its_limit_and_holds_no_markup(raw: str, limit: int, lines: bool) -> None:
    safe = literal(raw, limit, lines=lines)
    assert 0 < len(safe) <= limit
    # Backslashes pair up, so none is left over to swallow what follows, and no markup stands without one.
    assert not set(re.sub(r"\\.", "", safe)) & set(MARKUP)
    assert not re.search(r"^\s*([-+]|\d+\.)", safe, re.MULTILINE)
    assert "https://" not in safe
    assert all(c in "\n\u200c\u200d" or unicodedata.category(c) not in HIDDEN for c in safe)


@given(st.text(alphabet=MARKUP + "ab ", max_size=80))
def test_what_people_see_is_what_was_written(raw: str) -> None:
    assert shown(literal(raw, 1000)) == plain(raw, 1000)


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("https://example.org/a?b=c#d", "https://example.org/a?b=c#d"),
        (" http://example.org ", "http://example.org"),
        ("https://example.org/a_(b)", "https://example.org/a_%28b%29"),
        ("https://пример.рф/мир", "https://xn--e1afmkfd.xn--p1ai/%D0%BC%D0%B8%D1%80"),
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/?x[]=1", "https://example.org/?x%5B%5D=1"),
        (None, None),
        ("javascript:alert(1)", None),
        ("https://user:pw@example.org/", None),
        ("https://localhost/x", None),
        ("https://127.0.0.1/x", None),
        ("https://[::1]/x", None),
        ("https://[bad/x", None),
        ("//example.org/x", None),
        ("https://example.org/" + "a" * MAX_LINK, None),
    ],
)
def test_only_addresses_that_discord_takes_become_links(link: str | None, address: str | None) -> None:
    assert web_address(link) == address


@given(st.text(max_size=60))
def test_no_address_ends_a_link_or_breaks_a_line(tail: str) -> None:
    address = web_address("https://example.org/" + tail)
    assert address is None or re.fullmatch(r"https?://[!-~]+", address)
    assert address is None or not set(address) & set("()[]<> \"\n*'")
