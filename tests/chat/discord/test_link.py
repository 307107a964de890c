import logging

import pytest

from bot.chat.discord import DiscordMessenger, link
from bot.errors import DeliveryError
from bot.service.catalog import Catalog
from tests.chat.discord.examples import CHANNEL, delivery, message
from tests.chat.discord.waiting import eventually
from tests.fakes.discord import FakeDiscord


async def test_the_bot_asks_for_nothing_privileged(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    (identify,) = [f["d"] for f in discord.gateway.frames if f["op"] == 2]
    assert identify["intents"] == 1
    await eventually(messenger.healthy)


async def test_a_cut_connection_is_resumed_and_messages_go_on(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    discord.drop_gateway()
    await messenger.post(delivery(), message())
    await discord.gateway.connected(2)
    await eventually(messenger.healthy)
    assert discord.gateway.resumed == 1
    assert len(discord.messages[CHANNEL]) == 1


async def test_discords_wish_for_a_new_connection_is_followed(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    await discord.gateway.ask_reconnect()
    await discord.gateway.connected(2)
    assert discord.gateway.resumed == 1


async def test_a_command_given_while_the_bot_was_away_is_answered(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    discord.gateway.refuse = True
    discord.drop_gateway()
    await eventually(lambda: not messenger.healthy())
    asking = await discord.ask("latest")
    discord.gateway.refuse = False
    await discord.gateway.until(lambda: any(b.get("embeds") for b in asking.shown))


async def test_a_session_that_is_gone_is_begun_anew(
    discord: FakeDiscord, messenger: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link.Gateway, "before_identify_hook", _at_once)
    await discord.gateway.invalidate()
    await discord.gateway.connected(2)
    assert discord.gateway.identified == 2
    assert (await discord.interact("latest"))["embeds"]


async def test_while_the_gateway_is_away_messages_are_sent(
    discord: FakeDiscord, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    discord.gateway.refuse = True
    made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
    await made.start()
    await discord.gateway.until(lambda: discord.gateway.refused == 1)
    await made.post(delivery(), message())
    assert not made.healthy()
    await eventually(lambda: "cannot be reached" in caplog.text)
    discord.gateway.refuse = False
    await discord.gateway.connected()
    await eventually(made.healthy)
    await made.close()


async def test_an_outage_ends_with_a_new_connection(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    await discord.go_down()
    await eventually(lambda: not messenger.healthy())
    await discord.come_back()
    await discord.gateway.connected(2)
    await eventually(messenger.healthy)


@pytest.mark.parametrize("code", [4011, 4014])
async def test_where_the_library_gives_up_we_do_not(
    discord: FakeDiscord, catalog: Catalog, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    discord.gateway.close_with = code
    made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
    await made.start()
    await eventually(lambda: any(r.levelno >= logging.ERROR for r in caplog.records))
    discord.gateway.close_with = None
    await discord.gateway.connected()
    await eventually(made.healthy)
    await made.post(delivery(), message())
    await made.close()


async def test_a_token_revoked_later_shows_in_the_health(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    await eventually(messenger.healthy)
    discord.gateway.token = discord.token = "another.token"
    await discord.gateway.close(4004)
    await eventually(lambda: not messenger.healthy())


async def test_a_refused_request_shows_in_the_health_until_one_is_taken(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    await eventually(messenger.healthy)
    discord.answer(401)
    with pytest.raises(DeliveryError):
        await messenger.post(delivery(), message())
    assert not messenger.healthy()
    await messenger.post(delivery(), message())
    assert messenger.healthy()


async def test_closing_ends_the_connection(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    await messenger.close()
    await eventually(lambda: discord.gateway.open_sockets() == 0)
    assert not messenger.healthy()


async def _at_once(*_: object, **__: object) -> None:
    """discord.py waits five seconds before it identifies again."""
