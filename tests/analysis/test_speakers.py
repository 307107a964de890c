"""Whose statements a sentence reports: the packaged lexicons at work."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.domain.statement import DEFAULT_TOPICS, Document
from bot.lexicons import default_engine

DATA = Path(__file__).parent / "data"
SENTENCES = [
    sentence
    for name in ("speakers.toml", "attribution.toml")
    for sentence in tomllib.loads((DATA / name).read_text(encoding="utf-8"))["sentence"]
]


@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"] for row in SENTENCES])
def test_speakers(row: dict[str, Any]) -> None:
    title, _, text = row["text"].rpartition("\n")
    analysis = default_engine().analyse(Document(title, text, "en", "2025-06-03T09:00:00Z"))
    found = [[s.speaker, s.topic, s.stance.value] for s in analysis.statements if s.topic in DEFAULT_TOPICS]
    shown = [[*got[: len(want)]] for got, want in zip(sorted(found), sorted(row["said"]), strict=False)]
    assert len(found) == len(row["said"]), analysis.reasons
    assert shown == sorted(row["said"]), analysis.reasons
