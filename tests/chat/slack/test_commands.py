import logging

import pytest

from bot.chat.slack import SlackMessenger
from bot.chat.slack.commands import REMEMBERED, Commands
from bot.service.catalog import Arguments
from tests.chat.slack.waiting import eventually
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_blocks import texts


def shown(answer: dict[str, object]) -> str:
    return "\n".join(texts(answer["blocks"]))


async def test_a_command_is_answered_to_the_asker_alone(
    slack: FakeSlack, messenger: SlackMessenger, asked: list[Arguments]
) -> None:
    answer = await slack.slash("/parley", "latest 3")
    assert asked == [{"limit": 3}]
    assert "Mara Voss" in shown(answer)
    assert answer["response_type"] == "ephemeral"


async def test_an_answer_for_all_is_shown_to_all(slack: FakeSlack, messenger: SlackMessenger) -> None:
    answer = await slack.slash("/parley", "latest limit=1")
    assert answer["response_type"] == "in_channel"
    assert answer["unfurl_links"] is False


async def test_help_and_mistakes_are_answered_without_a_handler(
    slack: FakeSlack, messenger: SlackMessenger, asked: list[Arguments]
) -> None:
    assert "/parley latest [limit=1-10]" in shown(await slack.slash("/parley", ""))
    assert "did you mean /parley latest?" in shown(await slack.slash("/parley", "latst"))
    assert "from 1 to 10" in shown(await slack.slash("/parley", "latest 99"))
    assert asked == []


async def test_a_command_delivered_twice_is_acknowledged_twice_and_answered_once(
    slack: FakeSlack, messenger: SlackMessenger, asked: list[Arguments]
) -> None:
    await slack.slash("/parley", "latest 3", copies=3)
    await slack.slash("/parley", "latest 4")
    assert len(slack.acks) == 4
    assert asked == [{"limit": 3}, {"limit": 4}]
    assert sorted(len(answers) for answers in slack.responses.values()) == [1, 1]


async def test_a_broken_handler_is_told_in_plain_words(
    slack: FakeSlack, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await slack.slash("/parley", "broken")
    assert "Something went wrong" in shown(answer)
    assert "secret" not in shown(answer)
    assert "command broken failed" in caplog.text


async def test_a_shut_archive_is_told_in_plain_words(slack: FakeSlack, messenger: SlackMessenger) -> None:
    assert "Try again in a minute" in shown(await slack.slash("/parley", "shut"))


async def test_what_a_reader_typed_comes_back_as_letters(slack: FakeSlack, messenger: SlackMessenger) -> None:
    answer = await slack.slash("/parley", "&lt;!channel&gt;*x*")
    assert "<!channel>*x*" in shown(answer)
    assert "<" not in answer["text"]


async def test_an_answer_that_is_lost_gives_away_no_address(
    slack: FakeSlack, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    slack.refuse_answers = True
    await slack.slash("/parley", "latest", answered=False)
    await slack.until(lambda: slack.refused_answers > 0)
    slack.refuse_answers = False
    await slack.slash("/parley", "latest")
    assert "refused an answer (HTTP 404)" in caplog.text
    assert "/respond/" not in caplog.text


async def test_an_answer_that_nobody_takes_costs_one_line(
    slack: FakeSlack, messenger: SlackMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await slack.slash("/parley", "latest", answered=False, respond="http://127.0.0.1:9/respond/secret")
    await eventually(lambda: "did not reach Slack" in caplog.text)
    assert "respond/secret" not in caplog.text


def test_only_so_many_askings_are_remembered() -> None:
    commands = Commands(())
    assert all(commands._first(str(n)) for n in range(3 * REMEMBERED))
    assert len(commands._seen) == REMEMBERED
    assert not commands._first(str(3 * REMEMBERED - 1))
