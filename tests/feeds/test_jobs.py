import subprocess
import sys

import pytest

from bot.domain.article import Entry
from bot.feeds import jobs

PARAGRAPHS = [
    "The bridge over the Vltavina stays closed until both banks have signed, the upper valley's envoy said on Monday.",
    "She told reporters in the old customs house that her side had accepted the text a week ago and was waiting.",
    "A spokesman for the lower valley answered that nobody had shown him a text, and that he would sign none unread.",
    "The ferry keeps running twice a day; the harbour master expects longer queues once the apple harvest begins.",
]
PAGE = f"""<!DOCTYPE html><html><head><title>Bridge stays closed</title><script>var tracker = 1;</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<article><h1>Bridge stays closed</h1>{"".join(f"<p>{p}</p>" for p in PARAGRAPHS)}<p>Read more</p></article>
<footer><p>Write to us</p></footer></body></html>"""
ROBOTS = b"User-agent: *\nDisallow: /members\n\nUser-agent: Parley\nDisallow: /archive\nAllow: /archive/free\n"


def test_the_bot_itself_imports_no_parser() -> None:
    script = (
        "import sys, bot.feeds.source\n"
        "print([m for m in ('feedparser', 'lxml', 'trafilatura', 'protego') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_parse_and_clean() -> None:
    body = b"<rss version='2.0'><channel><item><title>A &amp;amp; B</title></item></channel></rss>"
    parsed = jobs.parse(body, "https://feeds.example/", None, frozenset())
    assert parsed.entries == (Entry(guid=None, link=None, title="A &amp; B", summary=""),)
    assert parsed.plain == (("A & B", ""),)


def test_a_page_gives_its_article_without_what_surrounds_it() -> None:
    pytest.importorskip("trafilatura", reason="the extra `fulltext` is not installed")
    text = jobs.page_text(PAGE.encode(), "text/html; charset=utf-8")
    assert text is not None
    assert [line for line in text.split("\n") if line != "Bridge stays closed"] == PARAGRAPHS


@pytest.mark.parametrize("content_type", ["text/html; charset=windows-1251", "text/html; charset=nonsense", None, ""])
def test_a_page_in_another_charset(content_type: str | None) -> None:
    pytest.importorskip("trafilatura", reason="the extra `fulltext` is not installed")
    paragraph = (
        "Міст через Влтавину лишається закритим, доки обидва береги не підпишуть угоду, сказала посланниця. " * 4
    )
    page = f'<html><head><meta charset="windows-1251"></head><body><article><p>{paragraph}</p></article></body></html>'
    text = jobs.page_text(page.encode("windows-1251"), content_type)
    assert text == paragraph.strip()


@pytest.mark.parametrize("body", [b"", b"\0\xff", b"<html></html>", b"<p>" * 1000])
def test_a_page_without_an_article_is_none(body: bytes) -> None:
    pytest.importorskip("trafilatura", reason="the extra `fulltext` is not installed")
    assert jobs.page_text(body, None) is None


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/news/1", True), ("/members/1", True), ("/archive/1", False), ("/archive/free/1", True)],
)
def test_our_own_rules_in_robots_txt_come_before_those_for_all(path: str, allowed: bool) -> None:
    assert jobs.robots_allow(ROBOTS, f"https://courier.example{path}", "Parley") is allowed


@pytest.mark.parametrize("robots", [b"", b"\xff\xfe", b"<html>not found</html>"])
def test_a_robots_txt_that_says_nothing_allows_all(robots: bytes) -> None:
    assert jobs.robots_allow(robots, "https://courier.example/x", "Parley")
