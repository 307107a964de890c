"""What a hub sends over real sockets, to the alert and to the pace of polling."""

import asyncio
import hashlib
import hmac
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import aiohttp
import pytest
from yarl import URL

from bot.domain.feed import Feed
from bot.storage import SqlStorage
from bot.web import websub
from bot.web.websub import BODIES, PER_MINUTE, Gate
from tests.web.town import Town, item, rss


async def test_a_part_of_the_feed_changes_nothing_that_polling_knows(town: Town) -> None:
    await town.poll(item(1, "nothing"), item(2, "nothing"))
    town.site.answer("/rss", rss(item(1, "nothing"), item(2, "nothing"), head=town.head + " "), ETag='"2"')
    town.bot.clock.forward(minutes=20)
    await town.bot.poll()
    await town.tend()
    before = (await town.bot.storage.claim_feeds(now=town.bot.clock.now() + timedelta(days=1), limit=1,
                                                 lease=timedelta(0)))[0].state  # fmt: skip
    await town.hub.publish(town.feed.url, rss(item(3)))
    after = (await town.bot.storage.claim_feeds(now=town.bot.clock.now() + timedelta(days=1), limit=1,
                                                lease=timedelta(0)))[0].state  # fmt: skip
    assert (before.etag, len(before.items)) == ('"2"', 2)
    learnt = {"last_news": after.last_news, "rhythm": after.rhythm, "pushed_until": after.pushed_until}
    assert after == replace(before, **learnt)  # type: ignore[arg-type]  # of their types
    assert after.pushed_until == (await town.push()).lease_until


async def test_what_was_pushed_is_not_told_again_by_the_poll_nor_the_other_way_round(town: Town) -> None:
    callback = await town.subscribed()
    assert await town.hub.send(callback, rss(item(1))) == 202
    assert await town.hub.send(callback, rss(item(1))) == 202, "a replay"
    assert (await town.poll(item(1))).new == 0
    assert (await town.poll(item(1), item(2))).new == 1
    assert await town.hub.send(callback, rss(item(2), item(1))) == 202
    assert await town.told() == ["alert: Speaker1 reject ceasefire (1)", "alert: Speaker2 reject ceasefire (1)"]


async def test_an_item_without_an_id_is_the_same_one_by_push_and_by_poll(town: Town) -> None:
    town.head += '<link xmlns="http://www.w3.org/2005/Atom" rel="self" href="https://elsewhere.example/all"/>'
    callback = await town.subscribed()
    bare = "<item><title>Report</title><link>/1</link><description>Speaker1 rejects ceasefire</description></item>"
    assert await town.hub.send(callback, rss(bare)) == 202
    assert (await town.poll(bare)).new == 0
    assert await town.told() == ["alert: Speaker1 reject ceasefire (1)"]


async def test_nor_is_it_another_where_the_feed_has_moved_for_good(town: Town) -> None:
    town.path = "/moved/rss"
    town.site.answer("/rss", status=301, Location=town.path)
    callback = await town.subscribed()
    for _ in range(2):
        await town.poll()
    assert (await town.state()).learnt_address is not None
    bare = "<item><title>Report</title><link>1</link><description>Speaker1 rejects ceasefire</description></item>"
    assert await town.hub.send(callback, rss(bare)) == 202
    assert (await town.poll(bare)).new == 0
    assert await town.told() == ["alert: Speaker1 reject ceasefire (1)"]


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512", "SHA256"])
async def test_every_method_of_the_standard_is_known(town: Town, method: str) -> None:
    callback = await town.subscribed()
    body, secret = rss(item(1)), (await town.push()).secret
    made = hmac.new(secret.encode(), body, getattr(hashlib, method.lower())).hexdigest()
    assert await town.hub.send(callback, body, X_Hub_Signature=f"{method}={made.upper()}") == 202
    assert len(await town.told()) == 1


@pytest.mark.parametrize(
    "wrong", [{"secret": "guessed"}, {"method": "md5"}, {"X_Hub_Signature": ""}, {"X_Hub_Signature": "sha256="},
              {"X_Hub_Signature": "sha256=" + "0" * 64}, {"X_Hub_Signature": "é=ö"}]
)  # fmt: skip
async def test_what_is_not_signed_as_agreed_is_thanked_for_and_ignored(town: Town, wrong: dict[str, str]) -> None:
    callback = await town.subscribed()
    assert await town.hub.send(callback, rss(item(1)), **wrong) == 202
    assert await town.told() == []
    assert town.counted("unsigned") == 1
    assert (await town.state()).pushed_until is None


async def test_bodies_that_are_no_feed_are_taken_and_forgotten(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    callback = await town.subscribed()
    for body in (b"", b"<html>", b"\0" * 100, b"<rss>", b"{"):
        assert await town.hub.send(callback, body) == 202
    assert town.counted("unreadable") == 5
    assert await town.hub.send(callback, rss()) == 202
    assert (await town.state()).pushed_until is None
    assert await town.hub.send(callback, rss(item(1))) == 202, "the feed is not held by them"
    assert len(await town.told()) == 1
    for _ in range(2):
        assert await town.hub.send(callback, b"<html>") == 202
    told = [r for r in caplog.records if r.levelname == "WARNING" and "pushed what cannot be read" in r.getMessage()]
    assert len(told) == 2, "once, and once more after one that could be read"
    assert "key-" not in caplog.text


async def test_a_body_is_refused_by_its_length_and_while_it_comes(town: Town) -> None:
    town.max_bytes = 200_000
    await town.restart()
    callback = await town.subscribed()
    big = io.BytesIO(b" " * 100_000_000)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536
            await asyncio.sleep(0)

    signed = {"X-Hub-Signature": "sha1=" + "0" * 40}
    for body in (big, endless()):
        try:
            async with town.hub.session.post(callback, data=body, headers=signed) as response:
                assert response.status == 413
        except aiohttp.ClientOSError:  # it was still sending when the connection was closed
            pass
    assert town.counted("too_large") == 2


async def test_a_packed_body_is_refused_unread(town: Town) -> None:
    callback = await town.subscribed()
    assert await town.hub.send(callback, b"bomb", Content_Encoding="gzip") == 415


async def test_a_slow_body_is_given_up(town: Town) -> None:
    town.timeout = timedelta(seconds=0.2)
    await town.restart()
    callback = await town.subscribed()

    async def drip() -> AsyncIterator[bytes]:
        yield b"<rss>"
        await asyncio.sleep(60)

    async def send() -> int:
        headers = {"X-Hub-Signature": "sha1=" + "0" * 40}
        async with town.hub.session.post(callback, data=drip(), headers=headers) as response:
            return response.status

    assert await send() == 408
    assert town.counted("slow") == 1


async def test_what_breaks_off_or_is_no_http_leaves_nothing_in_the_log(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    """The callback's id is what lets a hub in, and aiohttp's complaints quote the line that is wrong."""
    callback = await town.subscribed()
    address = URL(callback)
    head = f"POST {address.path} HTTP/1.1\r\nHost: me\r\nX-Hub-Signature: sha1={'0' * 40}\r\n"
    for request in (
        f"{head}Content-Length: 100\r\n\r\n<rss",
        f"{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        f"POST {address.path}?\x01 HTTP/1.1\r\nHost: me\r\n\r\n",
        f"GET {address.path} HTTP/9.9\r\n\r\n",
    ):
        reader, writer = await asyncio.open_connection(address.host, address.port)
        writer.write(request.encode())
        writer.write_eof()
        await reader.read()
        writer.close()
    async with asyncio.timeout(30):  # a connection may be gone before its handler has heard of it
        while not town.counted("broken_off"):  # noqa: ASYNC110  # the server tells nobody
            await asyncio.sleep(0.01)
    assert [r.getMessage() for r in caplog.records if r.levelname in ("WARNING", "ERROR")] == []
    assert "key-1" not in caplog.text


async def test_an_unknown_callback_is_gone_and_its_body_is_not_read(town: Town) -> None:
    callback = await town.subscribed()
    assert await town.hub.send(callback + "x", rss(item(1)), secret="any") == 410
    assert town.counted("unknown") == 1


async def test_while_a_poll_holds_the_feed_a_push_waits_for_it(town: Town) -> None:
    callback = await town.subscribed()
    storage: SqlStorage = town.bot.storage
    (push,) = await town.all()
    held = await storage.claim_feed(push.feed, now=town.bot.clock.now(), lease=timedelta(minutes=3))
    assert held is not None
    sent = asyncio.create_task(town.hub.send(callback, rss(item(1))))
    await asyncio.sleep(0.3)
    assert not sent.done()
    await storage.release_feeds([held])
    assert await sent == 202
    assert len(await town.told()) == 1


async def test_a_hub_that_floods_is_told_to_come_later(town: Town) -> None:
    callback = await town.subscribed()
    statuses = [await town.hub.send(callback, rss(item(1, "x"))) for _ in range(PER_MINUTE + 3)]
    assert statuses == [202] * PER_MINUTE + [429] * 3
    assert town.counted("later") == 3


def test_the_gate_counts_by_subscription() -> None:
    now = 0.0
    gate = Gate(open_=2, per_minute=4, steady=lambda: now)
    with gate.enter("a") as one, gate.enter("a") as two, gate.enter("a") as three:
        assert (one, two, three) == (True, True, False)
        with gate.enter("b") as other:
            assert other
    for expected in (True, True, False):
        with gate.enter("a") as free:
            assert free == expected
    now = 60.0
    with gate.enter("a") as free:
        assert free


async def test_many_feeds_that_are_pushed_at_once_all_get_their_turn(town: Town) -> None:
    feeds = [Feed(f"F{n}", town.site.url(f"/{n}"), f"P{n}", language="en") for n in range(30)]
    await town.bot.storage.sync_feeds(feeds)
    for n in range(30):
        town.site.answer(f"/{n}", rss(head=town.head))
    town.bot.clock.forward(minutes=20)
    for one in await town.bot.storage.claim_feeds(now=town.bot.clock.now(), limit=99, lease=timedelta(minutes=1)):
        await town.bot.ingest.poll(one)
    for _ in range(3):
        await town.tend()
    statuses = await asyncio.gather(
        *(town.hub.send(callback, rss(item(n))) for n, callback in enumerate(town.hub.granted))
    )
    assert statuses == [202] * 30
    assert len(await town.told()) == 30


@asynccontextmanager
async def eight_bodies_dripping(town: Town) -> AsyncIterator[str]:
    """As many bodies as are held at a time are on their way from one hub; the callback of a feed of another."""
    heads = [town.head] * BODIES + [town.head.replace("127.0.0.1", "localhost")]
    feeds = [Feed(f"F{n}", town.site.url(f"/{n}"), f"P{n}", language="en") for n in range(len(heads))]
    await town.bot.storage.sync_feeds(feeds)
    for n, head in enumerate(heads):
        town.site.answer(f"/{n}", rss(head=head))
    town.bot.clock.forward(minutes=20)
    for one in await town.bot.storage.claim_feeds(now=town.bot.clock.now(), limit=99, lease=timedelta(minutes=1)):
        await town.bot.ingest.poll(one)
    await town.tend()
    pushes = {urlsplit(push.topic).path: push for push in await town.all()}
    begun = asyncio.Semaphore(0)

    async def drip() -> AsyncIterator[bytes]:
        yield b"<rss>"
        begun.release()
        await asyncio.sleep(60)

    async def send(callback: str) -> None:
        headers = {"X-Hub-Signature": "sha1=" + "0" * 40}
        async with town.hub.session.post(callback, data=drip(), headers=headers):
            pass

    dripping = [asyncio.create_task(send(pushes[f"/{n}"].callback)) for n in range(BODIES)]
    for _ in dripping:
        await begun.acquire()
    yield pushes[f"/{BODIES}"].callback
    for one in dripping:
        one.cancel()
    await asyncio.gather(*dripping, return_exceptions=True)


async def test_a_hub_that_drips_holds_up_no_other(town: Town) -> None:
    async with eight_bodies_dripping(town) as callback:
        assert await town.hub.send(callback, rss(item(1))) == 202


async def test_no_more_bodies_are_held_of_all_hubs_together(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websub, "HUB_BODIES", BODIES)
    monkeypatch.setattr(websub, "TURN", timedelta(milliseconds=50))
    async with eight_bodies_dripping(town) as callback:
        answers = [await town.hub.send(callback, rss(item(n))) for n in range(5)]  # the first may still overtake one
        assert 503 in answers


# --- pace ------------------------------------------------------------------------------------------


async def test_polling_slows_while_pushes_arrive_and_not_for_a_hub_that_misses_news(town: Town) -> None:
    town.hub.lease = 7_200  # so short that the end of it is told from a long silence
    callback = await town.subscribed()

    async def waits(*items: str) -> tuple[timedelta, str]:
        await town.poll(*items)
        state = await town.state()
        assert state.next_check is not None
        assert state.last_success is not None
        return state.next_check - state.last_success, state.reason

    assert (await waits())[0] == timedelta(minutes=5)
    await town.hub.send(callback, rss(item(1)))
    assert await waits(item(1)) == (timedelta(minutes=15), "its hub pushes what is new (WebSub)")
    wait, reason = await waits(item(1), item(2))
    assert wait < timedelta(minutes=15)
    assert "WebSub" not in reason
    await town.hub.send(callback, rss(item(2)))
    assert (await waits(item(2)))[1] == "its hub pushes what is new (WebSub)"
    town.bot.clock.at = (await town.push()).lease_until or town.bot.clock.at
    assert "WebSub" not in (await waits(item(2), item(1)))[1]
