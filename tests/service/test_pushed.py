"""What hubs send; and whatever comes by push, by poll or by both, in any order: each entry is told once."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.push import Push, PushStatus
from bot.errors import StorageError
from bot.service.ingest import Ingest
from bot.service.ports import Fetched, Parsed
from bot.service.pushed import Pushed, Taken
from tests.fakes.feeds import FakeAnalyst
from tests.service.rig import WIRE, Rig, rig
from tests.service.test_told_once import BytesSource, item

SHOWN = 3


@dataclass(frozen=True)
class Step:
    """`publish` puts one more item into the feed; `poll`; `push` sends the newest `items` of it; `restart`."""

    what: str
    items: int = 1


steps = st.lists(
    st.one_of(
        st.just(Step("publish")),
        st.just(Step("poll")),
        st.integers(1, SHOWN).map(lambda n: Step("push", n)),
        st.just(Step("restart")),
        st.just(Step("both")),
    ),
    max_size=14,
)


def rss(items: Sequence[str]) -> bytes:
    return f'<rss version="2.0"><channel>{"".join(items)}</channel></rss>'.encode()


def report(number: int) -> str:
    return item(
        str(number), title=f"Dispatch number {number}", text=f"Speaker{number} rejects ceasefire", link=f"/{number}"
    )


class Play:
    """Plays steps on one bot, and keeps which items it had a chance to see."""

    def __init__(self, bot: Rig) -> None:
        self.bot = bot
        self.source = BytesSource()
        self.source.body = rss([])
        self.published: list[str] = []
        self.seen: set[int] = set()
        self.restart()

    def restart(self) -> None:
        bot = self.bot
        ingest = Ingest(
            source=self.source, analyst=FakeAnalyst(), storage=bot.storage, clock=bot.clock, meter=bot.meter,
            owed=lambda: None, jitter=lambda: 0.0,
        )  # fmt: skip
        bot.ingest = ingest
        bot.deliverer = bot.new_deliverer()
        self.pushed = Pushed(ingest=ingest, storage=bot.storage, clock=bot.clock)

    async def poll(self) -> None:
        self.source.body = rss(self.published[-SHOWN:])
        self.saw(SHOWN)
        await self.bot.poll()

    def subscription(self) -> Push:
        now = self.bot.clock.now()
        return Push(
            "id", 1, "https://hub.example/", WIRE.url, "https://me.example/websub/id", "s", PushStatus.ACTIVE,
            now, now, lease_until=now + timedelta(days=1),
        )  # fmt: skip

    async def push(self, items: int) -> None:
        self.saw(items)
        assert await self.pushed.take(self.subscription(), rss(self.published[-items:]), None) is Taken.SAVED

    def saw(self, items: int) -> None:
        self.seen |= set(range(max(len(self.published) - items, 0), len(self.published)))

    async def do(self, step: Step) -> None:
        if step.what == "publish":
            self.published.append(report(len(self.published)))
        elif step.what == "restart":
            self.restart()
        elif step.what == "poll":
            self.bot.clock.forward(minutes=20)
            await self.poll()
        elif step.what == "push":
            await self.push(step.items)
        else:
            self.bot.clock.forward(minutes=20)
            await asyncio.gather(self.poll(), self.push(1))


@pytest.fixture
async def played(bot: Rig) -> Play:
    await bot.settle()
    return Play(bot)


async def test_a_hub_is_told_to_come_again_while_a_poll_holds_the_feed(played: Play) -> None:
    bot = played.bot
    assert await bot.storage.claim_feed(1, now=bot.clock.now(), lease=timedelta(minutes=3)) is not None
    pushed = Pushed(ingest=bot.ingest, storage=bot.storage, clock=bot.clock, wait_for_feed=timedelta(0))
    assert await pushed.take(played.subscription(), rss([report(1)]), None) is Taken.LATER
    bot.clock.forward(minutes=3)
    assert await pushed.take(played.subscription(), rss([report(1)]), None) is Taken.SAVED


async def test_a_hub_is_not_kept_waiting_and_what_was_begun_goes_on(played: Play) -> None:
    bot = played.bot
    pushed = Pushed(ingest=bot.ingest, storage=bot.storage, clock=bot.clock, answer_within=timedelta(0), at_once=1)
    assert await pushed.take(played.subscription(), rss([report(1)]), None) is Taken.TAKEN
    assert await pushed.take(played.subscription(), rss([report(2)]), None) is Taken.LATER, "too many at once"
    await pushed.stop(timedelta(seconds=30))
    await bot.deliver()
    assert bot.shown == ["alert: Speaker1 reject ceasefire (1)"]
    assert await pushed.take(played.subscription(), rss([report(2)]), None) is Taken.LATER, "it has stopped"


async def test_a_database_that_fails_lets_the_hub_come_again(played: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = played.bot.storage
    whole = storage.write

    async def full(work: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(storage, "write", full)
    pushed = Pushed(ingest=played.bot.ingest, storage=storage, clock=played.bot.clock)
    assert await pushed.take(played.subscription(), rss([report(1)]), None) is Taken.LATER
    monkeypatch.setattr(storage, "write", whole)
    played.bot.clock.forward(minutes=3)
    assert await pushed.take(played.subscription(), rss([report(1)]), None) is Taken.SAVED


async def test_a_feed_rests_after_a_push_that_took_long(played: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else its hub could keep a child busy, and the feed from ever being polled."""
    bot, now = played.bot, 0.0
    pushed = Pushed(
        ingest=bot.ingest, storage=bot.storage, clock=bot.clock, wait_for_feed=timedelta(0), steady=lambda: now
    )
    whole = played.source.parse

    async def slow(fetched: Fetched, *, known: frozenset[bytes]) -> Parsed:
        nonlocal now
        now += 25
        return await whole(fetched, known=known)

    monkeypatch.setattr(played.source, "parse", slow)
    for body, outcome in ((rss([report(1)]), Taken.SAVED), (b"<html>", Taken.UNREADABLE)):
        assert await pushed.take(played.subscription(), body, None) is outcome
        now += 74
        assert await pushed.take(played.subscription(), rss([report(2)]), None) is Taken.LATER
        assert (await bot.poll())[0].status in ("polled", "unchanged"), "a poll finds it free"
        bot.clock.forward(minutes=20)
        now += 1
    assert await pushed.take(played.subscription(), rss([report(2)]), None) is Taken.SAVED


async def test_pushes_cause_no_more_alerts_than_a_poll_would(played: Play) -> None:
    bot = played.bot
    for first in (0, 15, 30):
        body = rss([report(n) for n in range(first, first + 15)])
        assert await played.pushed.take(played.subscription(), body, None) is Taken.SAVED
    for _ in range(25):
        await bot.deliver(seconds=5)
    kinds = [shown.split(":")[0] for shown in bot.shown]
    assert (kinds.count("alert"), kinds.count("catch_up")) == (20, 1)
    assert all(f"Speaker{n} reject" in " ".join(bot.shown) for n in range(45)), "nothing is lost"
    bot.clock.forward(minutes=20)
    assert await played.pushed.take(played.subscription(), rss([report(n) for n in range(50, 60)]), None) is Taken.SAVED
    for _ in range(12):
        await bot.deliver(seconds=5)
    assert [shown.split(":")[0] for shown in bot.shown].count("alert") == 30


@pytest.mark.parametrize("body", [b"", b"<html>"])
async def test_what_cannot_be_read_is_told_once(played: Play, caplog: pytest.LogCaptureFixture, body: bytes) -> None:
    for _ in range(3):
        assert await played.pushed.take(played.subscription(), body, None) is Taken.UNREADABLE
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert [w.startswith("Harbour Wire: its hub pushed what cannot be read") for w in warnings] == [True]
    assert (await played.bot.poll())[0].status == "polled", "the feed was given back"


async def test_a_first_push_to_a_feed_that_was_never_read_is_silent(bot: Rig) -> None:
    await bot.storage.sync_feeds([WIRE])
    played = Play(bot)
    assert await played.pushed.take(played.subscription(), rss([report(1)]), None) is Taken.SAVED
    await bot.deliver()
    assert bot.shown == []


@settings(max_examples=40, deadline=None)
@given(steps)
def test_any_mix_of_pushes_and_polls_tells_each_entry_once(todo: list[Step]) -> None:
    async def play(folder: str) -> None:
        async with rig(Path(folder)) as bot:
            await bot.settle()
            one = Play(bot)
            for step in todo:
                await one.do(step)
                await bot.deliver()
            assert sorted(bot.shown) == sorted(f"alert: Speaker{n} reject ceasefire (1)" for n in one.seen)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(folder))
