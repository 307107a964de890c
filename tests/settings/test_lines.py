import tomllib

import pytest

from bot.settings.lines import LONGEST, Lines

TEXT = '''# a comment with [[feed]] and key = 1
top = 1

[defaults]
every = "5m"   # [[feed]]
"odd key" = """
[[feed]]
name = "not a table"
"""

[[feed]]
name = "first"
dotted.key = { inner = 1 }

[[feed]]
topics = [
  "one", # "two" comes next
  "two",
]
[feed.extra]
deep = 1
[[feed.many]]
x = 1
[[feed.many]]
x = 2
'''


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("top",), None, 2),
        (("defaults",), None, 4),
        (("defaults", "every"), None, 5),
        (("defaults", "odd key"), None, 6),
        (("feed",), None, 11),
        (("feed", 0), None, 11),
        (("feed", 0, "name"), None, 12),
        (("feed", 0, "dotted", "key"), None, 13),
        (("feed", 1), None, 15),
        (("feed", 1, "topics"), None, 16),
        (("feed", 1, "topics"), '"two",', 18),
        (("feed", 1, "topics"), "nowhere", 16),
        (("feed", 1, "extra", "deep"), None, 21),
        (("feed", 1, "many", 1, "x"), None, 25),
        (("feed", 1, "absent"), None, 15),
        (("feed", 7), None, 11),
        (("absent",), None, None),
        ((), None, None),
    ],
)
def test_places(path: tuple[str | int, ...], value: object, line: int | None) -> None:
    tomllib.loads(TEXT)
    assert Lines(TEXT).of(path, value) == line


def test_a_statement_without_end_in_sight_ends_the_search_but_not_the_start() -> None:
    text = "a = 1\nb = [\n" + "1,\n" * (LONGEST + 5) + "]\nc = 1\n"
    lines = Lines(text)
    assert lines.of(("a",)) == 1
    assert lines.of(("c",)) is None
