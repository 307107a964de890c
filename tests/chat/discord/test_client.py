from bot.chat.discord import DiscordMessenger
from bot.domain.delivery import DeliveryKind
from tests.chat.discord.examples import CHANNEL, delivery, message
from tests.fakes.discord import FakeDiscord


async def test_an_alert_is_posted_and_known_by_its_id(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    sent = await messenger.post(delivery(), message())
    (stored,) = discord.messages[CHANNEL]
    assert stored["id"] == sent
    assert stored["embeds"][0]["footer"]["text"] == "Parley · d1"
    (body,) = [b for method, _, b in discord.requests if method == "POST"]
    assert body["nonce"] == "d1"
    assert body["enforce_nonce"] is True
    assert body["allowed_mentions"] == {"parse": []}


async def test_a_private_answer(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    answer = await discord.interact("latest", {"limit": 3})
    assert answer["flags"] == 64
    assert "Mara Voss" in answer["embeds"][0]["description"]
