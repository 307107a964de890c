"""Each stance on each topic in the idiom of agencies: what a careful reader makes of it, and the engine."""

import tomllib
from pathlib import Path

import pytest

from bot.domain.statement import Document
from bot.lexicons import default_engine

DATA = Path(__file__).parent / "data"
FILES = [tomllib.loads((DATA / f"{n}.toml").read_text("utf-8")) for n in ("stances", "told", "contents")]
SILENT = [text for data in FILES for text in data.pop("silent", ())]
ROWS = [
    (topic, stance, *row.split(" | "))
    for data in FILES
    for topic, stances in data.items()
    for stance, rows in stances.items()
    for row in rows
]


@pytest.mark.parametrize(("topic", "stance", "who", "text"), ROWS)
def test_stance_of_a_sentence(topic: str, stance: str, who: str, text: str) -> None:
    analysis = default_engine().analyse(Document("", text, "en", "2025-06-01"))
    found = [s.stance.value for s in analysis.statements if (s.topic, s.speaker) == (topic, who)]
    assert found == [stance], analysis.reasons


@pytest.mark.parametrize("text", SILENT)
def test_nobody_takes_a_position(text: str) -> None:
    analysis = default_engine().analyse(Document("", text, "en", "2025-06-01"))
    assert not analysis.statements
