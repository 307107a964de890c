import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feeds.discover import MAX_OFFERS, offered_feeds

URL = "https://courier.example/news/"


def link(href: str, *, kind: str = "application/rss+xml", rel: str = "alternate") -> str:
    return f'<link rel="{rel}" type="{kind}" href="{href}">'


def offers(head: str) -> tuple[str, ...]:
    return offered_feeds(f"<!DOCTYPE html><html><head>{head}</head><body>x</body></html>".encode(), url=URL)


@pytest.mark.parametrize(
    "kind", ["application/rss+xml", "Application/Atom+XML; charset=utf-8", "application/feed+json", "text/xml"]
)
def test_feeds_of_each_format(kind: str) -> None:
    assert offers(link("all.xml", kind=kind)) == ("https://courier.example/news/all.xml",)


def test_the_pages_order_and_base_count_and_each_is_told_once() -> None:
    head = '<base href="/world/">' + link("b") + link("/a", rel="ALTERNATE home") + link("b")
    assert offers(head) == ("https://courier.example/world/b", "https://courier.example/a")


@pytest.mark.parametrize(
    "head",
    [
        "",
        link("x", rel="stylesheet"),
        link("x", rel="alternate-x"),
        link("x", kind="application/json"),
        link("x", kind="text/html"),
        '<link rel="alternate" type="application/rss+xml">',
        f"<!-- {link('x')} -->",
        f"<script>{link('x')}</script>",
        link("javascript:alert(1)"),
        link("file:///etc/passwd"),
        link("https://user:word@courier.example/x"),
        link("http://[x"),
        link("x\u202ey"),
        link("x" * 1_000),
    ],
)
def test_what_offers_nothing(head: str) -> None:
    assert offers(head) == ()


def test_a_page_full_of_offers_is_told_in_part() -> None:
    assert len(offers("".join(link(str(n)) for n in range(999)))) == MAX_OFFERS


@pytest.mark.parametrize("page", [b"", b" \n", b"\0", b"<", b"\xff\xfe<", b"<a>" * 20_000, b"{}"])
def test_what_is_no_page_offers_nothing(page: bytes) -> None:
    assert offered_feeds(page, url=URL) == ()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_offered_can_be_shown_and_asked_for(href: str, base: str) -> None:
    page = f'<base href="{base}">{link(href)}'.encode("utf-8", "surrogatepass")
    for offer in offered_feeds(page, url=URL):
        assert offer.startswith(("http://", "https://"))
        assert offer.isprintable()
