"""Who takes which position on stopping a war, sentence by sentence, and which sentences report nobody's."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.domain.statement import CEASEFIRE, Document
from bot.lexicons import default_engine

DATA = Path(__file__).parent / "data" / "ceasefire.toml"
SENTENCES = tomllib.loads(DATA.read_text(encoding="utf-8"))["sentence"]
FLAGGED = 0.45


@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"] for row in SENTENCES])
def test_sentence(row: dict[str, Any]) -> None:
    analysis = default_engine().analyse(Document("", row["text"], "en", "2025-06-01"))
    found = [s for s in analysis.statements if s.topic == CEASEFIRE and s.confidence >= FLAGGED]
    said = dict((who.partition(": ")[::2]) for who in row["said"])
    assert {s.speaker for s in found} == set(said), analysis.reasons
    for who, stance in said.items():
        assert not stance or stance in {s.stance.value for s in found if s.speaker == who}, analysis.reasons
