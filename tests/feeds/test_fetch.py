import asyncio
import gzip
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import web

from bot import __version__
from bot.domain.feed import FetchState
from bot.domain.push import Offer
from bot.errors import BusyHostError, FetchError
from bot.feeds.fetch import Fetcher
from tests.feeds.conftest import Site, fetching

FRESH = FetchState()


# --- what a feed's server can answer -----------------------------------------------------------------


async def test_a_body_comes_with_its_validators(site: Site, fetcher: Fetcher) -> None:
    url = site.answer("/feed", b"<rss/>", ETag='"1"', Last_Modified="Mon", Content_Type="text/xml; charset=koi8-r")
    fetched = await fetcher.feed(url, FRESH)
    assert (fetched.body, fetched.url, fetched.etag, fetched.last_modified) == (b"<rss/>", url, '"1"', "Mon")
    assert fetched.content_type == "text/xml; charset=koi8-r"
    assert fetched.digest
    assert fetched.asked_to_wait is None


async def test_the_request_is_honest_and_conditional_only_with_validators(site: Site, fetcher: Fetcher) -> None:
    url = site.answer("/feed", b"<rss/>")
    await fetcher.feed(url, FRESH)
    await fetcher.feed(url, FetchState(etag='W/"a"', last_modified="Mon"))
    first, second = (request.headers for request in site.seen)
    assert first["User-Agent"] == f"Parley/{__version__} (+https://example.org/bot)"
    assert "If-None-Match" not in first
    assert "If-Modified-Since" not in first
    assert "Cookie" not in second
    assert (second["If-None-Match"], second["If-Modified-Since"]) == ('W/"a"', "Mon")


async def test_another_contact_is_told_from_then_on(site: Site, fetcher: Fetcher) -> None:
    url = site.answer("/feed", b"<rss/>")
    await fetcher.feed(url, FRESH)
    for contact in ("ops@example.org", None):
        fetcher.introduce(contact)
        await fetcher.feed(url, FRESH)
    ours = f"Parley/{__version__}"
    agents = [request.headers["User-Agent"] for request in site.seen]
    assert agents == [f"{ours} (+https://example.org/bot)", f"{ours} (+ops@example.org)", ours]


async def test_304_is_unchanged(site: Site, fetcher: Fetcher) -> None:
    fetched = await fetcher.feed(site.answer("/feed", status=304), FetchState(etag='"1"', body_digest=b"d"))
    assert fetched.body is None
    assert fetched.digest == b"d"
    assert fetched.size is None


async def test_a_body_costs_what_it_took_on_the_wire(site: Site, fetcher: Fetcher) -> None:
    packed = gzip.compress(b"<rss/>" * 1000)
    url = site.answer("/packed", packed, Content_Encoding="gzip")
    assert (await fetcher.feed(url, FRESH)).size == len(packed)
    assert (await fetcher.feed(site.answer("/plain", "<rss/>"), FRESH)).size == len("<rss/>")


async def test_304_to_a_first_request_is_an_error(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match="304 Not Modified"):
        await fetcher.feed(site.answer("/feed", status=304), FRESH)


async def test_the_same_bytes_are_unchanged_and_new_validators_are_passed_on(site: Site, fetcher: Fetcher) -> None:
    first = await fetcher.feed(site.answer("/feed", b"<rss/>"), FRESH)
    url = site.answer("/feed", b"<rss/>", ETag='"2"')
    again = await fetcher.feed(url, FetchState(body_digest=first.digest))
    assert (again.body, again.digest, again.etag) == (None, first.digest, '"2"')
    site.answer("/feed", b"<rss></rss>")
    assert (await fetcher.feed(url, FetchState(body_digest=first.digest))).body == b"<rss></rss>"


@pytest.mark.parametrize("etag", ['"' + "x" * 5_000 + '"', '"caf\u00e9"'])
async def test_validators_that_could_not_be_stored_or_sent_back_are_dropped(
    site: Site, fetcher: Fetcher, etag: str
) -> None:
    assert (await fetcher.feed(site.answer("/feed", b"<rss/>", ETag=etag), FRESH)).etag is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "the server answered 404 Not Found"),
        (403, "the server answered 403 Forbidden"),
        (500, "the server answered 500 Internal Server Error"),
        (418, "the server answered 418 I'm a Teapot"),
        (599, "the server answered 599"),
    ],
)
async def test_a_bad_status_is_told(site: Site, fetcher: Fetcher, status: int, words: str) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.feed(site.answer("/feed", b"<rss/>", status=status), FRESH)
    assert str(caught.value) == words
    assert not caught.value.gone


async def test_the_servers_own_words_are_not_repeated(site: Site, fetcher: Fetcher) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=404, reason="@everyone look here", body=b"internal secret")

    with pytest.raises(FetchError, match=r"^the server answered 404 Not Found$"):
        await fetcher.feed(site.on("/feed", handler), FRESH)


async def test_410_is_gone(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match="410 Gone") as caught:
        await fetcher.feed(site.answer("/feed", status=410), FRESH)
    assert caught.value.gone


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_comes_with_the_error(site: Site, fetcher: Fetcher, status: int) -> None:
    with pytest.raises(FetchError) as caught:
        await fetcher.feed(site.answer("/feed", status=status, Retry_After="120"), FRESH)
    assert caught.value.retry_after == timedelta(minutes=2)


async def test_retry_after_is_heeded_on_success_too(site: Site, fetcher: Fetcher) -> None:
    fetched = await fetcher.feed(site.answer("/feed", b"<rss/>", Retry_After="600"), FRESH)
    assert fetched.asked_to_wait == timedelta(minutes=10)


# --- redirects ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(site: Site, fetcher: Fetcher, status: int) -> None:
    site.answer("/new/feed", b"<rss/>")
    fetched = await fetcher.feed(site.answer("/old", status=status, Location="new/feed#top"), FRESH)
    assert (fetched.body, fetched.url) == (b"<rss/>", site.url("/new/feed"))


@pytest.mark.parametrize(
    ("first", "second", "moved_to"),
    [(301, 308, "/c"), (308, 302, "/b"), (302, 301, None), (307, 303, None)],
)
async def test_where_redirects_for_good_lead(
    site: Site, fetcher: Fetcher, first: int, second: int, moved_to: str | None
) -> None:
    site.answer("/c", b"<rss/>")
    site.answer("/b", status=second, Location="/c")
    fetched = await fetcher.feed(site.answer("/a", status=first, Location="/b"), FRESH)
    assert fetched.url == site.url("/c")
    assert fetched.moved_to == (site.url(moved_to) if moved_to else None)


async def test_a_learnt_address_is_asked_in_place_of_the_configured_one(site: Site, fetcher: Fetcher) -> None:
    new = site.answer("/new", b"<rss/>")
    fetched = await fetcher.feed(site.url("/old"), FetchState(moved_to=new, moved_times=3))
    assert (fetched.url, fetched.moved_to) == (new, None)
    with pytest.raises(FetchError, match="404"):
        await fetcher.feed(site.url("/old"), FetchState(moved_to=new, moved_times=2))


async def test_five_redirects_and_no_more(site: Site, fetcher: Fetcher) -> None:
    for n in range(6):
        site.answer(f"/{n}", status=302, Location=f"/{n + 1}")
    site.answer("/6", b"<rss/>")
    assert (await fetcher.feed(site.url("/1"), FRESH)).url == site.url("/6")
    with pytest.raises(FetchError, match="redirected more than 5 times"):
        await fetcher.feed(site.url("/0"), FRESH)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("file:///etc/passwd", "only http and https"),
        ("http://someone:hunter2@127.0.0.1/", "user name or a password"),
        ("http://[::1", "not an address"),
        ("http://192.168.7.7/", r"refused: 192\.168\.7\.7 is not a public address"),
        ("http://[::ffff:10.0.0.1]/", r"refused: 10\.0\.0\.1 is not a public address"),
        ("http://[64:ff9b::a9fe:a9fe]/", r"refused: 169\.254\.169\.254 is not a public address"),
        ("", "without saying where"),
    ],
)
async def test_a_redirect_to_where_we_do_not_go(site: Site, fetcher: Fetcher, where: str, words: str) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        await fetcher.feed(site.answer("/feed", status=302, Location=where), FRESH)
    assert "hunter2" not in str(caught.value)


# --- the guard, at work ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0x7f.1"])
async def test_loopback_is_refused_in_every_spelling(site: Site, host: str) -> None:
    site.answer("/feed", b"<rss/>")
    async with fetching(allow=()) as fetcher:
        with pytest.raises(
            FetchError, match=r"refused: 127\.0\.0\.1 is not a public address; allow it with PARLEY_ALLOW"
        ):
            await fetcher.feed(f"http://{host}:{site.server.port}/feed", FRESH)
    assert site.seen == []


async def test_an_address_with_a_password_is_refused_without_showing_it(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match="user name or a password") as caught:
        await fetcher.feed(f"http://me:hunter2@127.0.0.1:{site.server.port}/feed", FRESH)
    assert "hunter2" not in str(caught.value)


# --- caps --------------------------------------------------------------------------------------------


async def test_a_body_up_to_the_cap_is_read_and_no_more(site: Site) -> None:
    async with fetching(max_bytes=1_000_000) as fetcher:
        assert (await fetcher.feed(site.answer("/feed", b"x" * 1_000_000), FRESH)).body == b"x" * 1_000_000
        with pytest.raises(FetchError, match="larger than 1 MB"):
            await fetcher.feed(site.answer("/feed", b"x" * 1_000_001), FRESH)


async def test_a_stream_without_end_is_cut(site: Site) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)

    async with fetching(max_bytes=1_000_000) as fetcher:
        with pytest.raises(FetchError, match="larger than 1 MB"):
            await fetcher.feed(site.on("/feed", handler), FRESH)


async def test_a_bomb_is_measured_as_it_unpacks(site: Site) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 100_000
    async with fetching(max_bytes=1_000_000) as fetcher:
        with pytest.raises(FetchError, match="larger than 1 MB"):
            await fetcher.feed(site.answer("/feed", bomb, Content_Encoding="gzip"), FRESH)


async def test_gzip_is_unpacked(site: Site, fetcher: Fetcher) -> None:
    url = site.answer("/feed", gzip.compress(b"<rss/>"), Content_Encoding="gzip")
    assert (await fetcher.feed(url, FRESH)).body == b"<rss/>"


async def test_a_slow_drip_is_cut(site: Site) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    async with fetching(timeout=timedelta(seconds=0.5)) as fetcher:
        with pytest.raises(FetchError, match=r"timed out after 0\.5 s"):
            await fetcher.feed(site.on("/feed", handler), FRESH)


@pytest.mark.parametrize("begun", [False, True])
async def test_a_server_that_falls_silent_is_cut(site: Site, begun: bool) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if begun:
            await response.prepare(request)
            await response.write(b"<rss>")
        await asyncio.sleep(60)
        return response

    async with fetching(timeout=timedelta(seconds=0.3), per_host=1) as fetcher:
        with pytest.raises(FetchError, match=r"timed out after 0\.3 s"):
            await fetcher.feed(site.on("/silent", handler), FRESH)
        assert (await fetcher.feed(site.answer("/feed", b"<rss/>"), FRESH)).body, "its turn is given back"


async def test_the_time_of_a_fetch_is_for_all_its_redirects_together(site: Site) -> None:
    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(0.3)
        return web.Response(status=302, headers={"Location": f"{request.path}x"})

    for hops in range(5):  # each takes less than the timeout, all of them twice that
        site.on("/hop" + "x" * hops, handler)
    site.answer("/hopxxxxx", b"<rss/>")
    async with fetching(timeout=timedelta(seconds=0.7)) as fetcher:
        with pytest.raises(FetchError, match=r"timed out after 0\.7 s"):
            await fetcher.feed(site.url("/hop"), FRESH)


async def test_waiting_for_its_turn_at_a_host_is_no_time_out(site: Site) -> None:
    busy, most = 0, 0

    async def handler(_: web.Request) -> web.Response:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0.4)
        busy -= 1
        return web.Response(body=b"<rss/>")

    url = site.on("/feed", handler)
    async with fetching(timeout=timedelta(seconds=1.5)) as fetcher:  # five rounds of two take 2 s
        answers = await asyncio.gather(*(fetcher.feed(url, FRESH) for _ in range(10)))
    assert [a.body for a in answers] == [b"<rss/>"] * 10
    assert most == 2


# --- broken servers ----------------------------------------------------------------------------------


@asynccontextmanager
async def raw_server(answer: bytes) -> AsyncIterator[str]:
    """A server that sends these bytes to whoever connects, then hangs up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/feed?key=hunter2"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<rss>", "broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "broke off|not valid HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd", "compression is damaged"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n", "not valid HTTP"),
    ],
)
async def test_servers_that_do_not_speak_properly(fetcher: Fetcher, answer: bytes, words: str) -> None:
    async with raw_server(answer) as url:
        with pytest.raises(FetchError, match=words) as caught:
            await fetcher.feed(url, FRESH)
    assert "hunter2" not in str(caught.value)


async def test_a_refused_connection(fetcher: Fetcher) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(FetchError, match=r"127\.0\.0\.1 refused the connection"):
            await fetcher.feed(f"http://127.0.0.1:{free.getsockname()[1]}/", FRESH)


async def test_tls_where_there_is_none(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match=r"no secure connection to 127\.0\.0\.1"):
        await fetcher.feed(site.url("/feed").replace("http:", "https:"), FRESH)


@pytest.mark.parametrize(
    "url",
    ["http://exa mple.org/", "http://" + "a" * 300 + ".org/", "http://2130706433/", "http://xn--\u20ac.org/", "x"],
)
async def test_what_is_no_address_is_a_fetch_error(fetcher: Fetcher, url: str) -> None:
    with pytest.raises(FetchError):
        await fetcher.feed(url, FRESH)


async def test_a_cancelled_fetch_is_cancelled(site: Site, fetcher: Fetcher) -> None:
    asked = asyncio.Event()

    async def handler(_: web.Request) -> web.Response:
        asked.set()
        await asyncio.sleep(60)
        return web.Response()

    task = asyncio.create_task(fetcher.feed(site.on("/feed", handler), FRESH))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_feed_does_not_wait_for_ever_behind_others_of_a_host_that_hangs(site: Site) -> None:
    gate = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await gate.wait()
        return web.Response(body=b"<rss/>")

    url = site.on("/slow", hang)
    async with fetching(turn=timedelta(milliseconds=50)) as fetcher:
        ahead = [asyncio.create_task(fetcher.feed(url, FRESH)) for _ in range(2)]
        await asyncio.sleep(0.02)
        with pytest.raises(BusyHostError, match="busy with other feeds"):
            await fetcher.feed(url, FRESH)
        gate.set()
        assert [f.body for f in await asyncio.gather(*ahead)] == [b"<rss/>"] * 2
        assert (await fetcher.feed(url, FRESH)).body == b"<rss/>", "turns are given back"


async def test_where_a_redirect_leads_is_asked_in_its_turn(site: Site) -> None:
    gate = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await gate.wait()
        return web.Response(body=b"<rss/>")

    url = site.on("/slow", hang)
    elsewhere = site.answer("/go", status=302, Location=url).replace("127.0.0.1", "localhost")
    async with fetching(turn=timedelta(milliseconds=50), timeout=timedelta(seconds=5)) as fetcher:
        ahead = [asyncio.create_task(fetcher.feed(url, FRESH)) for _ in range(2)]
        await asyncio.sleep(0.02)
        with pytest.raises(BusyHostError, match=r"127\.0\.0\.1 is busy with other feeds"):
            await fetcher.feed(elsewhere, FRESH)
        gate.set()
        assert [f.body for f in await asyncio.gather(*ahead)] == [b"<rss/>"] * 2
        assert (await fetcher.feed(elsewhere, FRESH)).body == b"<rss/>", "turns are given back"


# --- forms ------------------------------------------------------------------------------------------


async def test_a_form_is_posted_and_stays_one_where_it_is_redirected(site: Site, fetcher: Fetcher) -> None:
    async def take(request: web.Request) -> web.Response:
        return web.Response(status=202, text=str((await request.post())["hub.mode"]))

    site.on("/there", take)
    url = site.answer("/", status=308, Location="/there")
    answer = await fetcher.post(url, {"hub.mode": "subscribe"})
    assert (answer.status, answer.body) == (202, b"subscribe")


async def test_a_redirect_that_would_lose_the_form_is_an_answer(site: Site, fetcher: Fetcher) -> None:
    url = site.answer("/", status=302, Location="/there")
    assert (await fetcher.post(url, {"a": "b"})).status == 302
    assert len(site.seen) == 1


async def test_a_form_goes_nowhere_the_guard_forbids(site: Site, fetcher: Fetcher) -> None:
    with pytest.raises(FetchError, match="not a public address"):
        await fetcher.post("http://10.0.0.1/", {"a": "b"})
    with pytest.raises(FetchError, match="refused"):
        await fetcher.post(site.answer("/", status=307, Location="http://169.254.169.254/"), {"a": "b"})


@pytest.mark.parametrize(
    ("link", "offer"),
    [
        ('<https://hub.example/>; rel="hub"', Offer("https://hub.example/")),
        ('<https://a.example/>; rel=self, </h>; rel="x hub"', Offer("{url}h", "https://a.example/")),
        ("<https://hub.example/>; rel=next", None),
        ("<http://[::1>; rel=hub", None),
        ("nonsense, <>; <", None),
    ],
)
async def test_link_headers_name_the_hub(site: Site, fetcher: Fetcher, link: str, offer: Offer | None) -> None:
    fetched = await fetcher.feed(site.answer("/", "<rss/>", Link=link), FetchState())
    expected = Offer(offer.hub.replace("{url}", site.url()), offer.topic) if offer else None
    assert fetched.offer == expected


async def test_link_headers_without_end_are_not_read(fetcher: Fetcher) -> None:
    """aiohttp reads them in the loop: a hundred headers of 8 kB took it 1.8 s."""
    links = '<https://hub.example/>; rel="hub"' + ", <>" * 2_000
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n" + f"Link: {links}\r\n".encode() * 100
    async with raw_server(head + b"\r\n<rss/>") as url:
        fetched = await fetcher.feed(url, FetchState())
    assert (fetched.body, fetched.offer) == (b"<rss/>", None)
