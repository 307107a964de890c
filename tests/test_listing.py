"""`feed list` on a terminal of 80 columns, and elsewhere."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.cells import cell_len

from bot.listing import show_table
from tests.service.test_conditions import BAD, GOOD, NEW, NOW, feed


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def table(*feeds: object, stream: StringIO | None = None) -> str:
    stream = stream or StringIO()
    show_table(feeds, stream, now=NOW)  # type: ignore[arg-type]  # tests give the right ones
    return stream.getvalue()


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_each_feed_has_its_state_and_the_reason_below() -> None:
    assert table(BAD, NEW, GOOD) == (
        "  FEED                                 ANSWERED     CHANGED  NEXT CHECK    SAVED\n"
        "✗ Bad                                     never       never   in 60 min      0 B\n"
        "    no such host; failed polls in a row: 2\n"
        "? New                                     never       never         now      0 B\n"
        "  Good                                3 min ago     2 h ago    in 2 min   1.2 MB\n"
        "    its interval\n"
        "3 feeds: 1 failing, 1 not read yet, 1 ok\n"
    )


def test_a_feed_that_has_moved_for_good_tells_the_line_for_feeds_toml() -> None:
    moved = feed("Moved", moved_to="https://new.example/rss?key=1", moved_times=3, reason="its interval")
    assert '    moved for good: url = "https://new.example/rss?key=1"\n' in table(moved)
    twice = replace(moved, state=replace(moved.state, moved_times=2))
    assert "moved for good" not in table(twice), "it may come back yet"


def test_nothing_is_wider_than_the_terminal_in_any_script() -> None:
    names = ["Каса" * 20, "新华网" * 20, "خبر" * 20, "[bold]x[/bold] :smile:"]
    feeds = [replace(BAD, feed=replace(BAD.feed, name=name)) for name in names]
    feeds.append(feed("Long", failures=1, error="word " * 100))
    shown = table(*feeds)
    assert max(cell_len(line) for line in shown.splitlines()) <= 80
    assert "[bold]x[/bold] :smile:" in shown


def test_colour_is_for_terminals_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" not in table(BAD)
    assert "\x1b[31m" in table(BAD, stream=Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in table(BAD, stream=Terminal())


def test_no_feed_is_a_line() -> None:
    assert table() == "0 feeds\n"
