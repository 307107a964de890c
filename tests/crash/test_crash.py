"""Kill -9 between any two steps: after a restart each alert is in the channel exactly once."""

import asyncio
import shutil
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.scene import PATIENCE, FeedServer, bot, settings, stop, told
from tests.fakes.slack import FakeSlack

BEFORE = [("old", "The harbour bridge reopens", "Trains run again.")]
FIRST = "Ukraine rejects ceasefire offer over the harbour"
SECOND = "Russia rules out ceasefire before the winter talks"
WIRE = [("1", FIRST, "Ukraine rejected the ceasefire."), ("2", SECOND, "Russia ruled out a ceasefire."), *BEFORE]
RADIO = [("r1", FIRST, "Ukraine rejected the ceasefire."), *BEFORE]

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
    ("before", "{}.post", 1),
    ("after", "{}.post", 1),
    ("after", "{}.post", 2),
    ("before", "Storage.sent", 1),
    ("after", "Storage.sent", 1),
    ("after", "Storage.sent", 2),
]


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
async def slack():
    async with FakeSlack() as fake:
        yield fake


def count(slack: FakeSlack, channel: str, title: str) -> int:
    return sum(title in str(m) for m in slack.messages[channel] if not m.get("thread_ts"))


async def until_quiet(folder: Path) -> None:
    """Until nothing is owed any more."""
    for _ in range(PATIENCE * 10):
        with closing(sqlite3.connect(folder / "parley.db", timeout=30)) as database:
            owed, sent = database.execute(
                "SELECT sum(status IN ('pending', 'sending')), sum(status = 'sent') FROM deliveries"
            ).fetchone()
        if (sent or 0) >= 2 and not owed:
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"messages are still owed:\n{told(folder)}")


@pytest.mark.parametrize(("when", "place", "nth"), STEPS)
async def test_a_kill_at_any_step_loses_nothing_and_repeats_nothing(seen, feeds, slack, tmp_path, when, place, nth):
    channel = "C0000000001"
    environment = settings(tmp_path, feeds.base, ("slack", channel)) | {
        "PARLEY_SLACK_BOT_TOKEN": slack.bot_token,
        "PARLEY_SLACK_APP_TOKEN": slack.app_token,
        "PARLEY_SLACK_API": slack.url,
    }
    shutil.copy(seen, tmp_path / "parley.db")
    feeds.items = {"wire": WIRE, "radio": RADIO}
    step = place.format("Slack")
    with bot(tmp_path, environment, "tests.crash.child", when, step, str(nth)) as process:
        code = await asyncio.to_thread(process.wait, PATIENCE)
    assert code == -signal.SIGKILL, f"{when} {step} was never reached:\n{told(tmp_path)}"
    with bot(tmp_path, environment, "bot", "run") as process:
        await until_quiet(tmp_path)
        assert await asyncio.to_thread(stop, process) == 0, told(tmp_path)
    assert (count(slack, channel, FIRST), count(slack, channel, SECOND)) == (1, 1), told(tmp_path)
