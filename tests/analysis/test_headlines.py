"""The packaged lexicon on invented headlines and sentences about real disputes: flagged for the topic, or quiet."""

import tomllib
from pathlib import Path

import pytest

from bot.domain.statement import DEFAULT_TOPICS, Document
from bot.lexicons import default_engine

DATA = Path(__file__).parent / "data"
HEADLINES = [
    headline
    for name in ("headlines.toml", "land.toml", "wordings.toml")
    for headline in tomllib.loads((DATA / name).read_text(encoding="utf-8"))["headline"]
]


@pytest.mark.parametrize(("topic", "text"), [(h["topic"], h["text"]) for h in HEADLINES])
def test_headline(topic: str, text: str) -> None:
    analysis = default_engine().analyse(Document("", text, "en", "2025-06-01"))
    flagged = set(analysis.topics) & set(DEFAULT_TOPICS)
    assert topic in flagged if topic else not flagged, analysis.reasons
