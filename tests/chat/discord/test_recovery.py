"""What one slip of Discord's must not leave behind."""

import pytest

from bot.chat.discord import DiscordMessenger, client, commands
from bot.errors import DeliveryError
from bot.service.catalog import Catalog
from tests.chat.discord.examples import CHANNEL, delivery, message
from tests.chat.discord.waiting import eventually
from tests.fakes.discord import FakeDiscord, _json


async def test_a_send_cut_off_in_a_pause_of_everything_does_not_hold_back_the_rest(
    discord: FakeDiscord, messenger: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"message": "You are being rate limited.", "retry_after": 4.0, "global": True}
    headers = {"Retry-After": "4", "Via": "1.1 google", "X-RateLimit-Global": "true"}
    discord._faults.append(("/messages", lambda *_: _json(body, status=429, headers=headers)))
    with monkeypatch.context() as short:
        short.setattr(client, "DEADLINE", 0.5)
        with pytest.raises(DeliveryError):
            await messenger.post(delivery(), message())
    await messenger.post(delivery(id="d2"), message(delivery="d2"))
    assert len(discord.messages[CHANNEL]) == 1


async def test_one_stray_refusal_of_the_token_is_forgotten(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    await eventually(messenger.healthy)
    discord.answer(401)
    with pytest.raises(DeliveryError, match="PARLEY_DISCORD_TOKEN"):
        await messenger.post(delivery(), message())
    assert not messenger.healthy()
    await messenger.post(delivery(), message())
    assert messenger.healthy()


@pytest.mark.parametrize("code", [160002, 40004, 20028])
async def test_a_refusal_that_passes_costs_no_message(
    discord: FakeDiscord, messenger: DiscordMessenger, code: int
) -> None:
    discord.answer(400, code=code)
    with pytest.raises(DeliveryError) as caught:
        await messenger.post(delivery(), message())
    assert not caught.value.permanent
    assert ("Read Message History" in str(caught.value)) == (code == 160002)


async def test_commands_that_could_not_be_registered_are_registered_later(
    discord: FakeDiscord, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "OFFER_AGAIN", 0.05)
    discord.answer(503, "/commands")
    made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
    await made.start()
    await eventually(lambda: len(discord.commands) == len(catalog))
    await made.close()
