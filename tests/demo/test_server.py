from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import aiohttp
import feedparser
import pytest

from bot.demo import DemoServer
from bot.domain.feed import Feed, FetchState
from bot.errors import FeedError, FetchError, ParseError
from bot.feeds.source import HttpFeedSource
from bot.worker import Workers
from tests.fakes.clock import FakeClock


def by_slug(demo: DemoServer) -> dict[str, Feed]:
    return {f.url.rsplit("/", 1)[1].removesuffix(".xml"): f for f in demo.feeds}


async def test_feeds_are_ready_to_be_polled() -> None:
    async with DemoServer() as demo:
        feeds = demo.feeds
    assert len(feeds) >= 12
    assert len({f.url for f in feeds}) == len({f.name for f in feeds}) == len(feeds)
    for feed in feeds:
        assert feed.url.startswith("http://127.0.0.1:")
        assert feed.every == timedelta(seconds=2)
        assert feed.publisher.endswith("(sample)")


async def test_each_feed_answers_as_its_part_demands() -> None:
    async with DemoServer() as demo, aiohttp.ClientSession() as session:
        for slug, feed in by_slug(demo).items():
            async with session.get(feed.url) as response:
                body = await response.read()
            if slug == "old-mill-bulletin":
                assert (response.status, response.content_type) == (200, "text/html")
            elif slug == "island-courier":
                assert (response.status, response.headers["Retry-After"]) == (503, "20")
            else:
                assert response.status == 200
                assert feedparser.parse(body).entries


async def test_a_new_article_comes_out_later_and_only_then_the_etag_changes() -> None:
    clock = FakeClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    async with DemoServer(now=clock.now) as demo, aiohttp.ClientSession() as session:
        url = by_slug(demo)["harbour-wire"].url
        async with session.get(url) as first:
            before = feedparser.parse(await first.read()).entries
        headers = {"If-None-Match": first.headers["ETag"]}
        clock.forward(seconds=2)
        async with session.get(url, headers=headers) as second:
            assert second.status == 304
            assert await second.read() == b""
            assert second.headers["ETag"] == first.headers["ETag"]
        clock.forward(seconds=1)
        async with session.get(url, headers=headers) as third:
            assert third.status == 200
            after = feedparser.parse(await third.read()).entries
    assert len(after) == len(before) + 1
    assert after[0].title.startswith("United Nations calls")


async def test_a_script_starts_with_the_first_request_of_its_feed() -> None:
    clock = FakeClock()
    async with DemoServer(now=clock.now) as demo, aiohttp.ClientSession() as session:
        feeds = by_slug(demo)
        async with session.get(feeds["the-meridian"].url):
            pass
        clock.forward(minutes=5)
        async with session.get(feeds["harbour-wire"].url) as late:
            entries = feedparser.parse(await late.read()).entries
    assert not any(e.title.startswith("United Nations calls") for e in entries)


async def test_the_busy_feed_recovers() -> None:
    clock = FakeClock()
    async with DemoServer(now=clock.now) as demo, aiohttp.ClientSession() as session:
        url = by_slug(demo)["island-courier"].url
        async with session.get(url) as busy:
            assert busy.status == 503
        clock.forward(seconds=20)
        async with session.get(url) as well:
            assert well.status == 200


@pytest.mark.parametrize("path", ["/", "/nothing.xml", "/..%2fetc"])
async def test_other_paths_are_not_found(path: str) -> None:
    async with DemoServer() as demo, aiohttp.ClientSession() as session:
        base = demo.feeds[0].url.rsplit("/", 1)[0]
        async with session.get(base + path) as response:
            assert response.status == 404


async def test_the_real_reader_takes_every_feed_and_names_what_is_wrong_with_two() -> None:
    workers = Workers(1)
    source = HttpFeedSource(workers, allow=[ip_network("127.0.0.0/8")])
    faults: dict[str, FeedError] = {}
    try:
        async with DemoServer() as demo:
            for slug, feed in by_slug(demo).items():
                try:
                    parsed = await source.parse(await source.fetch(feed, FetchState()), known=frozenset())
                except FeedError as error:
                    faults[slug] = error
                else:
                    assert parsed.entries
                    assert parsed.language in (feed.language, None)
    finally:
        await source.close()
        await workers.close()
    assert {slug: type(fault) for slug, fault in faults.items()} == {
        "island-courier": FetchError,
        "old-mill-bulletin": ParseError,
    }
    assert faults["island-courier"].retry_after == timedelta(seconds=20)
