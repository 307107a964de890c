"""Each stance on each topic in the idiom of agencies: what a careful reader makes of it, and the engine."""

import tomllib
from pathlib import Path

import pytest

from bot.domain.statement import Document
from bot.lexicons import default_engine

FILES = [tomllib.loads((Path(__file__).parent / "data" / f"{n}.toml").read_text("utf-8")) for n in ("stances", "told")]
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
