import contextlib
import io
from datetime import UTC, datetime

import feedparser
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.article import Entry
from bot.errors import ParseError
from bot.feeds.fields import MAX_BODY, MAX_TITLE
from bot.feeds.parse import parse_feed
from bot.feeds.trim import MAX_ITEMS
from bot.service.ports import Parsed
from tests.feeds.captures import needs_captures, series
from tests.feeds.examples import EXAMPLES, URL, Example

NOTHING: frozenset[bytes] = frozenset()


def parsed(
    body: bytes | str, content_type: str | None = "application/xml", known: frozenset[bytes] = NOTHING
) -> Parsed:
    data = body.encode() if isinstance(body, str) else body
    return parse_feed(data, url=URL, content_type=content_type, known=known)


def storable(found: Parsed) -> None:
    for e in found.entries:
        f"{e.title}{e.summary}{e.content}{e.link}{e.guid}{e.language}".encode()  # lone surrogates would raise


def rss(items: str) -> str:
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_examples(example: Example) -> None:
    found = parsed(example.body)
    assert found.entries == example.entries
    assert found.language == example.language
    assert len(found.items) == (len(example.entries) if example.cuttable else 0)


# --- charsets ----------------------------------------------------------------------------------------

TITLES = {
    "windows-1251": "Перемирие объявлено",
    "koi8-r": "Перемирие объявлено",
    "iso-8859-5": "Перемирие объявлено",
    "windows-1256": "هدنة جديدة",
    "windows-1252": "«Trêve» – à l’aube",
    "gb2312": "停火协议",
    "big5": "停火協議",
    "euc-kr": "휴전 합의",
    "shift_jis": "停戦合意",
    "iso-2022-jp": "停戦合意",
    "utf-8": "Перемир’я 停火 🕊",
    "utf-8-sig": "Перемир’я",
    "utf-16": "Перемир’я",
    "utf-16-be": "Truce",
    "utf-32": "Перемир’я",
}


def titled(charset: str, *, declared: str | None) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    document = declaration + rss(f"<item><title>{TITLES[charset]}</title></item>")
    return document.encode(charset)


@pytest.mark.parametrize("charset", TITLES)
def test_declared_in_the_document(charset: str) -> None:
    body = titled(charset, declared=charset.removesuffix("-sig"))
    assert [e.title for e in parsed(body, "application/rss+xml").entries] == [TITLES[charset]]
    assert [e.title for e in parsed(body, "text/xml").entries] == [TITLES[charset]]
    assert [e.title for e in parsed(body, None).entries] == [TITLES[charset]]


@pytest.mark.parametrize("charset", ["windows-1251", "koi8-r", "shift_jis", "utf-8", "utf-16"])
def test_declared_in_the_header_only(charset: str) -> None:
    body = titled(charset, declared=None)
    assert [e.title for e in parsed(body, f"text/xml; charset={charset}").entries] == [TITLES[charset]]


@pytest.mark.parametrize("lie", ["iso-8859-1", "us-ascii", "windows-1251", "utf-16", "no-such-charset", '"'])
def test_a_wrong_header_does_not_spoil_utf_8(lie: str) -> None:
    body = titled("utf-8", declared="utf-8")
    assert [e.title for e in parsed(body, f"text/xml; charset={lie}").entries] == [TITLES["utf-8"]]


@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-be"])
def test_a_byte_order_mark_wins_over_the_header(charset: str) -> None:
    body = ("\ufeff" + rss("<item><title>Перемир’я</title></item>")).encode(charset)
    assert [e.title for e in parsed(body, "text/xml; charset=utf-8").entries] == ["Перемир’я"]


def test_the_header_wins_over_the_declaration_elsewhere() -> None:
    body = titled("koi8-r", declared="windows-1251")
    assert [e.title for e in parsed(body, "text/xml; charset=koi8-r").entries] == [TITLES["koi8-r"]]


@pytest.mark.parametrize("declared", ["utf-8", "UTF-8"])
def test_a_declaration_of_utf_8_is_not_believed_against_bytes_or_header(declared: str) -> None:
    body = titled("windows-1252", declared=declared)
    assert [e.title for e in parsed(body, "application/xml").entries] == [TITLES["windows-1252"]]
    assert [e.title for e in parsed(body, "text/xml; charset=utf-8").entries] == [TITLES["windows-1252"]]
    body = titled("iso-2022-jp", declared=declared)  # pure ASCII, so it might be UTF-8 as well
    assert [e.title for e in parsed(body, "text/xml; charset=iso-2022-jp").entries] == [TITLES["iso-2022-jp"]]


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize("header", ["text/xml", "text/xml; charset=UTF-8"])
def test_a_document_in_utf_8_reads_alike_however_it_says_so(version: str, header: str) -> None:
    item = f"<item><title>{TITLES['utf-8']}</title></item>"
    for ending in ("?>", ' encoding="utf-8"?>', " encoding='UTF-8' standalone='yes'?>", ' encoding="utf8" ?>\n'):
        body = f'<?xml version="{version}"{ending}{rss(item)}'
        assert [e.title for e in parsed(body, header).entries] == [TITLES["utf-8"]]


# --- what is no feed ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "the answer is empty"),
        ("\ufeff \n\t", "the answer is empty"),
        ("<!DOCTYPE html><html><body>Log in</body></html>", "an HTML page, not a feed"),
        ('\n<?xml version="1.0"?>\n<!-- x --><!DOCTYPE html PUBLIC "x"><html xmlns="x"/>', "an HTML page, not a feed"),
        ("<HTML><item><title>x</title></item></HTML>", "an HTML page, not a feed"),
        ('{"error": "no such feed"}', "JSON, not a feed: no JSON Feed version in it"),
        ("[]", "JSON, not a feed: no JSON Feed version in it"),
        ("Not found", "neither RSS nor Atom nor JSON Feed"),
        ("<opml version='2.0'><body/></opml>", "neither RSS nor Atom nor JSON Feed"),
        ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "neither RSS nor Atom nor JSON Feed"),
        ("<rss version='2.0'>\n<channel><title>x</channel>", "broken XML: not well-formed, and no item in it"),
    ],
)
def test_what_is_no_feed_is_told_in_plain_words(body: str, words: str) -> None:
    with pytest.raises(ParseError) as caught:
        parsed(body)
    assert str(caught.value) == words


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + rss("<item><title>&b;</title></item>"),
        '<!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + rss("<item><title>&a;</title></item>"),
        '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1/x"> %p;]>' + rss("<item><title>x</title></item>"),
        '<!-- <a --><!DOCTYPE rss [<!ENTITY a "aaaa">]>' + rss("<item><title>&a;</title></item>"),
        '<!DOCTYPE rss [<!ENTITY a "aaaa">]>' + rss("<item><title>&a; & not well-formed</title></item>"),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "utf-16", "utf-7"])
def test_entity_declarations_are_refused(body: str, charset: str) -> None:
    data = f'<?xml version="1.0" encoding="{charset}"?>{body}'.encode(charset)
    with pytest.raises(ParseError, match="declares XML entities"):
        parsed(data)


def test_a_feed_about_entities_is_read() -> None:
    body = rss("<item><title><![CDATA[How <!ENTITY works]]></title></item>")
    assert parsed(body).entries[0].title == "How <!ENTITY works"


def test_an_external_dtd_is_not_asked_for() -> None:
    body = '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">' + rss("<item><title>x</title></item>")
    assert [e.title for e in parsed(body).entries] == ["x"]


# --- caps and odd values -----------------------------------------------------------------------------


def test_long_fields_are_cut_and_overlong_links_dropped() -> None:
    body = rss(
        f"<item><title>{'t' * 20_000}</title><description>{'d' * 2_000_000}</description>"
        f"<link>https://feeds.example/{'l' * 5_000}</link></item>"
    )
    (entry,) = parsed(body).entries
    assert (len(entry.title), len(entry.summary), entry.link) == (MAX_TITLE, MAX_BODY, None)


def test_the_first_items_of_an_endless_feed_count() -> None:
    body = rss("".join(f"<item><guid isPermaLink='false'>{n}</guid></item>" for n in range(MAX_ITEMS + 50)))
    found = parsed(body)
    assert [e.guid for e in found.entries] == [str(n) for n in range(MAX_ITEMS)]
    assert len(found.items) == MAX_ITEMS


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://a.example/1", "https://a.example/1"),
        ("//a.example/1", "https://a.example/1"),
        ("../up", "https://feeds.example/up"),
        ("?id=1&amp;x=2", "https://feeds.example/all.xml?id=1&x=2"),
        ("mailto:a@b.example", None),
        ("data:text/html,x", None),
        ("file:///etc/passwd", None),
        ("http://[bad", None),
        ("https://a.example/\u202egpj.exe", None),
        (" HTTPS://a.example/1\n", "https://a.example/1"),
        ("https://a.example/1\n2", "https://a.example/12"),
        ("", None),
    ],
)
def test_links_are_absolute_web_addresses_or_none(link: str, expected: str | None) -> None:
    (entry,) = parsed(rss(f"<item><title>x</title><link>{link}</link></item>")).entries
    assert entry.link == expected


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Tue, 24 Nov 2026 10:00:00 GMT", datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 10:00:00 EST", datetime(2026, 11, 24, 15, tzinfo=UTC)),
        ("2026-11-24T10:00:00+05:30", datetime(2026, 11, 24, 4, 30, tzinfo=UTC)),
        ("Tue, 24 Nov 9999 23:00:00 -0500", datetime(9999, 11, 25, 4, tzinfo=UTC)),
        ("Fri, 31 Dec 9999 23:00:00 -0500", None),
        ("Tue, 31 Feb 2026 10:00:00 GMT", None),
        ("0000-00-00T00:00:00Z", None),
        ("now", None),
        ("", None),
    ],
)
def test_an_entry_stays_whatever_its_date(date: str, expected: datetime | None) -> None:
    (entry,) = parsed(rss(f"<item><title>x</title><pubDate>{date}</pubDate></item>")).entries
    assert entry == Entry(guid=None, link=None, title="x", summary="", published=expected)


@pytest.mark.parametrize("text", ['<a data-base="x">', 'database="x"'])
def test_one_items_text_does_not_rename_the_others(text: str) -> None:
    body = rss(f"<item><guid>123</guid></item><item><description><![CDATA[{text}]]></description></item>")
    assert parsed(body).entries[0].guid == "123"


def test_the_longest_text_of_several_contents_counts() -> None:
    body = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>'
        '<content type="html">short</content><content type="html">rather longer</content>'
        '<content type="image/png">aGVsbG8gaGVsbG8gaGVsbG8gaGVsbG8=</content></entry></feed>'
    )
    assert parsed(body).entries[0].content == "rather longer"


def test_strings_can_always_be_stored() -> None:
    body = (
        b"<rss version='2.0'><channel><item><title>a &#xD800; b & c</title><guid>&#xDC00;</guid></item></channel></rss>"
    )
    with contextlib.suppress(ParseError):
        storable(parsed(body))


# --- the same as feedparser, and safe on any bytes ---------------------------------------------------


@needs_captures
def test_captured_feeds_read_as_feedparser_reads_them() -> None:
    for name, bodies in series():
        theirs = feedparser.parse(
            io.BytesIO(bodies[-1]),
            response_headers={"content-type": "application/xml", "content-location": URL},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
        ours = parsed(bodies[-1])
        assert [(e.title, e.summary, e.guid) for e in ours.entries] == [
            (e.get("title", ""), e.get("summary", ""), e.get("id")) for e in theirs.entries
        ], name
        assert ours.entries, name


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    example=st.sampled_from(EXAMPLES),
    edits=st.lists(
        st.tuples(
            st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12) | st.sampled_from([b"<", b"&", b"]]>", b"\0"])
        ),
        min_size=1,
        max_size=6,
    ),
    content_type=st.sampled_from(
        [None, "", "text/xml; charset=utf-16", "application/xml", "x;charset=idna", "text/html"]
    ),
)
def test_damaged_feeds_raise_nothing_but_parse_errors(
    example: Example, edits: list[tuple[float, int, bytes]], content_type: str | None
) -> None:
    body = example.body
    for where, length, piece in edits:
        at = int(where * len(body))
        body = body[:at] + piece + body[at + length :]
    with contextlib.suppress(ParseError):
        storable(parsed(body, content_type))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: rss(text).encode("utf-8", "surrogatepass")))
def test_any_bytes_raise_nothing_but_parse_errors(body: bytes) -> None:
    with contextlib.suppress(ParseError):
        parsed(body)
