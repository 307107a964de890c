from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.article import Entry, canonical_url, digest, entry_key, title_key, titles_alike

ENTRY = Entry(guid="tag:1", link="https://outlet.example/a", title="A title", summary="Words")


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("https://Outlet.example/a/?utm_source=rss&b=2&a=1#top", "https://outlet.example/a?a=1&b=2"),
        ("http://outlet.example:80/a", "https://outlet.example/a"),
        ("https://outlet.example:8443/a", "https://outlet.example:8443/a"),
        ("https://user:secret@outlet.example/a", "https://outlet.example/a"),
        ("https://outlet.example", "https://outlet.example/"),
        ("https://новини.example/a", "https://xn--b1amarcd.example/a"),
        ("https://outlet.example/a?fbclid=x&at_medium=RSS", "https://outlet.example/a"),
        (
            "https://outlet.example/view?cid=7&partner=2&emc=1&ito=3",
            "https://outlet.example/view?cid=7&emc=1&ito=3&partner=2",
        ),
        (" https://outlet.example/a ", "https://outlet.example/a"),
        ("javascript:alert(1)", None),
        ("ftp://outlet.example/a", None),
        ("/relative", None),
        ("https://", None),
        ("http://[::1", None),
        ("", None),
        (None, None),
    ],
)
def test_canonical_addresses(url, canonical):
    assert canonical_url(url) == canonical


@given(st.text())
def test_no_text_breaks_canonical_addresses(text):
    canonical = canonical_url(text)
    assert canonical is None or canonical_url(canonical) == canonical


@given(st.text())
def test_no_path_or_query_breaks_canonical_addresses(text):
    canonical = canonical_url("https://outlet.example/" + text)
    assert canonical is None or canonical_url(canonical) == canonical


def test_the_id_decides_whatever_else_changes():
    edited = replace(ENTRY, link="https://outlet.example/b", title="Other", published=datetime(2026, 1, 1, tzinfo=UTC))
    assert entry_key(edited) == entry_key(ENTRY)


def test_without_an_id_the_link_decides_and_without_a_link_the_words():
    linked = replace(ENTRY, guid=None)
    assert entry_key(linked) == entry_key(replace(linked, title="Other"))
    assert entry_key(linked) != entry_key(ENTRY)
    bare = replace(ENTRY, guid=" ", link=None)
    assert entry_key(bare) == entry_key(replace(bare, published=datetime(2026, 1, 1, tzinfo=UTC)))
    assert entry_key(bare) != entry_key(replace(bare, title="Other"))


def test_a_link_used_as_id_is_not_confused_with_a_link():
    assert entry_key(replace(ENTRY, guid="https://outlet.example/a")) != entry_key(replace(ENTRY, guid=None))


def test_case_and_space_are_no_edit():
    assert digest("A Title", "some  words\n") == digest("a title", "Some words")
    assert digest("A Title", "some words") != digest("A Title", "some other words")


@given(st.text(), st.text())
def test_any_text_has_a_digest(title, text):
    assert len(digest(title, text)) == 64


@pytest.mark.parametrize(
    ("title", "key"),
    [
        ("“Kyiv” says:  NO, to a truce", "kyiv says no to a truce"),
        ("ＦＵＬＬ width letters are folded", "full width letters are folded"),
        ("Live updates", None),
        ("a b c d e", None),
        ("", None),
    ],
)
def test_title_keys(title, key):
    assert title_key(title) == key


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Ruritania rejects a truce offer", "RURITANIA rejects a “truce” offer", True),
        ("Ruritania rejects a new truce offer", "Ruritania rejects Graustark's new truce offer", True),
        ("Ruritania rejects the plan of China", "Ruritania rejects a truce in the port of Strelsau", False),
        ("War live: envoy rejects a truce", "War live: president claims two provinces", False),
        ("Live updates", "live updates", True),
        ("Live updates", "Live updates: a truce", False),
        ("the the the the the the", "the end of the long war", False),
        ("", "", True),
    ],
)
def test_titles_that_may_be_edits_of_each_other(one, other, alike):
    assert titles_alike(one, other) is alike
    assert titles_alike(other, one) is alike
