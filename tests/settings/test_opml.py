"""OPML of other readers in, rows of feeds.toml out; hostile files; and everything that goes out comes back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from bot.domain.article import canonical_url
from bot.domain.feed import Affiliation, Feed, FullText
from bot.domain.subscription import Platform
from bot.settings.feeds_toml import FeedsReader
from bot.settings.merge import merge
from bot.settings.opml import LARGEST, Opml, read_opml, write_opml

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(outlines: str, *, head: str = '<?xml version="1.0"?>') -> Opml:
    body = f"{head}\n<opml version='2.0'><head><title>x</title></head><body>\n{outlines}\n</body></opml>"
    return read_opml(body.encode(), source="my.opml")


def told(found: Opml) -> list[tuple[int | None, str]]:
    assert all(m.source == "my.opml" and m.mend for m in found.mistakes)
    return [(m.line, m.what) for m in found.mistakes]


def test_feeds_are_found_in_folders_of_any_depth() -> None:
    found = read(
        '<outline text="News">\n<outline text="Africa"><outline type="rss" text="A" xmlUrl="https://a.example/rss"/>'
        '</outline>\n<outline title="B" XMLURL="https://b.example/rss" language="pt_BR" htmlUrl="https://b.example"/>'
        '</outline>\n<outline xmlUrl="https://c.example/rss" text="  two\n words "/>'
    )
    assert told(found) == []
    assert [(o.line, o.folder, dict(o.row)) for o in found.outlines] == [
        (4, ("News", "Africa"), {"name": "A", "url": "https://a.example/rss"}),
        (5, ("News",), {"name": "B", "url": "https://b.example/rss", "language": "pt-br"}),
        (6, (), {"name": "two words", "url": "https://c.example/rss"}),
    ]


def test_every_mistake_is_told_at_once_with_its_line_and_the_good_rows_are_read() -> None:
    found = read(
        '<outline type="rss" text="No address"/>\n'
        '<outline text="Wrong" xmlUrl="htp://w.example/"/>\n'
        '<outline type="include" text="Other" url="https://o.example/list.opml"/>\n'
        '<outline xmlns:p="urn:parley:feeds" text="Pace" xmlUrl="https://p.example/" p:every="soon" p:affiliation="x"/>'
        "\n"
        '<outline text="Good" xmlUrl="https://g.example/" language="klingon!"/>\n'
        "<outline text='empty folder'/>"
    )
    assert told(found) == [
        (3, 'outline "No address": xmlUrl is missing'),
        (4, 'outline "Wrong": xmlUrl = "htp://w.example/" is not an http(s) address'),
        (5, 'outline "Other" includes another file'),
        (6, 'outline "Pace": parley:affiliation = "x" is unknown'),
        (6, 'outline "Pace": parley:every = "soon" is not a time span'),
    ]
    assert [o.row["name"] for o in found.outlines] == ["Good"]


def test_names_become_such_that_feeds_toml_takes_them() -> None:
    found = read(f'<outline text="{"x" * 200}" xmlUrl="https://a.example/"/><outline xmlUrl="https://b.example/rss"/>')
    assert [o.row["name"] for o in found.outlines] == ["x" * 79 + "…", "b.example"]


@pytest.mark.parametrize(
    ("body", "line", "what"),
    [
        (b"", 1, "is not well-formed XML: no element found"),
        (b"<opml><body>\n<outline text='a & b'/></body></opml>", 2, "is not well-formed XML: not well-formed"),
        (b"<html><body/></html>", 1, "is no OPML: it begins with <html>"),
        (b'{"feeds": []}', 1, "is not well-formed XML"),
        (b"<?xml version='1.0' encoding='klingon'?><opml/>", None, "is not well-formed XML"),
        (b"<opml>\xff\xfe</opml>", 1, "is not well-formed XML"),
        (b"x" * (LARGEST + 1), None, "is larger than 10 MB"),
        (b"<opml>" + b"<outline>" * 5000, 1, "nests outlines more than 100 deep"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]>\n<opml>&a;</opml>', 1, "declares XML entities, which are refused"),
        (b'<!DOCTYPE opml [<!ATTLIST outline text CDATA "x">]>\n<opml/>', 1, "declares attributes, which is refused"),
        (b'<!DOCTYPE opml [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]>\n<opml/>', 1, "declares XML entities"),
    ],
)
def test_what_is_no_opml_is_refused_with_its_line(body: bytes, line: int | None, what: str) -> None:
    found = read_opml(body, source="my.opml")
    assert found.outlines == []
    ((where, said),) = told(found)
    assert said.startswith(what)
    assert where == line


def test_defaults_of_attributes_never_unfold() -> None:
    """400 kB with 400 outlines took 28 s, and the time grows with the square."""
    declared = '<!ATTLIST outline xmlUrl CDATA "https://evil.example/">'
    body = f"<!DOCTYPE opml [{declared}]><opml><body>{'<outline/>' * 9}</body></opml>".encode()
    assert read_opml(body, source="my.opml").outlines == []


def test_entities_never_unfold() -> None:
    bomb = "".join(f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 30))
    found = read(
        '<outline text="&a29;" xmlUrl="https://a.example/"/>', head=f'<!DOCTYPE opml [<!ENTITY a0 "x">{bomb}]>'
    )
    assert found.outlines == []
    assert [what for _, what in told(found)] == ["declares XML entities, which are refused"]


def test_other_charsets_are_read() -> None:
    body = (
        '<?xml version="1.0" encoding="windows-1251"?><opml><body><outline text="Новости" xmlUrl="https://n.example/"/>'
    )
    found = read_opml(f"{body}</body></opml>".encode("windows-1251"), source="my.opml")
    assert [o.row["name"] for o in found.outlines] == ["Новости"]


SPANS = st.integers(60, 86_400).map(lambda seconds: timedelta(seconds=seconds))
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80).filter(
    lambda text: text.isprintable() and text == " ".join(text.split())
)
FEEDS = st.lists(
    st.builds(
        Feed,
        name=NAMES,
        url=st.from_regex(r"https://[a-z]{1,9}\.example/[a-zA-Z0-9?=&;%'\"<>äя_-]{0,30}", fullmatch=True),
        publisher=NAMES,
        affiliation=st.sampled_from(Affiliation),
        language=st.none() | st.sampled_from(["en", "uk", "pt-br"]),
        every=SPANS,
        at_most=SPANS,
        full_text=st.sampled_from(FullText),
    ),
    min_size=1,
    max_size=6,
    unique_by=(lambda f: f.name.casefold(), lambda f: canonical_url(f.url) or f.url),
)


@given(FEEDS)
def test_what_goes_out_comes_back(feeds: list[Feed]) -> None:
    written = write_opml(feeds, now=NOW)
    found = read_opml(written.encode(), source="my.opml")
    assert found.mistakes == []
    reader = FeedsReader(
        merge("", (), found.outlines, file="feeds.toml", source="my.opml").text,
        source="feeds.toml",
        ready=frozenset(Platform),
    )
    back = reader.read().feeds
    assert reader.mistakes == []
    assert [replace(f, at_most=f.slowest) for f in back] == [replace(f, at_most=f.slowest) for f in feeds]


@given(FEEDS)
def test_what_goes_out_is_opml_2_as_other_readers_know_it(feeds: list[Feed]) -> None:
    root = etree.fromstring(write_opml(feeds, now=NOW).encode())
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [child.tag for child in root] == ["head", "body"]
    assert root.findtext("head/dateCreated") == "Sun, 01 Mar 2026 12:00:00 +0000"
    for outline, feed in zip(root.find("body"), feeds, strict=True):
        assert (outline.tag, outline.get("type"), outline.get("text")) == ("outline", "rss", feed.name)
        assert (outline.get("title"), outline.get("xmlUrl")) == (feed.name, feed.url)
