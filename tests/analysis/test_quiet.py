"""Sentences with an actor, a verb of speech and a topic's words: whether they report a statement, and whose."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.domain.statement import Document
from bot.lexicons import default_engine

DATA = Path(__file__).parent / "data" / "quiet.toml"
SENTENCES = tomllib.loads(DATA.read_text(encoding="utf-8"))["sentence"]


@pytest.mark.parametrize("row", SENTENCES, ids=[row["text"] for row in SENTENCES])
def test_whose_statement_it_is(row: dict[str, Any]) -> None:
    analysis = default_engine().analyse(Document("", row["text"], "en", "2025-06-01"))
    assert sorted({s.speaker for s in analysis.statements}) == sorted(row["said"]), analysis.statements
