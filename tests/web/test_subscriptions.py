"""Subscriptions at a hub over real sockets: asked for, confirmed, renewed, refused and given back."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.feed import Feed
from bot.domain.push import PushStatus
from bot.errors import BusyHostError, StorageError
from bot.service.pushes import BUSY_WAIT, COMPARE, SETTLED
from bot.web.websub import PATH as CALLBACKS
from bot.web.websub import PER_MINUTE
from tests.fakes.hub import FakeHub
from tests.web.town import Town, item, rss


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


async def test_a_hub_that_confirms_and_then_answers_with_an_error_has_confirmed(town: Town) -> None:
    town.hub.mode = "hasty"
    await town.poll()
    await town.tend()
    push = await town.push()
    assert (push.status, push.error) == (PushStatus.ACTIVE, None)


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


async def test_a_feed_that_is_gone_is_unsubscribed(town: Town) -> None:
    await town.subscribed()
    town.site.answer("/rss", status=410)
    town.bot.clock.forward(minutes=20)
    await town.bot.poll()
    town.bot.clock.forward(seconds=SETTLED.total_seconds())
    await town.tend()
    assert town.hub.granted == {}
    assert await town.all() == []


async def test_another_hub_takes_over_and_the_old_one_is_let_go(town: Town) -> None:
    old = await town.subscribed()
    await town.hub.send(old, rss(item(1)))
    async with FakeHub() as new:
        town.head = town.head.replace(town.hub.url, new.url)
        await town.poll(item(1))
        town.bot.clock.forward(seconds=SETTLED.total_seconds())
        assert (await town.state()).pushed_until is not None
        await town.tend()
        assert (await town.state()).pushed_until is None, "trust in the old hub is none in the new one"
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
