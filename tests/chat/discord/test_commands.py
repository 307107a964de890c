import copy
import logging
from typing import Any

import pytest

from bot.chat.discord import DiscordMessenger
from bot.chat.discord.commands import bare, payload
from bot.service.catalog import Arguments, Catalog, Command, Option, OptionType
from bot.service.reply import Reply
from tests.chat.discord.waiting import eventually
from tests.fakes.discord import FakeDiscord


async def nothing(_: Arguments) -> Reply:
    return Reply("Nothing")


async def started(discord: FakeDiscord, catalog: Catalog) -> None:
    """Let a bot with these commands connect, and stop it."""
    made = DiscordMessenger(discord.token, catalog=catalog, api=discord.url)
    await made.start()
    await discord.gateway.connected(discord.gateway.identified + 1)
    await made.close()


async def test_commands_are_offered_with_types_choices_and_bounds(
    discord: FakeDiscord, messenger: DiscordMessenger
) -> None:
    latest, broken = discord.commands
    topic, limit = latest["options"]
    assert (latest["name"], latest["description"], broken["name"]) == ("latest", "The newest", "broken")
    assert [c["value"] for c in topic["choices"]] == ["ceasefire", "territory"]
    assert (topic["type"], limit["type"], limit["min_value"], limit["max_value"]) == (3, 4, 1, 10)
    assert latest["contexts"] == [0, 1]


async def test_commands_are_registered_only_when_they_changed(discord: FakeDiscord, catalog: Catalog) -> None:
    await started(discord, catalog)
    await started(discord, catalog)
    assert discord.count("PUT") == 1
    await started(discord, catalog[:1])
    assert [c["name"] for c in discord.commands] == ["latest"]


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Something else"},
        {"options": []},
        {"options": [{"type": 3, "name": "text", "description": "words", "choices": [{"name": "a", "value": "a"}]}]},
    ],
)
def test_every_change_is_seen(change: dict[str, Any]) -> None:
    ours = payload(Command("find", "Looks", nothing, (Option("text", "words"),)))
    theirs = {**copy.deepcopy(ours), "id": "1", "nsfw": False, "name_localizations": None}
    assert bare(theirs) == ours
    assert bare({**theirs, **change}) != ours


def test_required_options_come_first_and_long_lists_of_choices_are_left_out() -> None:
    many = tuple(f"c{n}" for n in range(26))
    options = (Option("one", "x" * 200, choices=many), Option("two", "y", OptionType.INTEGER, required=True))
    told = payload(Command("find", "Looks", nothing, options))
    assert [o["name"] for o in told["options"]] == ["two", "one"]
    assert "choices" not in told["options"][1]
    assert len(told["options"][1]["description"]) == 100


async def test_a_failed_registration_stops_nothing(
    discord: FakeDiscord, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    discord.answer(503, "/commands")
    await started(discord, catalog)
    assert "commands could not be registered" in caplog.text


@pytest.mark.parametrize("direct", [False, True])
async def test_a_command_is_answered_privately(
    discord: FakeDiscord, messenger: DiscordMessenger, asked: list[Arguments], direct: bool
) -> None:
    answer = await discord.interact("latest", {"topic": "ceasefire", "limit": 3}, direct=direct)
    assert asked == [{"topic": "ceasefire", "limit": 3}]
    assert answer["flags"] == 64
    assert answer["content"] == "**Latest statements**"
    assert "Mara Voss" in answer["embeds"][0]["description"]
    assert answer["allowed_mentions"] == {"parse": []}


async def test_an_answer_for_all_is_seen_by_all(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    answer = await discord.interact("latest", {"limit": 1})
    assert answer["flags"] == 0
    assert answer["allowed_mentions"] == {"parse": []}


async def test_an_asking_delivered_twice_is_answered_once(
    discord: FakeDiscord, messenger: DiscordMessenger, asked: list[Arguments], caplog: pytest.LogCaptureFixture
) -> None:
    await discord.interact("latest", copies=2)
    await eventually(lambda: discord.count("/callback") == 2)
    assert len(asked) == 1
    assert [r for r in caplog.records if r.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("gone", {}),
        ("latest", {"gone": "x"}),
        ("latest", {"limit": 99}),
        ("latest", {"topic": "x"}),
        ("latest", {"limit": "3"}),
    ],
)
async def test_an_old_form_of_a_command_is_answered_with_patience(
    discord: FakeDiscord, messenger: DiscordMessenger, asked: list[Arguments], name: str, options: dict[str, Any]
) -> None:
    answer = await discord.interact(name, options)
    assert "old form" in answer["embeds"][0]["description"]
    assert asked == []


async def test_a_fault_is_logged_and_answered_in_plain_words(
    discord: FakeDiscord, messenger: DiscordMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await discord.interact("broken")
    assert "the bot's log" in answer["embeds"][0]["description"]
    assert "secret" not in str(answer)
    assert "a secret of the house" in caplog.text


async def test_an_answer_that_gets_lost_is_one_line_without_its_token(
    discord: FakeDiscord, messenger: DiscordMessenger, caplog: pytest.LogCaptureFixture
) -> None:
    discord.answer(404, "@original", code=10015)
    await discord.ask("latest")
    await eventually(lambda: "did not reach" in caplog.text)
    (token,) = discord.askings
    assert token not in caplog.text
    assert (await discord.interact("latest"))["embeds"]
