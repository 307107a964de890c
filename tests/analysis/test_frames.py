"""What is said stays the same in whatever frame it is told: "X said late on Friday ...", '"...", according to X'."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.domain.statement import Document
from bot.lexicons import default_engine

DATA = tomllib.loads((Path(__file__).parent / "data" / "frames.toml").read_text("utf-8"))
OWN = {"he": "his", "she": "her", "it": "its"}
UNRELATED = "Rescue workers went on looking for survivors."
DAY = "2025-06-06"


class Speaker(NamedTuple):
    """Who speaks: his side, what he is, his canonical name, how he is written, and his pronoun."""

    side: str
    kind: str
    name: str
    written: str
    pronoun: str


class Words(NamedTuple):
    """What is said: told and quoted."""

    side: str
    topic: str
    stance: str
    told: str
    quoted: str


SPEAKERS = [Speaker(s["side"], s["kind"], *row.split(" | ")) for s in DATA["speaker"] for row in s["rows"]]
WORDS = [
    Words(block["side"], block["topic"], stance, *row.split(" | "))
    for block in DATA["words"]
    for stance, rows in block.items()
    if isinstance(rows, list)
    for row in rows
]
FRAMES = [(frame, row) for frame in DATA["frame"] for row in frame["rows"]]


def _big(words: str) -> str:
    return words[:1].upper() + words[1:]


def _filled(row: str, speaker: Speaker, told: str = "", quoted: str = "") -> str:
    who, he = speaker.written, speaker.pronoun
    return row.format(
        S=_big(who), s=who, c=told, C=_big(told), q=quoted, Q=quoted, he=he, He=_big(he), his=OWN[he]
    )  # fmt: skip


def _document(text: str, *, title: bool) -> Document:
    if title:
        return Document(text, UNRELATED.replace(".", " of the war."), "en", DAY)
    return Document("War enters its fourth winter", f"{text} {UNRELATED}", "en", DAY)


def _pairs(at: int, frame: dict[str, object]) -> Iterator[tuple[Speaker, Words]]:
    """Half of the words, each with another speaker of its side from frame to frame."""
    for number, words in enumerate(WORDS):
        fitting = [
            s
            for s in SPEAKERS
            if s.side == words.side
            and (s.kind == "person" or not frame.get("person"))
            and (s.kind != "post" or not frame.get("of"))
        ]
        if (number + at) % 2 and words.stance != frame.get("never"):
            yield fitting[(number + at) // 2 % len(fitting)], words


def _case(at: int, frame: dict[str, object], row: str) -> object:
    marks = [pytest.mark.xfail(strict=True)] if frame.get("fails") else []
    return pytest.param(at, frame, row, id=f"{frame['group']}: {row}", marks=marks)


@pytest.mark.parametrize(("at", "frame", "row"), [_case(at, *one) for at, one in enumerate(FRAMES)])
def test_a_frame_changes_nothing(at: int, frame: dict[str, object], row: str) -> None:
    wrong = []
    for speaker, words in _pairs(at, frame):
        text = _filled(row, speaker, words.told, words.quoted)
        found = default_engine().analyse(_document(text, title=bool(frame.get("title")))).statements
        if [(s.topic, s.stance.value) for s in found] != [(words.topic, words.stance)]:
            wrong.append((text, [(s.speaker, s.topic, s.stance.value) for s in found]))
        elif not frame.get("of") and found[0].speaker != speaker.name:
            wrong.append((text, found[0].speaker))
    assert not wrong


@pytest.mark.parametrize(("slot", "row"), [(slot, row) for slot, rows in DATA["forms"].items() for row in rows])
def test_a_form_is_read(slot: str, row: str) -> None:
    speaker, topic, stance, text = row.split(" | ")
    found = default_engine().analyse(_document(text, title=slot == "title")).statements
    assert [(s.speaker, s.topic, s.stance.value) for s in found] == [(speaker, topic, stance)]


@pytest.mark.parametrize("title", DATA["silent"]["title"])
def test_a_title_in_which_nobody_speaks(title: str) -> None:
    assert not default_engine().analyse(_document(title, title=True)).statements


@pytest.mark.parametrize("text", DATA["silent"]["unnamed"])
def test_who_is_never_named_says_nothing(text: str) -> None:
    assert not default_engine().analyse(_document(text, title=False)).statements


@pytest.mark.parametrize("row", DATA["silent"]["rows"])
def test_where_nobody_takes_a_position(row: str) -> None:
    for speaker in SPEAKERS:
        text = _filled(row, speaker)
        assert not default_engine().analyse(_document(text, title=False)).statements, text
