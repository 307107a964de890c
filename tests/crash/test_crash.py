"""Kill -9 between any two steps: after a restart each message is in the channel exactly once."""

import asyncio
import shutil
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

from tests.crash.scene import PATIENCE, FeedServer, bot, rss, settings, stop, told
from tests.fakes.discord import FakeDiscord
from tests.fakes.hub import FakeHub
from tests.fakes.slack import FakeSlack

BEFORE = [("old", "The harbour bridge reopens", "Trains run again.")]
FIRST = "Ukraine rejects ceasefire offer over the harbour"
SECOND = "Russia rules out ceasefire before the winter talks"
THIRD = "Turkey calls for a ceasefire in Ukraine"
WIRE = [("1", FIRST, "Ukraine rejected the ceasefire."), ("2", SECOND, "Russia ruled out a ceasefire."), *BEFORE]
# The same story by another outlet (an edit of the alert), in which somebody else speaks (a reply in its thread).
RADIO = [("r1", FIRST, f"{THIRD}, its foreign ministry said."), *BEFORE]

STEPS = [
    ("after", "Source.fetch", 1),
    ("after", "Source.parse", 1),
    ("after", "Analyst.analyse", 1),
    ("before", "Transaction.finish_poll", 1),
    ("after", "Transaction.finish_poll", 1),
    ("after", "Ingest.poll", 1),
    ("after", "Ingest.poll", 2),
    ("after", "Storage.claim_deliveries", 1),
    ("after", "Storage.message", 1),
    ("before", "Messenger.post", 1),
    ("after", "Messenger.post", 1),
    ("after", "Messenger.post", 2),
    ("after", "Messenger.post", 3),
    ("before", "Storage.sent", 1),
    ("after", "Storage.sent", 1),
    ("after", "Storage.sent", 2),
]
# What differs between platforms is the messenger, so the steps of ingest are killed on one of them only.
CASES = [("slack", *step) for step in STEPS] + [
    ("discord", *step) for step in STEPS if step[1].startswith(("Messenger", "Storage"))
]


class Place(Protocol):
    """One platform's fake, as the tests below see it."""

    name: str
    channel: str
    environment: dict[str, str]

    def texts(self) -> list[str]:
        """What stands in the channel, a text a message, threads included."""


class SlackPlace:
    name, channel = "slack", "C0000000001"

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self.environment = {
            "PARLEY_SLACK_BOT_TOKEN": fake.bot_token,
            "PARLEY_SLACK_APP_TOKEN": fake.app_token,
            "PARLEY_SLACK_API": fake.url,
        }

    def texts(self) -> list[str]:
        return [str(m) for m in self._fake.messages[self.channel]]


class DiscordPlace:
    name, channel = "discord", "200000000000000001"

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake
        self.environment = {"PARLEY_DISCORD_TOKEN": fake.token, "PARLEY_DISCORD_API": fake.url}

    def texts(self) -> list[str]:
        return [str(m) for m in self._fake.messages[self.channel]]


@pytest.fixture(scope="module")
def feeds() -> Iterator[FeedServer]:
    with FeedServer().running() as server:
        yield server


@pytest.fixture(scope="module")
def seen(feeds: FeedServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a bot that has polled its feeds once: what they show later is news."""
    folder = tmp_path_factory.mktemp("seen")
    feeds.items = {"wire": BEFORE, "radio": BEFORE}
    environment = settings(folder, feeds.base, ("console", "terminal"))
    with bot(folder, environment, "bot", "once") as process:
        assert process.wait(PATIENCE) == 0, told(folder)
    return folder / "parley.db"


@pytest.fixture
async def places() -> AsyncIterator[dict[str, Place]]:
    async with FakeSlack() as slack, FakeDiscord() as discord:
        yield {p.name: p for p in (SlackPlace(slack), DiscordPlace(discord))}


async def until(folder: Path, ready: Any) -> None:
    """Until `ready(owed, sent)`, by the bot's own database."""
    for _ in range(PATIENCE * 10):
        with closing(sqlite3.connect(folder / "parley.db", timeout=30)) as database:
            owed, sent = database.execute(
                "SELECT sum(status IN ('pending', 'sending')), sum(status = 'sent') FROM deliveries"
            ).fetchone()
        if ready(owed or 0, sent or 0):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"still not so:\n{told(folder)}")


@pytest.mark.parametrize(("platform", "when", "step", "nth"), CASES)
async def test_a_kill_at_any_step_loses_nothing_and_repeats_nothing(
    seen, feeds, places, tmp_path, platform, when, step, nth
):
    place = places[platform]
    environment = settings(tmp_path, feeds.base, (place.name, place.channel)) | place.environment
    shutil.copy(seen, tmp_path / "parley.db")
    feeds.items = {"wire": WIRE, "radio": BEFORE}
    step = step.replace("Messenger", platform.capitalize())
    with bot(tmp_path, environment, "tests.crash.child", when, step, str(nth)) as process:
        if nth > 2:  # the third message is caused by the other outlet, once the first two are out
            await until(tmp_path, lambda owed, sent: sent >= 2)
            feeds.items["radio"] = RADIO
        code = await asyncio.to_thread(process.wait, PATIENCE)
    assert code == -signal.SIGKILL, f"{when} {step} was never reached:\n{told(tmp_path)}"
    with bot(tmp_path, environment, "bot", "run") as process:
        await until(tmp_path, lambda owed, sent: sent >= 2 and not owed)
        feeds.items["radio"] = RADIO
        await until(tmp_path, lambda owed, sent: sent >= 3 and not owed)
        assert await asyncio.to_thread(stop, process) == 0, told(tmp_path)
    texts = place.texts()
    assert len(texts) == 3, told(tmp_path)
    assert sum(SECOND in t for t in texts) == 1
    assert sum(FIRST in t for t in texts) == 2, "the alert, and the reply that names its story"


async def test_a_kill_around_the_catch_up_message_tells_it_once(feeds, places, tmp_path):
    place = places["slack"]
    environment = settings(tmp_path, feeds.base, (place.name, place.channel)) | place.environment
    feeds.items = {"wire": WIRE, "radio": RADIO}
    with bot(tmp_path, environment, "tests.crash.child", "after", "Slack.post", "1") as process:
        code = await asyncio.to_thread(process.wait, PATIENCE)
    assert code == -signal.SIGKILL, told(tmp_path)
    with bot(tmp_path, environment, "bot", "run") as process:
        await until(tmp_path, lambda owed, sent: sent and not owed)
        assert await asyncio.to_thread(stop, process) == 0, told(tmp_path)
    (catch_up,) = place.texts()
    assert FIRST in catch_up
    assert SECOND in catch_up


@pytest.mark.parametrize(
    ("when", "step"), [("after", "Storage.claim_feed"), ("before", "Ingest.push"), ("after", "Ingest.push")]
)
async def test_a_kill_while_a_hub_is_heard_loses_nothing_and_repeats_nothing(seen, feeds, places, tmp_path, when, step):
    place = places["slack"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = settings(tmp_path, feeds.base, (place.name, place.channel)) | place.environment
    environment |= {"PARLEY_HTTP": address, "PARLEY_PUBLIC_URL": f"http://{address}"}
    shutil.copy(seen, tmp_path / "parley.db")
    feeds.items = {"wire": BEFORE, "radio": BEFORE}
    async with FakeHub() as hub:
        feeds.head = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{hub.url}"/>'
        with bot(tmp_path, environment, "tests.crash.child", when, step, "1") as process:
            callback = await granted(hub, f"{feeds.base}/wire", tmp_path)
            with pytest.raises(aiohttp.ClientError):
                await hub.send(callback, rss(WIRE[:1]))
            code = await asyncio.to_thread(process.wait, PATIENCE)
        assert code == -signal.SIGKILL, told(tmp_path)
        with bot(tmp_path, environment, "bot", "run") as process:
            await sent_again(hub, callback, rss(WIRE[:1]), tmp_path)
            await until(tmp_path, lambda owed, sent: sent >= 1 and not owed)
            feeds.items["wire"] = WIRE[:1]
            await asyncio.sleep(2)
            assert await asyncio.to_thread(stop, process) == 0, told(tmp_path)
    feeds.head = ""
    (text,) = place.texts()
    assert FIRST in text


async def granted(hub: FakeHub, topic: str, folder: Path) -> str:
    """The callback that a hub was given for a feed, once its subscriber has confirmed."""
    for _ in range(PATIENCE * 10):
        for callback, subscription in hub.granted.items():
            if subscription.topic == topic:
                return callback
        await asyncio.sleep(0.1)
    raise AssertionError(f"nobody subscribed:\n{told(folder)}")


async def sent_again(hub: FakeHub, callback: str, body: bytes, folder: Path) -> None:
    """As hubs do: again and again, until it is taken."""
    for _ in range(PATIENCE * 10):
        try:
            if await hub.send(callback, body) == 202:
                return
        except aiohttp.ClientError:  # it is still starting
            pass
        await asyncio.sleep(0.1)
    raise AssertionError(f"nobody took it:\n{told(folder)}")
