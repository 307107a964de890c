from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.feeds import fulltext
from bot.feeds.fetch import Fetcher
from bot.feeds.fulltext import Pages
from bot.worker import Workers
from tests.feeds.conftest import Site
from tests.feeds.test_jobs import PAGE, PARAGRAPHS

pytest.importorskip("trafilatura", reason="the extra `fulltext` is not installed")


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers()
    yield workers
    await workers.close()


@pytest.fixture
def pages(fetcher: Fetcher, workers: Workers) -> Pages:
    return Pages(fetcher, workers, deadline=timedelta(seconds=30))


def page(site: Site, **headers: str) -> str:
    return site.answer("/news/bridge", PAGE, **({"Content_Type": "text/html"} | headers))


def asked(site: Site) -> list[str]:
    return [request.path for request in site.seen]


async def test_the_article_of_a_page(site: Site, pages: Pages) -> None:
    text = await pages.text(page(site))
    assert text is not None
    assert PARAGRAPHS[0] in text.split("\n")
    assert asked(site) == ["/robots.txt", "/news/bridge"]


async def test_robots_txt_is_obeyed_and_asked_for_once(site: Site, pages: Pages) -> None:
    site.answer("/robots.txt", "User-agent: Parley\nDisallow: /members")
    assert await pages.text(site.url("/members/1")) is None
    assert await pages.text(page(site)) is not None
    assert asked(site) == ["/robots.txt", "/news/bridge"]


async def test_the_robots_txt_of_each_host_on_the_way_is_obeyed(site: Site, pages: Pages) -> None:
    """The same server by another name stands for another host."""
    other = page(site).replace("127.0.0.1", "localhost")
    moved = site.answer("/moved", status=301, Location=other)
    site.answer("/closed", status=302, Location=site.url("/members/1").replace("127.0.0.1", "localhost"))
    site.answer("/robots.txt", "User-agent: Parley\nDisallow: /members")
    assert await pages.text(moved) is not None
    assert asked(site) == ["/robots.txt", "/moved", "/robots.txt", "/news/bridge"]
    assert [r.host.partition(":")[0] for r in site.seen] == ["127.0.0.1", "127.0.0.1", "localhost", "localhost"]
    assert await pages.text(site.url("/closed")) is None
    assert "/members/1" not in asked(site)


async def test_a_redirect_that_comes_back_ends(site: Site, pages: Pages) -> None:
    assert await pages.text(site.answer("/round", status=302, Location="/round")) is None
    assert asked(site).count("/round") == 6


async def test_robots_txt_is_asked_for_again_a_day_later(site: Site, fetcher: Fetcher, workers: Workers) -> None:
    now = 0.0
    pages = Pages(fetcher, workers, seconds=lambda: now)
    await pages.text(page(site))
    now = 86_399.0
    await pages.text(page(site))
    assert asked(site).count("/robots.txt") == 1
    now = 86_401.0
    await pages.text(page(site))
    assert asked(site).count("/robots.txt") == 2


@pytest.mark.parametrize("status", [500, 503, 429])
async def test_a_server_that_cannot_show_its_robots_txt_is_left_alone(site: Site, pages: Pages, status: int) -> None:
    site.answer("/robots.txt", status=status)
    assert await pages.text(page(site)) is None
    site.answer("/robots.txt", status=404)
    assert await pages.text(page(site)) is not None


@pytest.mark.parametrize(
    "link",
    [
        "",
        "x",
        "ftp://a.example/",
        "http://[::1",
        "http://10.0.0.1/page",
        "http://me:pw@127.0.0.1/",
        "http://127.0.0.1:1/",
    ],
)
async def test_a_link_that_leads_nowhere_is_none(pages: Pages, link: str) -> None:
    assert await pages.text(link) is None


async def test_pages_that_are_none(site: Site, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext, "MAX_PAGE", 1_000_000)
    assert await pages.text(site.url("/missing")) is None
    assert await pages.text(page(site, Content_Type="application/pdf")) is None
    assert await pages.text(site.answer("/empty", "", Content_Type="text/html")) is None
    assert await pages.text(site.answer("/big", "x" * 1_000_001, Content_Type="text/html")) is None
    assert await pages.text(site.answer("/away", status=302, Location="http://10.0.0.1/")) is None


async def test_a_page_that_takes_too_long_to_read_is_none(site: Site, fetcher: Fetcher, workers: Workers) -> None:
    pages = Pages(fetcher, workers, deadline=timedelta(seconds=0))
    assert await pages.text(page(site)) is None


async def test_without_trafilatura_no_page_is_asked_for(
    site: Site, fetcher: Fetcher, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext.importlib.util, "find_spec", lambda name: None)
    assert await Pages(fetcher, workers).text(page(site)) is None
    assert asked(site) == []


async def test_the_hosts_kept_are_bounded(site: Site, pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fulltext, "MAX_HOSTS", 1)
    await pages.text(page(site))
    await pages.text(page(site).replace("127.0.0.1", "localhost"))
    await pages.text(page(site))
    assert asked(site).count("/robots.txt") == 3
