import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.slack.parse import explain, overview, parse, split, usage
from bot.service.catalog import Arguments, Catalog, Command, Option, OptionType
from bot.service.reply import Reply


async def _handler(_: Arguments) -> Reply:
    return Reply("done")


LATEST = Command(
    "latest",
    "The newest statements",
    _handler,
    (
        Option("topic", "only this topic", choices=("ceasefire", "territory")),
        Option("conflict", "only this conflict"),
        Option("limit", "how many", OptionType.INTEGER, minimum=1, maximum=10),
    ),
)
STATUS = Command("status", "How the bot is doing", _handler)
WHY = Command("why", "Why it was posted", _handler, (Option("story", "its number", OptionType.INTEGER, required=True),))
MOVE = Command("move", "From here to there", _handler, (Option("start", "from"), Option("goal", "to", required=True)))
CATALOG: Catalog = (LATEST, STATUS, WHY, MOVE)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("latest", "latest", {}),
        ("  LATEST  ", "latest", {}),
        ("latest topic=territory limit=3", "latest", {"topic": "territory", "limit": 3}),
        ("latest limit=3 topic=Territory", "latest", {"topic": "territory", "limit": 3}),
        ("latest --topic=territory —limit=3", "latest", {"topic": "territory", "limit": 3}),
        ("latest territory 3", "latest", {"topic": "territory", "limit": 3}),
        ("latest 3 territory", "latest", {"topic": "territory", "limit": 3}),
        ("latest ukraine", "latest", {"conflict": "ukraine"}),
        ("latest ukraine ceasefire 2", "latest", {"conflict": "ukraine", "topic": "ceasefire", "limit": 2}),
        ("latest south sudan", "latest", {"conflict": "south sudan"}),
        ('latest conflict="south sudan" 2', "latest", {"conflict": "south sudan", "limit": 2}),
        ("latest conflict=“south sudan”", "latest", {"conflict": "south sudan"}),
        ("latest conflict=«south sudan»", "latest", {"conflict": "south sudan"}),
        ('latest conflict="a &amp; b &lt;c&gt;"', "latest", {"conflict": "a & b <c>"}),
        ("latest conflict=O’Hara", "latest", {"conflict": "O'Hara"}),
        ("latest 'quoted", "latest", {"conflict": "'quoted"}),
        ("status", "status", {}),
        ("why 12", "why", {"story": 12}),
        ("move here over there", "move", {"start": "here", "goal": "over there"}),
        ("move start=here there", "move", {"start": "here", "goal": "there"}),
        ("why story=+12", "why", {"story": 12}),
    ],
)
def test_words_become_a_command(text: str, name: str, arguments: dict[str, object]) -> None:
    asked = parse(text, CATALOG)
    assert not isinstance(asked, Reply), asked
    assert (asked[0].name, asked[1]) == (name, arguments)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latst", "did you mean /parley latest?"),
        ("xyzzy", "No command is called “xyzzy”"),
        ("latest topc=territory", "latest has no option “topc”; did you mean topic?"),
        ("latest topic=territry", "not “territry”; did you mean territory?"),
        ("latest topic=weather", "topic must be one of ceasefire, territory, not “weather”"),
        ("latest limit=11", "limit must be a whole number from 1 to 10, not “11”"),
        ("latest limit=0", "from 1 to 10"),
        ("latest limit=many", "not “many”"),
        ("latest limit=" + "9" * 500, "from 1 to 10"),
        ("latest limit=٣", "not “٣”"),
        ("latest limit=", "limit must be a whole number"),
        ("latest conflict=", "conflict is empty"),
        ("latest limit=1 limit=2", "limit is given twice"),
        ("latest 3 conflict=ukraine 4", "topic must be one of ceasefire, territory, not “4”"),
        ("latest conflict=bosnia and others", "not “and”"),
        ("status now", "“now” is one word too many"),
        ("why", "story is missing: its number"),
        ("move here", "goal is missing: to"),
        ("why twelve", "story must be a whole number, not “twelve”"),
    ],
)
def test_mistakes_are_named_in_plain_words(text: str, said: str) -> None:
    answer = parse(text, CATALOG)
    assert isinstance(answer, Reply)
    assert said in answer.text
    assert answer.private


@pytest.mark.parametrize("text", ["", "   ", "help", "HELP", "help nothing"])
def test_help_lists_every_command(text: str) -> None:
    answer = parse(text, CATALOG)
    assert answer == overview(CATALOG)
    assert [value for _, value in answer.facts] == [c.help for c in CATALOG]


def test_help_on_one_command_shows_its_options() -> None:
    answer = parse("help latest", CATALOG)
    assert answer == explain(LATEST)
    assert ("topic", "only this topic (ceasefire, territory)") in answer.facts


def test_usage_shows_what_may_be_left_out() -> None:
    assert usage(LATEST) == "/parley latest [topic=ceasefire|territory] [conflict=TEXT] [limit=1-10]"
    assert usage(WHY) == "/parley why story=NUMBER"


@given(st.text(max_size=200) | st.text(alphabet='latest= "“”topic3', max_size=60).map("latest ".__add__))
def test_any_words_get_an_answer(text: str) -> None:
    asked = parse(text, CATALOG)
    if not isinstance(asked, Reply):
        command, arguments = asked
        assert set(arguments) <= {o.name for o in command.options}


def test_endless_words_are_cut() -> None:
    assert sum(map(len, split("x" * 100_000))) <= 1000
