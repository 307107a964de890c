import itertools
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.feed import Feed, FetchState
from bot.errors import FeedError, FetchError, ParseError
from bot.feeds import jobs
from bot.feeds.clean import MAX_TITLE
from bot.feeds.source import HttpFeedSource
from bot.feeds.trim import MAX_ITEMS
from bot.service.ports import FeedSource, Fetched
from bot.worker import Workers
from tests.feeds.conftest import LOOPBACK, Site
from tests.feeds.examples import EXAMPLES

NOTHING: frozenset[bytes] = frozenset()


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(initializer=jobs.warm_up)
    yield workers
    await workers.close()


@pytest.fixture
async def source(workers: Workers) -> AsyncIterator[HttpFeedSource]:
    source = HttpFeedSource(workers, allow=LOOPBACK, contact="https://example.org/bot")
    yield source
    await source.close()


@pytest.fixture
async def hasty(workers: Workers) -> AsyncIterator[HttpFeedSource]:
    """A source that has no patience with feeds."""
    source = HttpFeedSource(workers, allow=LOOPBACK, deadline=timedelta(seconds=0.7))
    yield source
    await source.close()


def feed(url: str) -> Feed:
    return Feed(name="Courier", url=url, publisher="Courier")


def fetched(body: bytes | str) -> Fetched:
    return Fetched(body=body.encode() if isinstance(body, str) else body, url="https://feeds.example/all.xml")


def rss(items: str) -> str:
    return f'<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'


async def test_from_the_server_to_plain_text(site: Site, source: HttpFeedSource) -> None:
    port: FeedSource = source
    example = next(e for e in EXAMPLES if e.name == "rss_everyday")
    url = site.answer("/feed", example.body, ETag='"1"', Content_Type="application/rss+xml")
    answer = await port.fetch(feed(url), FetchState())
    parsed = await port.parse(answer, known=NOTHING)
    assert parsed.plain[0] == (
        "Bridge talks resume & stall",
        "The envoy said the bridge stays closed.\nNobody signed.",
    )
    assert parsed.entries[3].link == site.url("/news/bad-date")
    again = await port.fetch(feed(url), FetchState(etag=answer.etag, body_digest=answer.digest))
    assert again.body is None
    assert (await port.parse(answer, known=parsed.items)).entries == ()


async def test_a_failed_fetch_is_a_fetch_error(site: Site, source: HttpFeedSource) -> None:
    with pytest.raises(FetchError, match="404"):
        await source.fetch(feed(site.url("/missing")), FetchState())


async def test_what_is_no_feed_is_a_parse_error(source: HttpFeedSource) -> None:
    with pytest.raises(ParseError, match="an HTML page, not a feed"):
        await source.parse(fetched("<html>"), known=NOTHING)


async def test_a_feed_that_stalls_the_parser_costs_itself_only(hasty: HttpFeedSource) -> None:
    """feedparser looks for an e-mail address in an author with a search that is quadratic in its length."""
    nasty = rss(f"<item><title>x</title><author>{'a' * 300_000}</author></item>")
    with pytest.raises(ParseError, match=r"reading it took longer than 1\.\d+ s"):
        await hasty.parse(fetched(nasty), known=NOTHING)
    assert len((await hasty.parse(fetched(rss("<item><title>x</title></item>")), known=NOTHING)).entries) == 1


async def test_big_feeds_get_more_time_than_small_ones(workers: Workers, source: HttpFeedSource) -> None:
    body = rss("<item><title>x</title><description>y</description></item>" * 5_000)
    source = HttpFeedSource(workers, deadline=timedelta(seconds=5))
    assert len((await source.parse(fetched(body), known=NOTHING)).entries) == 5_000
    await source.close()


async def test_a_dead_reader_is_a_parse_error(site: Site) -> None:
    workers = Workers(memory=64 << 20)  # enough to start, not to read this feed
    source = HttpFeedSource(workers)
    try:
        with pytest.raises(ParseError):
            await source.parse(fetched(rss(f"<item><title>{'x' * 30_000_000}</title></item>")), known=NOTHING)
    finally:
        await source.close()
        await workers.close()


async def test_shut_down_workers_are_a_parse_error(workers: Workers, source: HttpFeedSource) -> None:
    await workers.close()
    with pytest.raises(ParseError, match="shutting down"):
        await source.parse(fetched(rss("<item><title>x</title></item>")), known=NOTHING)


async def test_a_page_is_read_through_the_same_guard(source: HttpFeedSource) -> None:
    assert await source.page_text("http://10.0.0.1/page") is None


async def test_a_page_in_place_of_a_feed_tells_what_it_names_and_nothing_of_it_is_asked_for(
    site: Site, source: HttpFeedSource
) -> None:
    url = site.answer("/", '<html><link rel="alternate" type="application/rss+xml" href="/all"></html>')
    page = await source.fetch(Feed("Page", url, "Page"), FetchState())
    assert await source.offers(page) == (site.url("/all"),)
    assert [request.path for request in site.seen] == ["/"]


async def test_a_page_that_names_no_feed_has_the_usual_addresses_looked_at(site: Site, source: HttpFeedSource) -> None:
    url = site.answer("/news", "<html>News</html>")
    site.answer("/feed", "<html>No such page</html>")
    site.answer("/rss.xml", '<rss version="2.0"><channel><item><title>x</title></item></channel></rss>')
    page = await source.fetch(Feed("Page", url, "Page"), FetchState())
    assert await source.offers(page) == (site.url("/rss.xml"),)
    assert len(site.seen) == 8


# --- hostile bodies, from the server to plain text ---------------------------------------------------

BILLION = (
    '<!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{below};" * 10}">' for below, name in itertools.pairwise("abcdefghi"))
    + "]>"
)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        pytest.param(b"<rss>" + b"x" * 50_000_000, "larger than 10 MB", id="50 MB"),
        pytest.param(BILLION + rss("<item><title>&i;</title></item>"), "declares XML entities", id="entity bomb"),
        pytest.param(bytes(5_000), "the answer is empty", id="NUL bytes alone"),
        pytest.param("<a>" * 10_000, "neither RSS nor Atom", id="nested tags and no feed"),
        pytest.param('{"items":' + "[" * 1_000_000, "nested too deeply", id="nested JSON"),
    ],
)
async def test_hostile_bodies_that_are_refused(
    site: Site, source: HttpFeedSource, body: bytes | str, words: str
) -> None:
    with pytest.raises(FeedError, match=words):
        await source.parse(await source.fetch(feed(site.answer("/feed", body)), FetchState()), known=NOTHING)


@pytest.mark.parametrize(
    ("body", "count", "title"),
    [
        pytest.param(rss("<item><title>x</title></item>" * 100_000), MAX_ITEMS, "x", id="100,000 items"),
        pytest.param(rss(f"<item><title>{'x y' * 333_333}</title></item>"), 1, None, id="1 MB title"),
        pytest.param(
            rss(f"<item><title>x</title><description>{'&lt;b&gt;' * 10_000}deep</description></item>"), 1, "x",
            id="10,000 nested tags in a text",
        ),
        pytest.param(rss("<item><title>a\0b</title></item>"), 1, "ab", id="NUL byte in a title"),
    ],
)  # fmt: skip
async def test_hostile_bodies_that_are_read_in_part(
    site: Site, source: HttpFeedSource, body: str, count: int, title: str | None
) -> None:
    fetched = await source.fetch(feed(site.answer("/feed", body)), FetchState())
    parsed = await source.parse(fetched, known=NOTHING)
    assert len(parsed.entries) == count
    for plain, _ in parsed.plain[:5]:
        assert len(plain) <= MAX_TITLE
        assert title is None or plain == title
