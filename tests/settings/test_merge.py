"""Imported feeds in a feeds.toml that a person keeps."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.feed import Feed
from bot.domain.subscription import Platform
from bot.settings import merge as merge_module
from bot.settings.feeds_toml import FeedsReader
from bot.settings.merge import Merged, merge
from bot.settings.opml import Outline

ROOT = Path(__file__).resolve().parents[2]
TEXT = """# my feeds
[defaults]
every = "10m" # ten

[[feed]]
name = "Wire"
url = "https://wire.example/rss"   # the old one
[[channel]]
platform = "console"
id = "terminal"
# the end"""


def read(text: str) -> tuple[Feed, ...]:
    reader = FeedsReader(text, source="feeds.toml", ready=frozenset(Platform))
    feeds = reader.read().feeds
    assert reader.mistakes == []
    return feeds


def outline(name: str, url: str, *folder: str, line: int = 7, **more: str) -> Outline:
    return Outline(line, {"name": name, "url": url, **more}, folder)


def merged(text: str, *outlines: Outline) -> Merged:
    return merge(text, read(text) if "[[feed]]" in text else (), outlines, file="feeds.toml", source="my.opml")


def test_new_feeds_stand_below_the_last_one_and_nothing_else_moves() -> None:
    found = merged(TEXT, outline("Radio", "https://radio.example/rss", "News", "Sea", language="uk"))
    assert found.text == TEXT.replace(
        "# the old one\n",
        '# the old one\n\n# --- News / Sea ---\n\n[[feed]]\nname = "Radio"\nurl = "https://radio.example/rss"\n'
        'language = "uk"\n\n',
    )
    assert [f.name for f in read(found.text)] == ["Wire", "Radio"]
    assert (found.added, found.notes) == (1, ())


def test_what_stands_in_no_folder_is_set_apart_from_one_before() -> None:
    sea, loose = outline("Sea", "https://sea.example/", "News"), outline("Loose", "https://loose.example/")
    assert [line for line in merged("", loose, sea, loose).text.split("\n") if line.startswith("#")] == [
        "# --- News ---"
    ]
    other = outline("Other", "https://other.example/")
    assert merged("", sea, other).block.split("\n")[6:9] == ["# ---", "", "[[feed]]"]


def test_feeds_that_are_there_and_names_that_are_taken_are_told() -> None:
    found = merged(
        TEXT,
        outline("Wire again", "https://WIRE.example/rss", line=1),
        outline("wire", "https://other.example/rss", line=2),
        outline("wire", "https://other.example/atom", line=3),
        outline("Twice", "https://other.example/rss", line=4),
    )
    assert found.notes == (
        'my.opml:1: "Wire again" is there already, at feeds.toml:5 ("Wire")',
        'my.opml:2: "wire" is the name of another feed; this one is called "wire (other.example)"',
        'my.opml:3: "wire" is the name of another feed; this one is called "wire 2"',
        'my.opml:4: "Twice" is there already, at my.opml:2',
    )
    assert [f.name for f in read(found.text)] == ["Wire", "wire (other.example)", "wire 2"]


def test_nothing_new_leaves_the_text_as_it_is() -> None:
    assert merged(TEXT, outline("Wire", "https://wire.example/rss")).text == TEXT


@pytest.mark.parametrize("text", ["", "\n", "# mine", '[defaults]\nevery = "10m"', '[defaults]\nevery = "10m"\n\n'])
def test_a_file_without_feeds_gets_them_at_its_end(text: str) -> None:
    found = merged(text, outline("Radio", "https://radio.example/rss"))
    assert found.text.startswith(text.rstrip("\n"))
    assert [f.name for f in read(found.text)] == ["Radio"]


def test_the_ends_of_lines_stay_as_they_are() -> None:
    found = merged(TEXT.replace("\n", "\r\n"), outline("Radio", "https://radio.example/rss"))
    assert found.text.count("\n") == found.text.count("\r\n")
    assert [f.name for f in read(found.text)] == ["Wire", "Radio"]


def test_the_file_that_ships_takes_new_feeds_above_its_channels() -> None:
    text = (ROOT / "feeds.toml").read_text(encoding="utf-8")
    found = merged(text, outline("Radio", "https://radio.example/rss"))
    assert found.text.index('name = "Radio"') < found.text.index("# --- channels ---")
    assert found.text.replace(found.block + "\n\n", "").replace(found.block, "").split() == text.split()


@given(st.text(), st.text(st.characters(codec="utf-8")).filter(str.isprintable))
def test_any_folder_and_any_printable_value_is_toml(folder: str, value: str) -> None:
    found = merged(TEXT, outline("Radio", "https://radio.example/rss", folder, publisher=value))
    assert tomllib.loads(found.text)["feed"][1]["publisher"] == value


def test_a_folder_around_many_feeds_does_not_grow_with_each_of_them() -> None:
    around = ["N" * 50_000] * 50
    found = merged(TEXT, *(outline(f"R{n}", f"https://r.example/{n}", *around, f"{n}") for n in range(100)))
    assert len(found.text) < 30_000
    assert len(read(found.text)) == 101


def test_feeds_of_one_name_are_numbered_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted from 2 for each of them, the names of an OPML file of 10 MB took hours."""
    tried: list[str] = []
    whole = merge_module._with
    monkeypatch.setattr(merge_module, "_with", lambda name, tail: tried.append(tail) or whole(name, tail))
    # The last two letters differ, and fall to the number.
    names = [f"{'W' * 78}{a}{b}" for a in "abcdefghij" for b in "abcdefghij"] * 3
    found = merged(TEXT, *(outline(name, f"https://r.example/{n}") for n, name in enumerate(names)))
    assert len({feed.name.casefold() for feed in read(found.text)}) == 1 + len(names)
    assert len(tried) <= 5 * len(names)
