from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bot.chat.slack import SlackMessenger, client
from bot.chat.slack.pace import Pace
from bot.errors import StorageError
from bot.service.catalog import Arguments, Catalog, Command, Option, OptionType
from bot.service.reply import Reply
from tests.chat.slack.examples import summary
from tests.fakes.slack import FakeSlack


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second's pause between the messages of a channel; test_pace.py tests that pause."""
    monkeypatch.setattr(client, "Pace", lambda: Pace(0))


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


@pytest.fixture
def asked() -> list[Arguments]:
    """What the commands' handlers were called with."""
    return []


@pytest.fixture
def catalog(asked: list[Arguments]) -> Catalog:
    async def latest(arguments: Arguments) -> Reply:
        asked.append(arguments)
        return Reply("Latest statements", summaries=(summary(),), private=arguments.get("limit") != 1)

    async def broken(_: Arguments) -> Reply:
        raise RuntimeError("a secret of the house")

    async def shut(_: Arguments) -> Reply:
        raise StorageError("the disk is full")

    limit = Option("limit", "how many", OptionType.INTEGER, minimum=1, maximum=10)
    return (
        Command("latest", "The newest", latest, (limit,)),
        Command("broken", "Fails", broken),
        Command("shut", "Finds the archive shut", shut),
    )


@pytest.fixture
async def messenger(slack: FakeSlack, catalog: Catalog) -> AsyncIterator[SlackMessenger]:
    """A started messenger, its socket connected."""
    async with AsyncExitStack() as stack:
        made = SlackMessenger(slack.bot_token, slack.app_token, catalog=catalog, api=slack.url)
        stack.push_async_callback(made.close)
        await made.start()
        await slack.connected()
        yield made
