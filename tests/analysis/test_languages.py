"""Gold sentences of every language: what is a statement, whose, and of which stance. Half of them are silent."""

import random
import tomllib
from pathlib import Path

import pytest

from bot.domain.statement import Document
from bot.errors import LexiconError
from bot.lexicons import default_engine, load_lexicon

FILES = sorted((Path(__file__).parent / "data" / "languages").glob("*.toml"))
GOLD = {file.stem: tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES}


@pytest.mark.parametrize(
    ("language", "text", "speaker", "topic", "stance"),
    [(code, *row) for code, rows in GOLD.items() for row in rows["spoken"]],
)
def test_a_statement_is_found(language: str, text: str, speaker: str, topic: str, stance: str) -> None:
    analysis = default_engine().analyse(Document("", text, language, "2025-05-16"))
    found = [(s.speaker, s.topic, s.stance.value) for s in analysis.statements]
    assert (speaker, topic, stance) in found, analysis.reasons
    for s in analysis.statements:
        assert s.evidence.text in text
        assert s.speaker_span.text in text


@pytest.mark.parametrize(("language", "text"), [(code, text) for code, rows in GOLD.items() for text in rows["silent"]])
def test_no_statement_no_flag(language: str, text: str) -> None:
    analysis = default_engine().analyse(Document("", text, language, "2025-05-16"))
    assert not analysis.statements, analysis.reasons
    assert analysis.reasons


def test_half_of_the_sentences_are_silent() -> None:
    for code, rows in GOLD.items():
        assert abs(len(rows["spoken"]) - len(rows["silent"])) <= 1, code


def test_a_name_leads_to_an_actor_or_a_place(tmp_path: Path) -> None:
    (tmp_path / "names").mkdir()
    text = '[language]\ncode = "pl"\n[nominative]\n"Ruritania" = ["Rurytania"]\n'
    (tmp_path / "names" / "pl.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match='"Ruritania" leads nowhere'):
        load_lexicon(tmp_path)


def test_a_trait_is_one_that_the_engine_knows(tmp_path: Path) -> None:
    (tmp_path / "cues").mkdir()
    text = '[language]\ncode = "xx"\n[words]\ntrait = ["verb first"]\n'
    (tmp_path / "cues" / "xx.toml").write_text(text, encoding="utf-8")
    with pytest.raises(LexiconError, match='"verb first" is no trait of a language'):
        load_lexicon(tmp_path)


@pytest.mark.parametrize("language", GOLD)
def test_words_in_any_order_break_nothing(language: str) -> None:
    chance = random.Random(language)
    words = " ".join(row[0] for row in GOLD[language]["spoken"]).split()
    for _ in range(20):
        document = Document("", " ".join(chance.choices([*words, "\u200f«", "״", "'", "—", "\n"], k=60)), language)
        for s in default_engine().analyse(document).statements:
            for span in (s.speaker_span, s.evidence, s.cue):
                assert document.body[span.start : span.end] == span.text
