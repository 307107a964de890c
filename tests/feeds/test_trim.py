import itertools
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.article import Entry
from bot.feeds.parse import parse_feed
from bot.feeds.trim import trim
from bot.service.ports import Parsed
from tests.feeds.captures import needs_captures, series
from tests.feeds.examples import EXAMPLES, URL, Example

NOTHING: frozenset[bytes] = frozenset()


def parsed(body: bytes, known: frozenset[bytes] = NOTHING) -> Parsed:
    return parse_feed(body, url=URL, content_type="application/xml", known=known)


def check_poll(before: bytes, after: bytes) -> Parsed:
    """A poll that knows the last one: what it returns is as if read whole, and what it leaves out was there before."""
    old, whole = parsed(before), parsed(after)
    poll = parsed(after, old.items)
    assert poll.items == whole.items
    remaining = list(poll.entries)
    left_out: list[Entry] = []
    for entry in whole.entries:
        if remaining and remaining[0] == entry:
            remaining.pop(0)
        else:
            left_out.append(entry)
    assert not remaining, "an entry differs from what the whole feed gives"
    assert all(entry in old.entries for entry in left_out), "a new entry was left out"
    return poll


@pytest.mark.parametrize("elsewhere", ["<group>{}</group>", "<image>{}</image>", "<item>{}</item>"])
@pytest.mark.parametrize("order", ["{0}{1}", "{1}{0}", "{0}{1}{0}"])
def test_one_item_that_sits_elsewhere_has_the_feed_read_whole(elsewhere: str, order: str) -> None:
    item = "<item><title>One</title></item>"
    inside = order.format(item, elsewhere.format(item))
    assert trim(f"<rss><channel>{item}</channel></rss>".encode(), NOTHING) is not None
    assert trim(f"<rss><channel>{inside}</channel></rss>".encode(), NOTHING) is None


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_a_feed_that_did_not_change_costs_nothing(example: Example) -> None:
    poll = check_poll(example.body, example.body)
    if example.cuttable:
        assert (poll.entries, poll.skipped) == ((), len(example.entries))
    else:
        assert poll.entries == example.entries


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.cuttable and e.entries], ids=str)
@pytest.mark.parametrize("position", range(5))
def test_each_single_edited_entry_is_found(example: Example, position: int) -> None:
    if position >= len(example.entries):
        pytest.skip("this feed has fewer entries")
    pieces = re.split(rb"(?=</(?:item|entry)>)", example.body)
    field = b"summary" if b"</entry>" in example.body else b"description"
    pieces[position] += b"<%s>Edited</%s>" % (field, field)
    poll = check_poll(example.body, b"".join(pieces))
    assert [e in example.entries for e in poll.entries] == [False]
    assert poll.skipped == len(example.entries) - 1


ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:m="urn:m"%s><title>T</title>
<entry><id>urn:1</id><title>One</title><link href="one"/><m:x/></entry></feed>"""


@pytest.mark.parametrize(
    "change", [b' xml:base="https://elsewhere.example/"', b' xml:lang="uk"', b' base="https://elsewhere.example/"']
)
def test_the_same_bytes_under_another_base_or_language_are_another_item(change: bytes) -> None:
    poll = check_poll(ATOM % b"", ATOM % change)
    assert len(poll.entries) == 1


def test_the_same_bytes_under_another_namespace_are_another_item() -> None:
    poll = check_poll(ATOM % b"", (ATOM % b"").replace(b"urn:m", b"http://search.yahoo.com/mrss/"))
    assert len(poll.entries) == 1


def test_a_change_of_the_head_alone_leaves_items_known() -> None:
    poll = check_poll(
        ATOM % b"", (ATOM % b"").replace(b"<title>T</title>", b"<title>New</title><updated>2026</updated>")
    )
    assert (poll.entries, poll.skipped) == ((), 1)


def test_a_feed_that_moves_does_not_tell_its_items_again() -> None:
    old = parsed(ATOM % b"")
    moved = parse_feed(ATOM % b"", url="https://moved.example/", content_type=None, known=old.items)
    assert moved.entries == ()


@pytest.mark.parametrize(
    "document",
    [
        b"<rss><channel><item></channel></rss>",
        b"<!DOCTYPE rss><rss/>",
        b"",
        b"<rss><channel><x><item/></x></channel></rss>",
    ],
)
def test_what_cannot_be_cut_is_left_to_the_whole_parser(document: bytes) -> None:
    assert trim(document, NOTHING) is None


def test_nesting_is_bounded() -> None:
    assert trim(b"<a>" * 100_000 + b"</a>" * 100_000, NOTHING) is None


@needs_captures
def test_replayed_captures_lose_and_change_nothing() -> None:
    skipped = 0
    for _, bodies in series():
        for before, after in itertools.pairwise(bodies):
            skipped += check_poll(before, after).skipped
    assert skipped > 100


# --- property: any sequence of edits, in each format -------------------------------------------------

words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("<>&\"' \n"), max_size=20
)
item = st.fixed_dictionaries(
    {
        "id": st.integers(0, 5),
        "title": words,
        "text": words,
        "link": st.sampled_from(["a", "/b", "https://x.example/c", ""]),
    },
    optional={"base": st.sampled_from(["sub/", "https://y.example/"]), "lang": st.sampled_from(["en", "uk", ""])},
)
head = st.fixed_dictionaries({"title": words}, optional={"base": st.just("https://z.example/"), "lang": st.just("ar")})


def attributes(values: dict[str, object]) -> str:
    return "".join(f' xml:{k}="{values[k]}"' for k in ("base", "lang") if k in values)


def feed(form: str, head: dict[str, object], items: Sequence[dict[str, object]]) -> bytes:
    def field(name: str, value: object) -> str:
        return f"<{name}>{escape(str(value))}</{name}>"

    if form == "atom":
        entries = "".join(
            f"<entry{attributes(i)}>{field('id', 'urn:' + str(i['id']))}{field('title', i['title'])}"
            f'<link href="{i["link"]}"/><summary type="html">{escape(str(i["text"]))}</summary></entry>'
            for i in items
        )
        start = f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes(head)}>'
        return f"{start}{field('title', head['title'])}{entries}</feed>".encode()
    entries = "".join(
        f"<item{attributes(i)}>{field('title', i['title'])}{field('link', i['link'])}"
        f'<guid isPermaLink="false">{i["id"]}</guid>{field("description", i["text"])}</item>'
        for i in items
    )
    title = field("title", head["title"])
    if form == "rss":
        return f'<rss version="2.0"{attributes(head)}><channel>{title}{entries}</channel></rss>'.encode()
    namespaces = 'xmlns="http://purl.org/rss/1.0/" xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    return f"<rdf:RDF {namespaces}{attributes(head)}><channel>{title}</channel>{entries}</rdf:RDF>".encode()


@settings(max_examples=120, deadline=None)
@given(
    form=st.sampled_from(["rss", "atom", "rdf"]),
    heads=st.tuples(head, head) | head.map(lambda h: (h, h)),
    pool=st.lists(item, min_size=1, max_size=5),
    data=st.data(),
)
def test_any_edit_of_any_feed(
    form: str, heads: tuple[dict[str, object], dict[str, object]], pool: list[dict[str, object]], data: st.DataObject
) -> None:
    before = data.draw(st.lists(st.sampled_from(pool), max_size=5))
    after = data.draw(st.lists(st.sampled_from(pool) | item, max_size=5))
    if any("base" in part for part in (*heads, *before, *after)):
        # A base that comes or goes changes relative addresses all over a feed (docs/design/0005): both have one.
        heads = ({"base": "https://z.example/", **heads[0]}, {"base": "https://z.example/", **heads[1]})
    check_poll(feed(form, heads[0], before), feed(form, heads[1], after))
