import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from discord.utils import time_snowflake

from bot.chat.discord import DiscordMessenger, client, link
from bot.domain.delivery import DeliveryKind
from bot.domain.subscription import Channel, Platform
from bot.errors import DeliveryError, Fate
from bot.service.catalog import Catalog
from tests.chat.discord.examples import CHANNEL, delivery, message, summary
from tests.fakes.discord import FakeDiscord

POST = f"POST /channels/{CHANNEL}/messages"


async def failure(messenger: DiscordMessenger, kind: DeliveryKind = DeliveryKind.ALERT) -> DeliveryError:
    """What posting an alert, or editing one, raises."""
    do = messenger.edit if kind is DeliveryKind.UPDATE else messenger.post
    with pytest.raises(DeliveryError) as caught:
        await do(delivery(kind, thread="1"), message(kind))
    return caught.value


async def test_an_alert_is_posted_once_and_known_by_its_id(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    sent = await messenger.post(delivery(), message())
    (stored,) = discord.messages[CHANNEL]
    assert stored["id"] == sent
    assert stored["embeds"][0]["footer"]["text"] == "Parley · d1"
    (body,) = [b for method, path, b in discord.requests if f"{method} {path}" == POST]
    assert (body["nonce"], body["enforce_nonce"]) == ("d1", True)
    assert body["allowed_mentions"] == {"parse": []}


async def test_a_reply_answers_the_alert(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    alert = await messenger.post(delivery(), message())
    await messenger.post(delivery(DeliveryKind.REPLY, id="d2", thread=alert), message(DeliveryKind.REPLY))
    assert discord.messages[CHANNEL][1]["message_reference"]["message_id"] == alert


async def test_a_reply_to_a_deleted_alert_is_posted_all_the_same(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    await messenger.post(delivery(DeliveryKind.REPLY, thread="123"), message(DeliveryKind.REPLY))
    assert len(discord.messages[CHANNEL]) == 1


async def test_an_update_edits_the_alert(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    alert = await messenger.post(delivery(), message())
    grown = message(DeliveryKind.UPDATE, summary(title="Minister thinks again"), delivery="d2")
    assert await messenger.edit(delivery(DeliveryKind.UPDATE, id="d2", thread=alert), grown) == alert
    (stored,) = discord.messages[CHANNEL]
    assert stored["embeds"][0]["title"] == "Minister thinks again"


async def test_a_catch_up_is_one_message(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    stories = [summary(title=f"Story number {n}") for n in range(30)]
    await messenger.post(delivery(DeliveryKind.CATCH_UP), message(DeliveryKind.CATCH_UP, *stories))
    assert len(discord.messages[CHANNEL]) == 1


async def test_a_second_send_within_the_nonces_window_adds_nothing(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    assert await messenger.post(delivery(), message()) == await messenger.post(delivery(), message())
    assert len(discord.messages[CHANNEL]) == 1


@pytest.mark.parametrize("kind", [DeliveryKind.ALERT, DeliveryKind.UPDATE])
async def test_a_lost_answer_leaves_the_fate_unknown(
    discord: FakeDiscord, messenger: DiscordMessenger, kind: DeliveryKind
) -> None:
    discord.lose_answer()
    error = await failure(messenger, kind)
    assert (error.fate, error.permanent) == (Fate.UNKNOWN, False)


async def test_what_arrived_is_found_when_the_nonce_is_long_forgotten(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    for number in range(120):
        discord.say(CHANNEL, f"chatter {number}")
    discord.lose_answer()
    await failure(messenger)
    for number in range(120):
        discord.say(CHANNEL, f"chatter {number}")
    discord.forget_nonces()
    ours = next(m for m in discord.messages[CHANNEL] if m["embeds"])
    assert await messenger.find(delivery(unsure=True)) == ours["id"]


async def test_what_did_not_arrive_is_not_found(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    await messenger.post(delivery(id="d0"), message(delivery="d0"))
    discord.cut()
    assert (await failure(messenger)).fate is Fate.UNKNOWN
    assert await messenger.find(delivery(unsure=True)) is None


async def test_a_channel_nobody_ever_wrote_in_holds_no_message(messenger: DiscordMessenger) -> None:
    assert await messenger.find(delivery()) is None


async def test_another_bots_copy_of_our_card_is_not_ours(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    other = {"id": "1", "username": "mimic", "discriminator": "0", "avatar": None, "bot": True}
    discord.say(CHANNEL, "", author=other, embeds=[{"footer": {"text": "Parley · d1"}}])
    assert await messenger.find(delivery()) is None


async def test_looking_back_ends_a_little_before_the_delivery_began(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    for number in range(250):
        discord.say(CHANNEL, f"chatter {number}")
    young = delivery()
    later = replace(young, created=young.created + timedelta(hours=1))
    assert await messenger.find(later) is None
    assert discord.count(f"GET /channels/{CHANNEL}/messages") == 1
    assert time_snowflake(later.created) > int(discord.messages[CHANNEL][-1]["id"])


async def test_an_endless_history_leaves_the_question_open(
    discord: FakeDiscord, messenger: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "MAX_PAGES", 2)
    for number in range(250):
        discord.say(CHANNEL, f"chatter {number}")
    with pytest.raises(DeliveryError) as caught:
        await messenger.find(delivery())
    assert caught.value.fate is Fate.UNKNOWN


async def test_a_history_that_may_not_be_read_is_no_proof(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    discord.lose_answer()
    await failure(messenger)
    discord.unreadable.add(CHANNEL)
    with pytest.raises(DeliveryError, match="Read Message History"):
        await messenger.find(delivery())


async def test_a_short_rate_limit_is_waited_out(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    discord.rate_limit(0.05)
    await messenger.post(delivery(), message())
    assert discord.count(POST) == 2


@pytest.mark.parametrize("banned", [False, True])
async def test_a_long_rate_limit_is_handed_on(discord: FakeDiscord, messenger: DiscordMessenger, banned: bool) -> None:
    discord.rate_limit(40, banned=banned)
    error = await failure(messenger)
    assert (error.fate, error.retry_after) == (Fate.NOT_SENT, timedelta(seconds=40))
    assert discord.count(POST) == 1


async def test_a_stored_message_behind_a_500_is_not_repeated(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    discord.answer(500, stored=True)
    sent = await messenger.post(delivery(), message())
    assert [m["id"] for m in discord.messages[CHANNEL]] == [sent]
    assert discord.count(POST) == 2


async def test_discords_failure_leaves_the_fate_unknown(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    discord.answer(503)
    error = await failure(messenger)
    assert (error.fate, error.permanent) == (Fate.UNKNOWN, False)


@pytest.mark.parametrize("then", [429, 403])
async def test_a_refusal_after_a_failure_says_nothing_about_the_failure(
    discord: FakeDiscord, messenger: DiscordMessenger, then: int
) -> None:
    """discord.py tries again by itself after a 500, so its error is the second try's alone."""
    discord.answer(500, stored=True)
    discord.rate_limit(40) if then == 429 else discord.answer(then, code=50013)
    assert (await failure(messenger)).fate is Fate.UNKNOWN


async def test_failures_on_end_are_cut_off(
    discord: FakeDiscord, messenger: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "DEADLINE", 0.3)
    discord.answer(500)
    discord.answer(500)
    assert (await failure(messenger)).fate is Fate.UNKNOWN


async def test_an_answer_that_does_not_come_leaves_the_fate_unknown(
    discord: FakeDiscord, messenger: DiscordMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "DEADLINE", 0.2)
    release = discord.hold()
    assert (await failure(messenger)).fate is Fate.UNKNOWN
    release.set()


async def test_a_refused_connection_sends_nothing(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    await discord.go_down()
    error = await failure(messenger)
    assert (error.fate, error.permanent) == (Fate.NOT_SENT, False)
    await discord.come_back()
    await messenger.post(delivery(), message())


@pytest.mark.parametrize(
    ("set_up", "words"), [("missing", "check its id"), ("forbidden", "View Channel, Send Messages and Embed Links")]
)
async def test_what_an_admin_can_mend_is_told_and_tried_again(
    discord: FakeDiscord, messenger: DiscordMessenger, set_up: str, words: str
) -> None:
    getattr(discord, set_up).add(CHANNEL)
    error = await failure(messenger)
    assert words in str(error)
    assert (error.fate, error.permanent) == (Fate.NOT_SENT, False)
    assert error.retry_after is not None
    assert error.retry_after >= timedelta(minutes=1)
    other = delivery(channel=Channel(Platform.DISCORD, "600000000000000002"))
    await messenger.post(other, message())


async def test_a_refused_card_is_given_up(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    discord.answer(400, code=50035)
    error = await failure(messenger)
    assert (error.fate, error.permanent) == (Fate.NOT_SENT, True)


async def test_an_alert_that_was_deleted_is_not_edited_for_ever(messenger: DiscordMessenger) -> None:
    assert (await failure(messenger, DeliveryKind.UPDATE)).permanent


async def test_an_update_without_a_message_is_given_up(messenger: DiscordMessenger) -> None:
    with pytest.raises(DeliveryError) as caught:
        await messenger.edit(delivery(DeliveryKind.UPDATE), message(DeliveryKind.UPDATE))
    assert caught.value.permanent


async def test_a_message_waits_for_the_login(discord: FakeDiscord, catalog: Catalog) -> None:
    release = discord.hold("GET /users/@me")
    made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
    await made.start()
    posting = asyncio.create_task(made.post(delivery(), message()))
    await discord.gateway.until(lambda: discord.count("/users/@me") == 1)
    assert not posting.done()
    release.set()
    assert await posting == discord.messages[CHANNEL][0]["id"]
    await made.close()


async def test_without_a_login_nothing_is_sent(
    discord: FakeDiscord, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "LOGIN", 0.2)
    await discord.go_down()
    made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
    await made.start()
    assert (await failure(made)).fate is Fate.NOT_SENT
    assert not made.healthy()
    await made.close()


async def test_a_wrong_token_is_named_but_not_told(
    discord: FakeDiscord, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    made = DiscordMessenger("wrong.secret.token", catalog=catalog, api=discord.url)
    await made.start()
    error = await failure(made)
    assert "PARLEY_DISCORD_TOKEN" in str(error)
    assert (error.fate, error.permanent) == (Fate.NOT_SENT, False)
    assert not made.healthy()
    assert discord.count("/users/@me") == 1
    errors = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert len(errors) == 1
    assert "PARLEY_DISCORD_TOKEN" in errors[0]
    assert "wrong.secret" not in caplog.text
    await made.close()


async def test_closing_before_starting_is_harmless(discord: FakeDiscord, catalog: Catalog) -> None:
    made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
    assert not made.healthy()
    await made.close()
