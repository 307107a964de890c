"""Whose position a sentence on a real dispute is, which one, and on what: the packaged lexicons at work."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.domain.statement import Document
from bot.lexicons import default_engine

DATA = Path(__file__).parent / "data" / "positions.toml"
POSITIONS = tomllib.loads(DATA.read_text(encoding="utf-8"))["position"]


@pytest.mark.parametrize("row", POSITIONS, ids=[row["text"] for row in POSITIONS])
def test_position(row: dict[str, Any]) -> None:
    analysis = default_engine().analyse(Document("", row["text"], "en", "2025-06-01"))
    speaker, topic, stance = row["said"]
    found = [s for s in analysis.statements if s.topic == topic and s.speaker == speaker]
    assert [s.stance.value for s in found] == [stance], analysis.reasons
    if "target" in row:
        assert {s.speaker for s in analysis.statements if s.topic == topic} == {speaker}
        assert sorted(found[0].target) == sorted(row["target"])


@pytest.mark.parametrize(
    ("text", "conflicts"),
    [
        ("Russia rejected a truce.", ("ukraine",)),
        ("Russia said Ukraine must accept a truce.", ("ukraine",)),
        ("Russia and Georgia accused each other of breaking the ceasefire.", ("georgia",)),
        ("Japan says the Kuril Islands must be returned by Russia.", ("kuril",)),
        ("Israel called for a ceasefire with Hezbollah.", ("lebanon",)),
        ("Turkey demanded a ceasefire in Gaza.", ("gaza",)),
    ],
)
def test_one_party_shows_no_conflict_that_its_others_share(text: str, conflicts: tuple[str, ...]) -> None:
    (statement,) = default_engine().analyse(Document("", text, "en", "2025-06-01")).statements[:1]
    assert statement.conflicts == conflicts
