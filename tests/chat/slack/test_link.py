import logging

import pytest

from bot.chat.slack import SlackMessenger, link
from tests.chat.slack.examples import CHANNEL, delivery, message
from tests.chat.slack.waiting import eventually
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_blocks import texts


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watchdog at a hundredth of its pace."""
    monkeypatch.setattr(link, "LOOK", 0.01)
    monkeypatch.setattr(link, "PING", 0.1)
    monkeypatch.setattr(link, "SILENCE", 0.4)
    monkeypatch.setattr(link, "OPENING", 1.0)
    monkeypatch.setattr(link, "STABLE", 0.0)


async def answers(slack: FakeSlack) -> bool:
    answer = await slack.slash("/parley", "latest")
    return "Mara Voss" in "\n".join(texts(answer["blocks"]))


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_a_new_connection_on_request_while_posting_goes_on(
    slack: FakeSlack, messenger: SlackMessenger, reason: str
) -> None:
    await messenger.post(delivery(id="d1"), message())
    await slack.disconnect(reason)
    await messenger.post(delivery(id="d2"), message())
    await slack.connected(2)
    await messenger.post(delivery(id="d3"), message())
    assert await answers(slack)
    sent = [m["metadata"]["event_payload"]["delivery"] for m in slack.messages[CHANNEL]]
    assert sent == ["d1", "d2", "d3"]
    await eventually(lambda: slack.open_sockets() == 1)


async def test_a_dropped_socket_is_replaced(slack: FakeSlack, messenger: SlackMessenger) -> None:
    for times in (2, 3):
        slack.drop_socket()
        await slack.connected(times)
        await eventually(messenger.healthy)
        assert await answers(slack)


async def test_a_socket_that_slack_closes_is_replaced(slack: FakeSlack, messenger: SlackMessenger) -> None:
    await slack.close_socket()
    await slack.connected(2)
    assert await answers(slack)


async def test_a_socket_that_fell_silent_is_replaced(
    slack: FakeSlack, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    slack.deaf = True
    await eventually(lambda: slack.opened >= 2)
    slack.deaf = False
    await eventually(messenger.healthy)
    assert await answers(slack)


async def test_a_reader_that_died_is_noticed(slack: FakeSlack, messenger: SlackMessenger) -> None:
    await eventually(messenger.healthy)
    socket = messenger._link._socket
    assert socket is not None
    assert socket.message_receiver is not None
    socket.message_receiver.cancel()
    await slack.connected(2)
    assert await answers(slack)


async def test_an_outage_ends_with_a_connection_and_one_line_in_the_log(
    slack: FakeSlack, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(link, "MAX_WAIT", 0.05)
    await slack.go_down()
    await eventually(lambda: not messenger.healthy())
    await eventually(lambda: "cannot be reached" in caplog.text)
    await slack.come_back()
    await slack.connected(2)
    await eventually(messenger.healthy)
    assert await answers(slack)
    assert caplog.text.count("cannot be reached") == 1
    assert "Traceback" not in caplog.text


async def test_a_refused_websocket_is_tried_again_without_its_ticket_in_the_log(
    slack: FakeSlack, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(link, "MAX_WAIT", 0.05)
    monkeypatch.setattr(link, "OPENING", 0.1)
    slack.refuse_sockets = True
    slack.drop_socket()
    await eventually(lambda: "no connection for commands" in caplog.text)
    slack.refuse_sockets = False
    await slack.connected(2)
    assert await answers(slack)
    assert "ticket" not in caplog.text


async def test_closing_leaves_no_socket_behind(slack: FakeSlack, messenger: SlackMessenger) -> None:
    await messenger.close()
    await eventually(lambda: slack.open_sockets() == 0)
