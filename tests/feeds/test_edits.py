"""Property: after any edit of a feed, what trim leaves reads exactly as feedparser alone reads it in the whole feed."""

from dataclasses import dataclass, field, replace
from unittest.mock import patch
from xml.sax.saxutils import escape, quoteattr

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from bot.domain.article import Entry
from bot.feeds import parse
from bot.service.ports import Parsed
from tests.feeds.captures import needs_captures, series
from tests.feeds.examples import EXAMPLES, URL

NOTHING: frozenset[bytes] = frozenset()
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def parsed(body: bytes, known: frozenset[bytes] = NOTHING) -> Parsed:
    return parse.parse_feed(body, url=URL, content_type="application/xml", known=known)


def feedparser_alone(body: bytes) -> list[Entry]:
    """Our reading of the whole feed, nothing cut."""
    with patch.object(parse, "trim", lambda *_: None):
        return list(parsed(body).entries)


def check_edit(before: bytes, after: bytes) -> int:
    """Poll both; how many items were left out of the second."""
    old, whole, poll = parsed(before), feedparser_alone(after), parsed(after, parsed(before).items)
    rest = iter(whole)
    left_out: list[Entry] = []
    for kept in poll.entries:
        for entry in rest:
            if entry == kept:
                break
            left_out.append(entry)
        else:
            raise AssertionError(f"feedparser alone does not give {kept}")
    left_out += rest
    assert len(left_out) <= poll.skipped
    assert all(entry in old.entries for entry in left_out), "a new entry was left out"
    return poll.skipped


# --- feeds that we write ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    id: str | None
    title: str | None
    link: str | None
    text: str | None
    body: str | None
    date: str | None
    dc_date: str | None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Shape:
    """How a feed is written: its format, its head, and where and under which prefixes its namespaces are declared."""

    form: str
    title: str
    language: str | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    prefixes: tuple[str, str] = ("content", "dc")
    declared_in_items: bool = False
    gap: str = field(default="\n")


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]) | st.sampled_from("<>&\"' \n"), max_size=12
)
maybe = words | st.none()
attributes = st.fixed_dictionaries(
    {},
    optional={
        "xml:base": st.sampled_from(["https://y.example/", "https://z.example/q/"]),
        "xml:lang": st.sampled_from(["uk", "en", ""]),
    },
).map(lambda found: tuple(found.items()))
dates = st.none() | st.sampled_from(
    [
        "Tue, 24 Nov 2026 08:15:00 GMT",
        "2026-11-24T08:15:00Z",
        "24 Nov 2026",
        "yesterday",
        "",
        "Tue, 31 Feb 2026 25:00 +9",
    ]
)
items = st.builds(
    Item,
    id=st.sampled_from(["urn:x:1", "urn:x:2", "https://x.example/3", "", None]),
    title=maybe,
    link=st.sampled_from(["a", "/b", "https://x.example/c?d=1&e=2", "", None]),
    text=maybe,
    body=maybe,
    date=dates,
    dc_date=dates,
    attributes=attributes,
)
shapes = st.builds(
    Shape,
    form=st.sampled_from(["0.91", "0.92", "2.0", "1.0", "atom", "atom 0.3"]),
    title=words,
    language=st.sampled_from([None, "en-GB", "uk"]),
    attributes=attributes,
    prefixes=st.sampled_from([("content", "dc"), ("dc", "content"), ("a", "b")]),
    declared_in_items=st.booleans(),
    gap=st.sampled_from(["", "\n", "<!-- x -->", "text"]),
)


def written(shape: Shape, items: list[Item]) -> bytes:
    content, dc = shape.prefixes
    names = f' xmlns:{content}="{CONTENT}" xmlns:{dc}="{DC}"'
    above, within = ("", names) if shape.declared_in_items else (names, "")
    make = _entry if shape.form.startswith("atom") else _item
    inner = shape.gap.join(make(shape, item, within) for item in items)
    head = _attributes(shape.attributes) + above
    title = _tag("title", shape.title) + _tag("language", shape.language)
    match shape.form:
        case "atom" | "atom 0.3":
            atom = "http://www.w3.org/2005/Atom" if shape.form == "atom" else "http://purl.org/atom/ns#"
            version = "" if shape.form == "atom" else ' version="0.3"'
            return f'<feed xmlns="{atom}"{version}{head}>{_tag("title", shape.title)}{inner}</feed>'.encode()
        case "1.0":
            start = f'<rdf:RDF xmlns="http://purl.org/rss/1.0/" xmlns:rdf="{RDF}"{head}>'
            return f"{start}<channel>{title}</channel>{inner}</rdf:RDF>".encode()
        case version:
            return f'<rss version="{version}"{head}><channel>{title}{inner}</channel></rss>'.encode()


def _item(shape: Shape, item: Item, names: str) -> str:
    content, dc = shape.prefixes
    about = f" rdf:about={quoteattr(item.id)}" if shape.form == "1.0" and item.id is not None else ""
    fields = (
        ("title", item.title), ("link", item.link), ("guid", item.id), ("description", item.text),
        ("pubDate", item.date), (f"{dc}:date", item.dc_date), (f"{content}:encoded", item.body),
    )  # fmt: skip
    return f"<item{about}{_attributes(item.attributes)}{names}>{''.join(_tag(*f) for f in fields)}</item>"


def _entry(shape: Shape, item: Item, names: str) -> str:
    _, dc = shape.prefixes
    link = "" if item.link is None else f'<link rel="alternate" type="text/html" href={quoteattr(item.link)}/>'
    body = "" if item.body is None else f'<content type="html">{escape(item.body)}</content>'
    fields = (
        ("title", item.title), ("id", item.id), ("summary", item.text), ("updated", item.date), ("issued", item.date),
        (f"{dc}:date", item.dc_date),
    )  # fmt: skip
    return f"<entry{_attributes(item.attributes)}{names}>{''.join(_tag(*f) for f in fields)}{link}{body}</entry>"


def _tag(name: str, value: str | None) -> str:
    return "" if value is None else f"<{name}>{escape(value)}</{name}>"


def _attributes(values: tuple[tuple[str, str], ...]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in values)


def edited(item: Item, other: Item, what: str) -> Item:
    return replace(item, **{what: getattr(other, what)})


edits = st.sampled_from(["id", "title", "link", "text", "body", "date", "dc_date", "attributes"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shape=shapes, other=shapes, same=st.booleans(), pool=st.lists(items, min_size=1, max_size=5), data=st.data())
def test_any_edit_of_a_feed_in_any_format(
    shape: Shape, other: Shape, same: bool, pool: list[Item], data: st.DataObject
) -> None:
    kept = st.sampled_from(pool)
    before = data.draw(st.lists(kept, max_size=6))
    after = data.draw(st.lists(kept | items | st.builds(edited, kept, items, edits), max_size=6))
    other = shape if same else replace(other, form=shape.form)
    if any(name == "xml:base" for part in (shape, other, *before, *after) for name, _ in part.attributes):
        # A base that comes or goes changes relative addresses all over a feed (docs/design/0005): both have one.
        shape, other = _based(shape), _based(other)
    check_edit(written(shape, before), written(other, after))


def _based(shape: Shape) -> Shape:
    rest = tuple(pair for pair in shape.attributes if pair[0] != "xml:base")
    return replace(shape, attributes=(*rest, ("xml:base", "https://z.example/")))


# --- feeds as they are -----------------------------------------------------------------------------


def _redone(body: bytes, plan: list[tuple[int, int, str]]) -> bytes:
    """A feed with some of its items taken away, moved, repeated or edited. `plan`: (item, place, what to do)."""
    root = etree.fromstring(body, etree.XMLParser(strip_cdata=False))
    for which, where, what in plan:
        found = list(root.iter("{*}item", "{*}entry"))
        if not found:
            break
        item, place = found[which % len(found)], found[where % len(found)]
        if what == "remove":
            item.getparent().remove(item)
        elif what == "move":
            place.addprevious(item) if place is not item else None
        elif what == "repeat":
            place.addnext(etree.fromstring(etree.tostring(item, with_tail=False)))
        else:
            _edit(item, what)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _edit(item: etree._Element, name: str) -> None:
    for child in item.iterchildren(f"{{*}}{name}"):
        child.text = {"pubDate": "Wed, 25 Nov 2026 01:02:03 GMT", "updated": "2026-11-25T01:02:03Z"}.get(
            name, "Edited & new"
        )


plans = st.lists(
    st.tuples(
        st.integers(0, 99),
        st.integers(0, 99),
        st.sampled_from(
            ["remove", "move", "repeat", "title", "guid", "id", "pubDate", "updated", "description", "summary"]
        ),
    ),
    min_size=1,
    max_size=6,
)
cuttable = [e.body for e in EXAMPLES if e.cuttable and e.entries]


@settings(max_examples=60, deadline=None)
@given(body=st.sampled_from(cuttable), plan=plans)
def test_any_edit_of_our_examples(body: bytes, plan: list[tuple[int, int, str]]) -> None:
    check_edit(body, _redone(body, plan))


@needs_captures
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), plan=plans)
def test_any_edit_of_a_captured_feed(data: st.DataObject, plan: list[tuple[int, int, str]]) -> None:
    body = data.draw(st.sampled_from([bodies[-1] for _, bodies in series()]))
    check_edit(body, _redone(body, plan))
