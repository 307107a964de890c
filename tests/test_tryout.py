"""`check ADDRESS`: what an operator sees of an address before it goes into feeds.toml."""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.tryout import try_out
from tests.feeds.conftest import Site

FEED = '[[feed]]\nname = "A"\nurl = "https://a.example/rss"\n'
BODY = """<rss version="2.0"><channel><title>Harbour "Wire"\u202e</title><language>en</language><ttl>12</ttl>
<item><guid>1</guid><title>Hamas rejects ceasefire proposal</title>
<pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate></item>
<item><guid>2</guid><title>Sea is calm</title><pubDate>Sun, 01 Mar 2026 11:00:00 GMT</pubDate></item>
</channel></rss>"""


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.server.start_server()
    yield site
    await site.server.close()


def settings(folder: Path, text: str = FEED) -> Settings:
    (folder / "feeds.toml").write_text(text)
    return load_settings({"PARLEY_ALLOW_ADDRESSES": "127.0.0.0/8"}, root=folder)


async def test_a_feed_is_described_tried_and_ready_to_be_taken_in(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = site.answer("/rss.xml", BODY, ETag='"1"')
    assert await try_out(settings(tmp_path, '[defaults]\nevery = "7m"\n' + FEED), url)
    told, toml = capsys.readouterr().out.split("\n\nto take it in, write into feeds.toml:\n\n")
    lines = told.splitlines()
    assert lines[:2] == [
        f"address   {url}",
        f'format    RSS 2.0, "Harbour "Wire"", language en, {len(BODY.encode())} B',
    ]
    assert lines[2].startswith("entries   2 entries, newest ")
    assert lines[3:6] == [
        "pace      next poll in 12 min: the feed asks for it (ttl)",
        "saves     ETag: its server need not send again what has not changed",
        "flagged   1 of 2 report a statement",
    ]
    assert lines[6] == '          Hamas rejects: ceasefire, in "Hamas rejects ceasefire proposal"'
    assert tomllib.loads(toml)["feed"] == [{"name": 'Harbour "Wire"', "url": url, "language": "en"}]


async def test_a_feed_that_is_there_is_tried_as_it_stands(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = site.answer("/rss.xml", BODY)
    own = FEED.replace("https://a.example/rss", url) + 'every = "20m"\n'
    assert await try_out(settings(tmp_path, own), url)
    out = capsys.readouterr().out
    assert f'address   {url}, "A" in feeds.toml' in out
    assert "next poll in 20 min: its interval" in out
    assert "nothing: without ETag and Last-Modified each poll brings it whole" in out
    assert "to take it in" not in out


async def test_a_page_is_no_feed_but_those_it_offers_are_tried(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="{}">'
    url = site.answer("/", f"<html>{link.format('/rss.xml')}{link.format('/gone.xml')}</html>")
    feed = site.answer("/rss.xml", BODY)
    assert not await try_out(settings(tmp_path), url)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "FAILED    an HTML page, not a feed"
    assert lines[2].startswith(f'offers    {feed}: RSS 2.0, "Harbour "Wire"", language en, 2 entries, newest ')
    assert lines[3] == f"offers    {site.url('/gone.xml')}: the server answered 404 Not Found"


async def test_what_cannot_be_reached_says_why(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not await try_out(settings(tmp_path), site.answer("/x", status=503))
    assert capsys.readouterr().out.splitlines()[1] == "FAILED    the server answered 503 Service Unavailable"
