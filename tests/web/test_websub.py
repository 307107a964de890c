"""WebSub over real sockets: a site, a hub, the web server, the fetcher, the parser's child and a database."""

import asyncio
import hashlib
import hmac
import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from bot.domain.feed import Feed
from bot.domain.push import Push, PushStatus
from bot.domain.subscription import Subscription
from bot.errors import BusyHostError, StorageError
from bot.feeds import jobs
from bot.feeds.source import HttpFeedSource
from bot.service.health import HealthReport
from bot.service.ingest import Ingest, PollOutcome
from bot.service.pushed import Pushed
from bot.service.pushes import BUSY_WAIT, COMPARE, SETTLED, Pushes
from bot.storage import SqlStorage
from bot.web.metrics import PrometheusMeter
from bot.web.server import WebServer
from bot.web.websub import PATH as CALLBACKS
from bot.web.websub import PER_MINUTE, Callbacks, Gate
from bot.worker import Workers
from tests.fakes.feeds import FakeAnalyst
from tests.fakes.hub import FakeHub
from tests.feeds.conftest import LOOPBACK, Site
from tests.service.rig import CHANNEL, Rig, rig


def item(number: int, says: str = "") -> str:
    said = says or f"Speaker{number} rejects ceasefire"
    return f"<item><guid>{number}</guid><title>Report number {number}</title><description>{said}</description></item>"


def rss(*items: str, head: str = "") -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{head}{"".join(items)}</channel></rss>'.encode()


class Town:
    """A bot that hubs can reach. `restart` is what a process that ends and starts again knows: the database."""

    def __init__(self, bot: Rig, site: Site, hub: FakeHub, workers: Workers) -> None:
        self.bot, self.site, self.hub = bot, site, hub
        self.feed = Feed("Harbour Wire", site.url("/rss"), "Harbour Wire", language="en")
        self.meter = PrometheusMeter()
        self.source = HttpFeedSource(workers, allow=LOOPBACK)
        self.head = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{hub.url}"/>'
        self.max_bytes, self.timeout = 10_000_000, timedelta(seconds=30)
        self.keys = 0
        self.server: WebServer
        self.pushes: Pushes

    async def start(self, port: int = 0) -> None:
        bot = self.bot
        self.server = WebServer(
            "127.0.0.1", port, health=lambda: HealthReport(healthy=True), meter=self.meter, callbacks=None
        )
        if not port:  # the port is needed before the routes are made
            await self.server.start()
            port = self.server.port
            await self.server.close()
        self.pushes = Pushes(
            hubs=self.source,
            storage=bot.storage,
            clock=bot.clock,
            meter=self.meter,
            base=f"http://127.0.0.1:{port}/town{CALLBACKS}",
            jitter=lambda: 0.0,
            new_key=self._key,
        )
        bot.ingest = Ingest(
            source=self.source,
            analyst=FakeAnalyst(),
            storage=bot.storage,
            clock=bot.clock,
            meter=self.meter,
            owed=lambda: None,
            jitter=lambda: 0.0,
            offered=self.pushes.offered,
        )
        self.pushed = Pushed(ingest=bot.ingest, storage=bot.storage, clock=bot.clock)
        callbacks = Callbacks(
            self.pushes,
            self.pushed,
            meter=self.meter,
            prefix="/town",
            gate=Gate(steady=lambda: 0.0),  # no minute passes while a test sends
            max_bytes=self.max_bytes,
            timeout=self.timeout,
        )
        self.server = WebServer(
            "127.0.0.1", port, health=lambda: HealthReport(healthy=True), meter=self.meter, callbacks=callbacks
        )
        await self.server.start()

    async def stop(self) -> None:
        await self.server.close()
        await self.pushed.stop(timedelta(seconds=5))

    async def restart(self) -> None:
        port = self.server.port
        await self.stop()
        await self.start(port)

    def shows(self, *items: str) -> None:
        self.site.answer("/rss", rss(*items, head=self.head))

    async def poll(self, *items: str) -> PollOutcome:
        self.shows(*items)
        self.bot.clock.forward(minutes=20)
        (outcome,) = await self.bot.poll()
        await self.bot.deliver()
        return outcome

    async def tend(self) -> None:
        await self.pushes.tend()
        await self.hub.settled()

    async def subscribed(self) -> str:
        """The feed has been polled, and the hub has granted what it names. The callback."""
        await self.poll()
        await self.tend()
        (callback,) = self.hub.granted
        return callback

    async def push(self) -> Push:
        (one,) = await self.all()
        return one

    async def all(self) -> list[Push]:
        return list(await self.bot.storage.write(lambda tx: tx.pushes()))

    async def state(self):
        (health,) = await self.bot.storage.health()
        return health.state

    async def told(self) -> list[str]:
        await self.bot.deliver()
        return self.bot.shown

    def counted(self, outcome: str) -> float:
        wanted = f'parley_pushes_total{{outcome="{outcome}"}}'
        lines = self.meter.page().decode().splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(wanted)), 0)

    def _key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}-{'x' * 32}"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        bot = await stack.enter_async_context(rig(tmp_path))
        site = Site()
        await site.server.start_server()
        stack.push_async_callback(site.server.close)
        hub = await stack.enter_async_context(FakeHub())
        workers = Workers(initializer=jobs.warm_up)
        stack.push_async_callback(workers.close)
        town = Town(bot, site, hub, workers)
        stack.push_async_callback(town.source.close)
        await bot.storage.sync_feeds([town.feed])
        await bot.storage.sync_subscriptions([Subscription(CHANNEL)])
        await town.start()
        yield town
        await town.stop()


# --- subscribing -----------------------------------------------------------------------------------


async def test_a_feed_is_subscribed_where_it_says_and_a_push_is_told_at_once(town: Town) -> None:
    callback = await town.subscribed()
    (form,) = town.hub.asked
    push = await town.push()
    assert form == {
        "hub.mode": "subscribe",
        "hub.topic": town.feed.url,
        "hub.callback": push.callback,
        "hub.lease_seconds": "864000",
        "hub.secret": push.secret,
    }
    assert (push.status, push.tries) == (PushStatus.ACTIVE, 0)
    assert push.lease_until == town.bot.clock.now() + timedelta(days=10)
    assert await town.hub.send(callback, rss(item(1))) == 202
    assert await town.told() == ["alert: Speaker1 reject ceasefire (1)"]
    assert town.counted("saved") == 1


async def test_the_topic_is_the_feeds_own_name_for_itself_and_headers_outdo_the_body(town: Town) -> None:
    topic = "https://wire.example/rss?All=1"
    town.site.answer(
        "/rss", rss(head='<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="http://127.0.0.1:1/"/>'),
        Link=f'<{town.hub.url}>; rel="hub", <{topic}>; rel=self',
    )  # fmt: skip
    await town.bot.poll()
    await town.tend()
    assert [g.topic for g in town.hub.granted.values()] == [topic]


async def test_a_hub_that_moved_is_followed(town: Town) -> None:
    town.hub.mode = "moved"
    await town.subscribed()
    assert len(town.hub.asked) == 2


async def test_what_a_feed_says_while_others_are_compared_is_not_overlooked(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage, whole = town.bot.storage, town.bot.storage.write

    async def write(work: Any) -> Any:
        done = await whole(work)
        monkeypatch.setattr(storage, "write", whole)
        (one,) = await storage.claim_feeds(now=town.bot.clock.now(), limit=1, lease=timedelta(minutes=1))
        await town.bot.ingest.poll(one)
        return done

    town.shows()

    monkeypatch.setattr(storage, "write", write)
    await town.tend()
    await town.tend()
    assert len(town.hub.granted) == 1


async def test_a_database_that_fails_is_asked_again(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(_: object) -> None:
        raise StorageError("the disk is full")

    await town.poll()
    with monkeypatch.context() as broken:
        broken.setattr(town.bot.storage, "write", full)
        broken.setattr(town.bot.storage, "push", full)
        await town.tend()
        callback = f"http://127.0.0.1:{town.server.port}{CALLBACKS}key-1"
        query = {"hub.mode": "subscribe", "hub.topic": town.feed.url, "hub.challenge": "c"}
        assert (await town.hub.ask_back(callback, query))[0] == 503
        assert (await town.hub.ask_back(callback, {"hub.mode": "denied"}))[0] == 503
    await town.tend()
    assert len(town.hub.granted) == 1


async def test_a_feed_without_a_hub_asks_nobody(town: Town) -> None:
    town.head = ""
    await town.poll(item(1))
    await town.tend()
    assert await town.all() == []


async def test_a_hub_in_the_operators_own_network_is_not_asked(town: Town) -> None:
    town.head = town.head.replace("127.0.0.1", "169.254.169.254")
    await town.poll()
    await town.tend()
    push = await town.push()
    assert "not a public address" in (push.error or "")
    assert push.next_try == town.bot.clock.now() + timedelta(minutes=10)


@pytest.mark.parametrize("mode", ["broken", "silent"])
async def test_a_hub_that_does_not_confirm_is_asked_less_and_less_often(town: Town, mode: str) -> None:
    town.hub.mode = mode  # type: ignore[assignment]  # one of its modes
    await town.poll()
    waits = []
    for _ in range(9):
        await town.tend()
        push = await town.push()
        assert push.status is PushStatus.ASKED
        waits.append((push.next_try - town.bot.clock.now()) / timedelta(minutes=10))
        town.bot.clock.at = push.next_try
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 144]
    assert len(town.hub.asked) == 9
    assert ("500" in (push.error or "")) == (mode == "broken")
    town.hub.mode = "accept"
    await town.tend()
    assert (await town.push()).status is PushStatus.ACTIVE


async def test_a_hub_that_was_busy_with_others_is_asked_soon(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> None:
        raise BusyHostError("hub.example is busy")

    await town.poll()
    with monkeypatch.context() as context:
        context.setattr(town.source, "ask_hub", busy)
        for _ in range(5):
            await town.tend()
            push = await town.push()
            assert (push.tries, push.error) == (0, None), "it was not asked"
            assert push.next_try == town.bot.clock.now() + BUSY_WAIT
            town.bot.clock.forward(seconds=30)
    await town.tend()
    assert (await town.push()).status is PushStatus.ACTIVE


async def test_a_hub_that_refuses_is_asked_again_in_a_day(town: Town) -> None:
    town.hub.mode = "refuse"
    await town.poll()
    await town.tend()
    assert town.hub.confirmations == [(200, "")]
    push = await town.push()
    assert (push.status, push.next_try) == (PushStatus.REFUSED, town.bot.clock.now() + timedelta(days=1))
    unasked = {"hub.mode": "subscribe", "hub.topic": town.feed.url, "hub.challenge": "c"}
    assert (await town.hub.ask_back(push.callback, unasked))[0] == 404
    town.hub.mode = "accept"
    town.bot.clock.forward(hours=23)
    await town.tend()
    assert len(town.hub.asked) == 1
    town.bot.clock.forward(hours=1)
    await town.tend()
    assert (await town.push()).status is PushStatus.ACTIVE


async def test_a_hub_may_end_what_it_granted(town: Town) -> None:
    callback = await town.subscribed()
    await town.hub.send(callback, rss(item(1)))
    assert (await town.state()).pushed_until is not None
    answer = await town.hub.ask_back(callback, {"hub.mode": "denied", "hub.topic": town.feed.url})
    assert answer == (200, "")
    assert (await town.state()).pushed_until is None
    assert await town.hub.send(callback, rss(item(2))) == 410


@pytest.mark.parametrize(
    "query",
    [
        {"hub.mode": "subscribe", "hub.topic": "https://other.example/", "hub.challenge": "c"},
        {"hub.mode": "unsubscribe", "hub.challenge": "c"},
        {"hub.mode": "publish", "hub.challenge": "c"},
        {"hub.mode": "subscribe", "hub.challenge": ""},
        {"hub.mode": "subscribe", "hub.challenge": "c" * 5_000},
        {"hub.mode": "denied", "hub.topic": "https://other.example/"},
        {},
    ],
)
async def test_what_nobody_asked_for_is_not_confirmed(town: Town, query: dict[str, str]) -> None:
    callback = await town.subscribed()
    before = await town.push()
    assert (await town.hub.ask_back(callback, {"hub.topic": town.feed.url} | query))[0] == 404
    assert await town.push() == before
    unknown = callback.replace("key-1", "key-9")
    asked = {"hub.mode": "subscribe", "hub.topic": town.feed.url, "hub.challenge": "c"}
    assert (await town.hub.ask_back(unknown, asked))[0] == 404


@pytest.mark.parametrize("id_", ["key-9", "%00", "key%00-1", "x" * 2_000, "%ED%B2%80", "é"])
async def test_strangers_cost_no_write(town: Town, monkeypatch: pytest.MonkeyPatch, id_: str) -> None:
    """Writes stand in one line with the polls'; and PostgreSQL calls a NUL its own fault, not the stranger's."""
    callback = await town.subscribed()

    async def write(*_: object) -> None:
        raise AssertionError("a stranger made us write")

    monkeypatch.setattr(town.bot.storage, "write", write)
    address = callback[: callback.index("/key-")] + f"/{id_}"
    for mode in ("subscribe", "unsubscribe", "denied"):
        query = {"hub.mode": mode, "hub.topic": town.feed.url, "hub.challenge": "c"}
        assert (await town.hub.ask_back(address, query))[0] == 404
    assert await town.hub.send(address, rss(item(1)), secret="any") in (404, 410)


async def test_a_hub_that_confirms_without_end_is_told_to_come_later(town: Town) -> None:
    callback = await town.subscribed()
    query = {"hub.mode": "subscribe", "hub.topic": town.feed.url, "hub.challenge": "c"}
    statuses = [(await town.hub.ask_back(callback, query))[0] for _ in range(PER_MINUTE + 3)]
    assert statuses.count(429) >= 3, "each of them is a write"
    assert await town.hub.send(callback, rss(item(1))) == 202, "pushes are counted apart"


async def test_a_challenge_is_plain_text_whatever_it_holds(town: Town) -> None:
    callback = await town.subscribed()
    query = {"hub.mode": "subscribe", "hub.topic": town.feed.url, "hub.challenge": "<script>alert(1)</script>"}
    async with town.hub.session.get(callback, params=query) as response:
        assert response.content_type == "text/plain"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert await response.text() == "<script>alert(1)</script>"


# --- leases ----------------------------------------------------------------------------------------


async def test_a_lease_is_renewed_after_two_thirds_with_the_same_secret(town: Town) -> None:
    town.hub.lease = 86_400
    await town.subscribed()
    first = await town.push()
    assert first.next_try == town.bot.clock.now() + timedelta(hours=16)
    town.bot.clock.at = first.next_try
    await town.restart()
    await town.tend()
    again = await town.push()
    assert (again.secret, again.callback, again.status) == (first.secret, first.callback, PushStatus.ACTIVE)
    assert again.lease_until == town.bot.clock.now() + timedelta(days=1)
    assert [form["hub.mode"] for form in town.hub.asked] == ["subscribe", "subscribe"]


async def test_a_renewal_that_fails_leaves_the_lease_until_it_ends(town: Town) -> None:
    town.hub.lease = 86_400
    callback = await town.subscribed()
    end = (await town.push()).lease_until
    assert end is not None
    town.hub.mode = "broken"
    town.bot.clock.forward(hours=17)
    await town.tend()
    assert (await town.push()).status is PushStatus.ACTIVE
    assert await town.hub.send(callback, rss(item(1))) == 202
    assert len(await town.told()) == 1
    town.bot.clock.at = end
    await town.tend()
    assert (await town.push()).status is PushStatus.ASKED


async def test_everything_survives_a_restart(town: Town) -> None:
    callback = await town.subscribed()
    await town.restart()
    await town.tend()
    assert len(town.hub.asked) == 1, "what is granted is not asked for again"
    assert await town.hub.send(callback, rss(item(1))) == 202
    assert await town.told() == ["alert: Speaker1 reject ceasefire (1)"]


# --- letting go ------------------------------------------------------------------------------------


async def test_a_feed_that_leaves_the_settings_is_unsubscribed(town: Town) -> None:
    callback = await town.subscribed()
    await town.bot.storage.sync_feeds([])
    town.bot.clock.forward(seconds=SETTLED.total_seconds())
    await town.tend()
    assert [form["hub.mode"] for form in town.hub.asked] == ["subscribe", "unsubscribe"]
    assert "hub.secret" not in town.hub.asked[1]
    assert town.hub.granted == {}
    assert await town.all() == []
    assert await town.hub.send(callback, rss(item(1)), secret="late") == 410


async def test_another_hub_takes_over_and_the_old_one_is_let_go(town: Town) -> None:
    old = await town.subscribed()
    async with FakeHub() as new:
        town.head = town.head.replace(town.hub.url, new.url)
        await town.poll(item(1))
        town.bot.clock.forward(seconds=SETTLED.total_seconds())
        await town.tend()
        await new.settled()
        assert town.hub.granted == {}
        (callback,) = new.granted
        assert callback != old
        assert [p.hub for p in await town.all()] == [new.url]
        assert await new.send(callback, rss(item(2))) == 202
        assert len(await town.told()) == 2


async def test_a_feed_that_names_another_hub_at_every_poll_is_followed_once_an_hour(town: Town) -> None:
    await town.subscribed()
    for n in range(2):
        town.head = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{town.hub.url}?{n}"/>'
        await town.poll(item(n))
        await town.tend()
    assert len(town.hub.asked) == 1


async def test_a_hub_that_keeps_what_it_was_asked_to_drop_is_forgotten(town: Town) -> None:
    callback = await town.subscribed()
    secret = (await town.push()).secret
    town.hub.mode = "broken"
    await town.bot.storage.sync_feeds([])
    town.bot.clock.forward(seconds=SETTLED.total_seconds())
    for _ in range(4):
        await town.tend()
        assert await town.hub.send(callback, rss(item(1)), secret=secret) == 410
        town.bot.clock.forward(days=1)
    assert await town.all() == []
    assert [form["hub.mode"] for form in town.hub.asked] == ["subscribe", *["unsubscribe"] * 3]


async def test_another_public_address_is_told_to_the_hub(town: Town) -> None:
    old = await town.subscribed()
    await town.stop()
    await town.start()
    await town.tend()
    asked = [(form["hub.mode"], form["hub.callback"] == old) for form in town.hub.asked]
    assert sorted(asked) == [("subscribe", False), ("subscribe", True), ("unsubscribe", True)]
    assert [p.status for p in await town.all() if p.callback != old] == [PushStatus.ACTIVE]


# --- what is pushed --------------------------------------------------------------------------------


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
    assert (await town.state()).pushed_until is None
    assert await town.hub.send(callback, rss(item(1))) == 202, "the feed is not held by them"
    assert len(await town.told()) == 1
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
    assert town.counted("broken_off") >= 1
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


# --- pace ------------------------------------------------------------------------------------------


async def test_polling_slows_while_pushes_arrive_and_not_for_a_hub_that_misses_news(town: Town) -> None:
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


async def test_the_comparison_comes_by_itself_and_hubs_are_not_asked_in_a_burst(town: Town) -> None:
    feeds = [Feed(f"F{n}", town.site.url(f"/{n}"), "P", language="en") for n in range(25)]
    await town.bot.storage.sync_feeds(feeds)
    for n in range(25):
        town.site.answer(f"/{n}", rss(head=town.head))
    town.bot.clock.forward(minutes=20)
    for one in await town.bot.storage.claim_feeds(now=town.bot.clock.now(), limit=99, lease=timedelta(minutes=1)):
        await town.bot.ingest.poll(one)
    counts = []
    for _ in range(3):
        await town.tend()
        counts.append(len(town.hub.granted))
    assert counts == [10, 20, 25]
    town.bot.clock.forward(seconds=COMPARE.total_seconds())
    await town.tend()
    assert len(town.hub.asked) == 25


async def test_a_clock_that_is_set_back_stops_neither_comparing_nor_following(town: Town) -> None:
    town.bot.clock.forward(days=400)
    await town.subscribed()
    town.bot.clock.forward(days=-400)
    town.head = town.head.replace(town.hub.url, town.hub.url + "?new")
    await town.bot.storage.retry_failing(now=town.bot.clock.now())
    await town.poll(item(1))
    await town.tend()
    assert [p.hub for p in await town.all() if p.status is not PushStatus.ENDING] == [town.hub.url + "?new"]
