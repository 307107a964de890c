import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.article import Entry
from bot.errors import ParseError
from bot.feeds.clean import clean_entries
from bot.feeds.fields import MAX_BODY, MAX_TITLE
from bot.feeds.parse import parse_feed
from bot.feeds.trim import MAX_ITEMS
from bot.service.ports import Parsed

URL = "https://feeds.example/all.json"
NOTHING: frozenset[bytes] = frozenset()


def parsed(body: bytes | str, known: frozenset[bytes] = NOTHING) -> Parsed:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url=URL, content_type="application/feed+json", known=known)


def feed(*items: object, **head: object) -> str:
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": items} | head)


def test_an_everyday_feed() -> None:
    found = parsed(
        feed(
            {
                "id": "https://feeds.example/a",
                "url": "/a",
                "title": "Ferry & bridge",
                "content_html": "<p>The <b>envoy</b> spoke.</p>",
                "content_text": "The envoy spoke.",
                "summary": "a < b",
                "date_published": "2026-11-24T09:15:00+01:00",
                "language": "de",
            },
            {"id": 7, "external_url": "https://x.example/7", "content_text": "Line one\nline <two>"},
            language="en-GB",
        )
    )
    assert found.language == "en-GB"
    assert found.entries == (
        Entry(
            guid="https://feeds.example/a",
            link="https://feeds.example/a",
            title="Ferry &amp; bridge",
            summary="a &lt; b",
            content="<p>The <b>envoy</b> spoke.</p>",
            published=datetime(2026, 11, 24, 8, 15, tzinfo=UTC),
            language="de",
        ),
        Entry(guid="7", link="https://x.example/7", title="", summary="", content="Line one<br>line &lt;two&gt;"),
    )
    assert clean_entries(found.entries)[1] == ("", "Line one\nline <two>")


def test_known_items_are_left_out_whatever_their_order_or_that_of_their_fields() -> None:
    old = parsed(feed({"id": "1", "title": "One"}, {"id": "2", "title": "Two"}))
    new = parsed(feed({"title": "Two", "id": "2"}, {"id": "3", "title": "Three"}, {"id": "1", "title": "1"}), old.items)
    assert ([e.guid for e in new.entries], new.skipped) == (["3", "1"], 1)


@pytest.mark.parametrize(
    "version", ["https://jsonfeed.org/version/1", "http://www.jsonfeed.org/version/1.1/", "jsonfeed.org/version/1.2"]
)
def test_versions(version: str) -> None:
    assert len(parsed(feed({"id": "1"}, version=version)).entries) == 1


@pytest.mark.parametrize("before", ["", "\ufeff", "\r\n ", "\0"])
def test_what_stands_ahead_of_it_does_not_matter(before: str) -> None:
    assert len(parsed(before + feed({"id": "1"})).entries) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (feed(version="2"), "JSON, not a feed: no JSON Feed version in it"),
        (feed(version=None), "JSON, not a feed: no JSON Feed version in it"),
        (feed(items={"id": "1"}), 'a JSON Feed without a list of "items"'),
        (feed({"id": "1"})[:-2], "broken JSON"),
        ("{", "broken JSON"),
        ('{"items": ' + "[" * 200_000, "JSON nested too deeply for a feed"),
    ],
)
def test_what_cannot_be_read_says_why(body: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parsed(body)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-11-24T08:15:00Z", datetime(2026, 11, 24, 8, 15, tzinfo=UTC)),
        ("2026-11-24T08:15:00.123-03:00", datetime(2026, 11, 24, 11, 15, 0, 123_000, tzinfo=UTC)),
        ("2026-11-24T08:15:00", datetime(2026, 11, 24, 8, 15, tzinfo=UTC)),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 08:15:00 GMT", datetime(2026, 11, 24, 8, 15, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("2026-13-40T99:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (1_795_000_000, None),
        (None, None),
        (["2026-11-24"], None),
        ("9" * 5_000, None),
    ],
)
def test_an_entry_stays_whatever_its_date(date: object, expected: datetime | None) -> None:
    (entry,) = parsed(feed({"id": "1", "date_published": date})).entries
    assert entry.published == expected


def test_the_date_of_a_change_counts_where_there_is_no_other() -> None:
    (entry,) = parsed(feed({"id": "1", "date_published": "?", "date_modified": "2026-11-24"})).entries
    assert entry.published == datetime(2026, 11, 24, tzinfo=UTC)


def test_values_of_the_wrong_type_are_absent_and_numbers_stay_as_written() -> None:
    digits = "9" * 6_000
    body = feed({"id": None}, 5, None, [], "x", {"id": {}, "title": ["a"], "url": 5}, {}).replace(
        "null}", digits + "}", 1
    )
    (first, second) = parsed(body).entries
    assert first.guid == digits
    assert (second.guid, second.title, second.link) == (None, "", "https://feeds.example/5")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "http://[", "https://x.example/\u202e"])
def test_links_are_absolute_web_addresses_or_none(link: str) -> None:
    assert [e.link for e in parsed(feed({"id": "1", "url": link})).entries] == [None]


def test_an_id_that_is_an_address_is_the_link_where_there_is_no_other() -> None:
    assert [e.link for e in parsed(feed({"id": "https://x.example/1"})).entries] == ["https://x.example/1"]


def test_caps() -> None:
    items = [{"id": n} for n in range(MAX_ITEMS + 50)]
    assert len(parsed(feed(*items)).entries) == MAX_ITEMS
    (entry,) = parsed(feed({"title": "t" * 20_000, "summary": "s" * 2_000_000, "url": "/" + "l" * 5_000})).entries
    assert (len(entry.title), len(entry.summary), entry.link) == (MAX_TITLE, MAX_BODY, None)


def test_strings_can_always_be_stored() -> None:
    (entry,) = parsed(feed({"id": "a\ud800b", "title": "\udc00 t\0"})).entries
    assert entry.guid == "ab"
    entry.title.encode()


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("2026-11-24T08:15:00Z"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
NAMES = ("id", "url", "external_url", "title", "summary", "content_html", "content_text", "date_published", "language")
items = st.dictionaries(st.sampled_from(NAMES), values, max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(items, max_size=4), st.lists(items, max_size=3))
def test_any_edit_of_any_feed_gives_what_the_whole_gives(before: list[object], added: list[object]) -> None:
    """And known items are left out, each of them seen before."""
    after = [*added, *reversed(before[1:])]
    old, whole = parsed(feed(*before)), parsed(feed(*after))
    poll = parsed(feed(*after), old.items)
    rest = iter(whole.entries)
    assert all(entry in rest for entry in poll.entries), "an entry differs, or stands in another order"
    assert poll.items == whole.items
    assert all(e in old.entries for e in whole.entries if e not in poll.entries)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200).map(lambda b: b"{" + b) | values.map(lambda v: feed(v, language=v, title=v).encode()))
def test_any_json_raises_nothing_but_parse_errors(body: bytes) -> None:
    with contextlib.suppress(ParseError):
        for entry in parsed(body).entries:
            f"{entry}".encode()
