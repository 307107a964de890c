import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.chat.discord import DiscordMessenger
from bot.service.catalog import Arguments, Catalog, Command, Option, OptionType
from bot.service.reply import Reply
from tests.chat.discord.examples import summary
from tests.fakes import openapi
from tests.fakes.discord import FakeDiscord


def pytest_report_header() -> str:
    return "" if openapi.available() else openapi.SKIPPED


@pytest.fixture(autouse=True)
def own_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py keeps its addresses in its classes: put them back after each test."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does, no log line of ours or the library's holds the token."""
    caplog.set_level(logging.INFO)
    yield
    assert "fake.discord.token" not in caplog.text


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord() as fake:
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

    topic = Option("topic", "only this topic", choices=("ceasefire", "territory"))
    limit = Option("limit", "how many", OptionType.INTEGER, minimum=1, maximum=10)
    return (Command("latest", "The newest", latest, (topic, limit)), Command("broken", "Fails", broken))


@pytest.fixture
async def messenger(discord: FakeDiscord, catalog: Catalog) -> AsyncIterator[DiscordMessenger]:
    """A started messenger, its gateway connected."""
    async with AsyncExitStack() as stack:
        made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
        stack.push_async_callback(made.close)
        await made.start()
        await discord.gateway.connected()
        yield made
