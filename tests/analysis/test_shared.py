"""The bars of the shared evaluation, where it lies beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.domain.statement import Analysis, Document
from bot.lexicons import default_engine

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
DEV = SHARED / "eval" / "dev.jsonl"
SAMPLE = SHARED / "samples" / "crimea-ankara.json"


def read(item: dict[str, Any]) -> Analysis:
    document = Document(item["title"], item["text"], item["lang"], item["published"], item["source"])
    analysis = default_engine().analyse(document)
    for s in analysis.statements:
        for span in (s.speaker_span, s.evidence, s.cue, *([s.quote] if s.quote else [])):
            assert document.body[span.start : span.end] == span.text
    return analysis


@pytest.mark.skipif(not DEV.exists(), reason="../shared/eval is not here")
@pytest.mark.parametrize(("topic", "bar"), [("ceasefire", 0.80), ("territory", 0.60)])
def test_flags_on_labelled_articles(topic: str, bar: float) -> None:
    items = [json.loads(line) for line in DEV.read_text(encoding="utf-8").splitlines()]
    right = false = missed = 0
    for item in items:
        if item["lang"] != "en" or item["gold"][topic] == "b":
            continue
        flagged, gold = topic in read(item).topics, bool(item["gold"][topic])
        right, false, missed = (
            right + (flagged and gold),
            false + (flagged and not gold),
            missed + (gold and not flagged),
        )
    assert 2 * right / (2 * right + false + missed) >= bar


@pytest.mark.skipif(not SAMPLE.exists(), reason="../shared/samples is not here")
def test_the_sample_article_yields_its_statements() -> None:
    gold = json.loads(SAMPLE.read_text(encoding="utf-8"))
    text = SAMPLE.with_suffix(".txt").read_text(encoding="utf-8")
    analysis = read({"title": gold["title"], "text": text, "lang": "en", "published": "2025-05-16", "source": ""})
    found = [(s.speaker, s.topic, s.stance.value) for s in analysis.statements]
    # One pair of them has one gist ("may be merged", says the note there).
    assert found == list(dict.fromkeys((s["speaker"], s["topic"], s["stance"]) for s in gold["statements"]))
    quoted = [s.quote.text for s in analysis.statements if s.quote]
    assert len(quoted) == sum(s["quote"] is not None for s in gold["statements"])
    assert analysis.topics == ("ceasefire", "territory")
