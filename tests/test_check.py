"""`check`: what is wrong, once, and what is right."""

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.check import check
from bot.config import TERMINAL, Settings
from bot.domain.feed import Feed
from bot.domain.subscription import Subscription
from bot.secret import Secret
from tests.feeds.conftest import LOOPBACK, Site


def settings(folder: Path, *, names: Sequence[str] = ("Wire",), database: str = "parley.db") -> Settings:
    return Settings(
        feeds=tuple(Feed(name, f"http://127.0.0.1:1/{name}", name) for name in names),
        subscriptions=(Subscription(TERMINAL),),
        database_url=Secret(f"sqlite:///{folder}/{database}"),
        config=Path("feeds.toml"),
    )


async def test_each_thing_is_a_line_and_what_fails_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await check(settings(tmp_path, names=("Wire", "Radio"))) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "settings  ok: 2 feeds, 1 channel"
    assert lines[2] == f"database  ok: {tmp_path}/parley.db will be made at the first start"
    (told,) = [line for line in lines if "Wire" in line]
    assert told.startswith("feed      FAILED: Wire <http://127.0.0.1:1/Wire>: refused")
    assert lines[-1] == "2 of 2 feeds cannot be read", "they refused, so there is a network"


async def test_where_no_feed_can_be_reached_the_network_is_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = settings(tmp_path, names=("Wire", "Radio"))
    feeds = tuple(replace(feed, url=f"http://{feed.name}.invalid/") for feed in nowhere.feeds)
    assert await check(replace(nowhere, feeds=feeds)) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["2 of 2 feeds cannot be read", "no feed could be reached: is this machine online?"]


@pytest.mark.parametrize(("contact", "reminded"), [(None, True), ("https://example.org/bot", False)])
async def test_who_gives_no_contact_is_reminded_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], contact: str | None, reminded: bool
) -> None:
    await check(replace(settings(tmp_path), contact=contact))
    assert ("warning   no contact in feeds.toml" in capsys.readouterr().out) is reminded


async def test_a_database_that_cannot_be_opened_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    assert await check(settings(tmp_path, database="text")) == 2
    out = capsys.readouterr().out
    assert "database  FAILED: file is not a database" in out
    assert "online" not in out, "one feed may fail for many reasons"


async def test_a_feed_that_answers_is_told_with_its_next_poll(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = (
        '<rss version="2.0"><channel><ttl>10</ttl><item><title>T</title></item>'
        '<link rel="hub" href="https://hub.example/in?key=1"/></channel></rss>'
    )

    async def serve(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/rss+xml")

    site = web.Application()
    site.router.add_get("/", serve)
    async with TestServer(site) as server:
        feed = Feed("Wire", str(server.make_url("/")), "Wire")
        wanted = replace(settings(tmp_path), feeds=(feed,), allow_addresses=(ipaddress.ip_network("127.0.0.0/8"),))
        assert await check(wanted) == 0
    told = "feed      ok: Wire: 1 entry, undated, hub hub.example, "
    told += f"{len(body)} B at each poll (no ETag); next poll in 10 min: the feed asks for it (ttl)"
    lines = capsys.readouterr().out.splitlines()
    assert told in lines
    assert lines[-1] == "pushes    off, since PARLEY_PUBLIC_URL is not set; feeds that name a hub: 1"


async def test_a_page_in_place_of_a_feed_is_told_with_what_its_site_offers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site()
    await site.server.start_server()
    url = site.answer("/news", '<html><link rel="alternate" type="application/atom+xml" href="/all.atom"></html>')
    told = f"feed      FAILED: Wire <{url}>: an HTML page, not a feed; its site offers: {site.url('/all.atom')}"
    asked = replace(settings(tmp_path), feeds=(Feed("Wire", url, "Wire"),), allow_addresses=LOOPBACK)
    try:
        assert await check(asked) == 1
    finally:
        await site.server.close()
    assert told in capsys.readouterr().out.splitlines()


async def test_a_folder_of_lexicons_is_told_file_by_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "lexicons"
    (place / "topics").mkdir(parents=True)
    await check(replace(settings(tmp_path), lexicons=place))
    assert f"lexicons  ok: {place}: no file in it" in capsys.readouterr().out.splitlines()
    (place / "topics" / "embargo.toml").write_text('[topic]\nid = "embargo"\nname = "Embargo"\n')
    await check(replace(settings(tmp_path), lexicons=place))
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("lexicons  ok: topics ceasefire, control, territory, embargo; ")
    assert lines[2] == f"lexicons  ok: {place}/topics/embargo.toml: 1 topic"
