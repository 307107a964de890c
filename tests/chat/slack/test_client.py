import logging
from datetime import UTC, datetime, timedelta

import pytest

from bot.chat.slack import SlackMessenger, client
from bot.chat.slack.client import EVENT
from bot.domain.delivery import DeliveryKind
from bot.errors import DeliveryError, Fate
from bot.service.catalog import Catalog
from tests.chat.slack.examples import CHANNEL, delivery, message, summary
from tests.chat.slack.waiting import eventually
from tests.fakes.slack import BOT_ID, FakeSlack
from tests.fakes.slack_blocks import texts


def shown(posted: dict[str, object]) -> str:
    return "\n".join(texts(posted["blocks"]))


async def test_a_message_is_posted_once_with_its_delivery_in_the_metadata(
    slack: FakeSlack, messenger: SlackMessenger
) -> None:
    ts = await messenger.post(delivery(), message())
    (posted,) = slack.messages[CHANNEL]
    assert posted["ts"] == ts
    assert posted["metadata"] == {"event_type": EVENT, "event_payload": {"delivery": "d1"}}
    assert "Mara Voss" in shown(posted)


async def test_a_message_asks_slack_to_add_nothing(slack: FakeSlack, messenger: SlackMessenger) -> None:
    await messenger.post(delivery(), message())
    ((_, asked),) = [c for c in slack.calls if c[0] == "chat.postMessage"]
    switches = ("unfurl_links", "unfurl_media", "link_names", "mrkdwn", "parse", "thread_ts")
    assert {s: asked.get(s) for s in switches} == {
        "unfurl_links": False,
        "unfurl_media": False,
        "link_names": False,
        "mrkdwn": False,
        "parse": "none",
        "thread_ts": None,
    }


async def test_an_update_edits_the_alert_and_keeps_its_id(slack: FakeSlack, messenger: SlackMessenger) -> None:
    ts = await messenger.post(delivery(), message())
    update = delivery(DeliveryKind.UPDATE, id="d2", thread=ts)
    assert await messenger.edit(update, message(DeliveryKind.UPDATE, summary(title="A new title"))) == ts
    (posted,) = slack.messages[CHANNEL]
    assert "A new title" in shown(posted)
    assert "edited" in posted


async def test_a_reply_goes_into_the_alerts_thread_and_is_found_there(
    slack: FakeSlack, messenger: SlackMessenger
) -> None:
    ts = await messenger.post(delivery(), message())
    reply = delivery(DeliveryKind.REPLY, id="d2", thread=ts)
    answer = await messenger.post(reply, message(DeliveryKind.REPLY, delivery="d2"))
    assert slack.messages[CHANNEL][1]["thread_ts"] == ts
    assert await messenger.find(reply) == answer
    assert await messenger.find(delivery(DeliveryKind.REPLY, id="d3", thread=ts)) is None


async def test_a_lost_answer_leaves_the_fate_open_until_the_message_is_found(
    slack: FakeSlack, messenger: SlackMessenger
) -> None:
    slack.lose_answer()
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    assert failed.value.fate is Fate.UNKNOWN
    (posted,) = slack.messages[CHANNEL]
    assert await messenger.find(delivery()) == posted["ts"]


async def test_what_never_arrived_is_not_found(slack: FakeSlack, messenger: SlackMessenger) -> None:
    slack.cut()
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    assert failed.value.fate is Fate.UNKNOWN
    assert slack.messages[CHANNEL] == []
    assert await messenger.find(delivery()) is None


async def test_a_message_is_found_behind_pages_of_others(catalog: Catalog) -> None:
    async with FakeSlack(page=3) as slack:
        messenger = SlackMessenger(slack.bot_token, slack.app_token, catalog=catalog, api=slack.url)
        await messenger.start()
        try:
            slack.lose_answer()
            with pytest.raises(DeliveryError):
                await messenger.post(delivery(), message())
            for number in range(10):
                slack.say(CHANNEL, f"chatter {number}")
            assert await messenger.find(delivery()) == slack.messages[CHANNEL][0]["ts"]
            assert [m for m, _ in slack.calls].count("conversations.history") == 4
        finally:
            await messenger.close()


async def test_only_our_own_messages_count(slack: FakeSlack, messenger: SlackMessenger) -> None:
    metadata = {"event_type": EVENT, "event_payload": {"delivery": "d1"}}
    slack.say(CHANNEL, "an app that copies", bot_id="B0OTHER", metadata=metadata)
    slack.say(CHANNEL, "ours, of another delivery", bot_id=BOT_ID, metadata={**metadata, "event_payload": {}})
    slack.say(CHANNEL, "ours, of another kind", bot_id=BOT_ID, metadata={**metadata, "event_type": "other"})
    assert await messenger.find(delivery()) is None


async def test_an_earlier_try_is_found_though_a_later_one_failed(slack: FakeSlack, messenger: SlackMessenger) -> None:
    """The first try arrived an hour ago, its answer was lost; the last try began just now."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    slack._now = hour_ago.timestamp
    slack.lose_answer()
    with pytest.raises(DeliveryError):
        await messenger.post(delivery(), message())
    again = delivery(created=hour_ago, attempted=datetime.now(UTC), unsure=True)
    assert await messenger.find(again) == slack.messages[CHANNEL][0]["ts"]


async def test_a_pause_that_slack_asks_for_is_kept(slack: FakeSlack, messenger: SlackMessenger) -> None:
    slack.rate_limit(30)
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    assert failed.value.retry_after == timedelta(seconds=30)
    assert failed.value.fate is Fate.NOT_SENT
    calls = len(slack.calls)
    with pytest.raises(DeliveryError, match="pause"):
        await messenger.post(delivery(id="d2"), message())
    assert len(slack.calls) == calls, "the channel is left alone meanwhile"
    assert slack.messages[CHANNEL] == []


@pytest.mark.parametrize(
    ("word", "fate", "permanent"),
    [
        ("internal_error", Fate.UNKNOWN, False),
        ("not_in_channel", Fate.NOT_SENT, False),
        ("msg_too_long", Fate.NOT_SENT, True),
    ],
)
async def test_a_refusal_says_whether_to_try_again(
    slack: FakeSlack, messenger: SlackMessenger, word: str, fate: Fate, permanent: bool
) -> None:
    slack.error(word)
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    assert (failed.value.fate, failed.value.permanent) == (fate, permanent)


async def test_an_alert_whose_card_slack_refuses_goes_out_as_plain_text(
    slack: FakeSlack, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    slack.error("invalid_blocks")
    ts = await messenger.post(delivery(), message())
    (posted,) = slack.messages[CHANNEL]
    assert "blocks" not in posted
    assert posted["text"].startswith("Mara Voss rejects")
    assert await messenger.find(delivery()) == ts
    assert "as plain text" in caplog.text


async def test_an_alert_refused_as_card_and_as_text_is_given_up(slack: FakeSlack, messenger: SlackMessenger) -> None:
    slack.error("invalid_blocks")
    slack.error("no_text")
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    assert failed.value.permanent


@pytest.mark.parametrize("status", [500, 503, 404])
async def test_an_answer_that_is_not_slacks_leaves_the_fate_open(
    slack: FakeSlack, messenger: SlackMessenger, status: int
) -> None:
    slack.answer(status)
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    assert failed.value.fate is Fate.UNKNOWN


async def test_an_answer_that_never_comes_leaves_the_fate_open(
    slack: FakeSlack, messenger: SlackMessenger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "TIMEOUT", client.aiohttp.ClientTimeout(total=0.05))
    await messenger.close()
    await messenger.start()
    hold = slack.hold()
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    hold.set()
    assert failed.value.fate is Fate.UNKNOWN


async def test_nothing_was_sent_where_nobody_listens(slack: FakeSlack, messenger: SlackMessenger) -> None:
    await slack.go_down()
    with pytest.raises(DeliveryError) as failed:
        await messenger.post(delivery(), message())
    assert failed.value.fate is Fate.NOT_SENT
    await slack.come_back()
    await messenger.post(delivery(), message())
    assert len(slack.messages[CHANNEL]) == 1


@pytest.mark.parametrize("ts", ["1.000001", None])
async def test_an_edit_of_what_is_gone_is_given_up(messenger: SlackMessenger, ts: str | None) -> None:
    with pytest.raises(DeliveryError) as failed:
        await messenger.edit(delivery(DeliveryKind.UPDATE, thread=ts), message())
    assert failed.value.permanent


async def test_posting_needs_no_socket(slack: FakeSlack, catalog: Catalog) -> None:
    messenger = SlackMessenger(slack.bot_token, "xapp-wrong", catalog=catalog, api=slack.url)
    await messenger.start()
    try:
        await messenger.post(delivery(), message())
        assert slack.opened == 0
        assert not messenger.healthy()
    finally:
        await messenger.close()


@pytest.mark.parametrize("wrong", ["bot", "app"])
async def test_a_wrong_token_shows_in_health_and_log_but_never_itself(
    slack: FakeSlack, catalog: Catalog, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = {"bot": slack.bot_token, "app": slack.app_token, wrong: "xoxb-very-secret"}
    messenger = SlackMessenger(tokens["bot"], tokens["app"], catalog=catalog, api=slack.url)
    await messenger.start()
    try:
        await slack.until(lambda: {"auth.test", "apps.connections.open"} <= {m for m, _ in slack.calls})
        await eventually(lambda: f"refuses the token in PARLEY_SLACK_{wrong.upper()}_TOKEN" in caplog.text)
        assert not messenger.healthy()
        if wrong == "bot":
            with pytest.raises(DeliveryError, match="PARLEY_SLACK_BOT_TOKEN"):
                await messenger.post(delivery(), message())
    finally:
        await messenger.close()
    assert "xoxb-very-secret" not in caplog.text
    assert slack.bot_token not in caplog.text
    assert slack.app_token not in caplog.text


async def test_a_working_messenger_is_healthy(messenger: SlackMessenger) -> None:
    await eventually(messenger.healthy)
    await messenger.close()
    assert not messenger.healthy()


async def test_it_can_be_closed_though_never_started(catalog: Catalog) -> None:
    messenger = SlackMessenger("xoxb-x", "xapp-x", catalog=catalog)
    assert not messenger.healthy()
    await messenger.close()
