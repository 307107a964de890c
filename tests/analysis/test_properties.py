"""Whatever the text: no exception, the same verdict twice, every span the article's own words."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.analysis.extract import Engine
from bot.domain.statement import Document, Span, Statement

WORDS = [
    *("Vrel", "Kestrel", "Ruritania", "Borduria's", "Marshland", "its president", "He", "it", "they", "both sides"),
    *("“", "”", '"', "'", ":", ";", ",", ".", "—", "-", "(", ")", "\n", "\u200b", "\u00ad", "🙂", "И", "َ"),
    *("said", "rejected", "agreed to", "accused", "according to", "will never", "not", "that", "while", "after", "by"),
    *("Ruritanian", "call for", "the Marshes", "officials", "residents", "foreign minister", "statement", "announced"),
    *("a truce", "ceasefire", "war", "violating the deal", "withdraw from", "two-state solution", "sovereignty"),
]
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

texts = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join))


def spans(statement: Statement) -> Iterator[Span]:
    yield from (statement.speaker_span, statement.evidence, statement.cue)
    if statement.quote is not None:
        yield statement.quote


@PATIENT
@given(title=texts, text=texts)
def test_any_text_gets_a_verdict_of_its_own_words(engine: Engine, title: str, text: str) -> None:
    document = Document(title, text, "en", "2025-05-16")
    analysis = engine.analyse(document)
    assert engine.analyse(document) == analysis
    assert analysis.reasons
    assert set(analysis.topics) == {s.topic for s in analysis.statements}
    for statement in analysis.statements:
        assert 0 <= statement.confidence <= 1
        for span in spans(statement):
            assert document.body[span.start : span.end] == span.text != ""


@PATIENT
@given(text=texts)
def test_a_paragraph_that_is_no_news_changes_no_statement_before_it(engine: Engine, text: str) -> None:
    alone = engine.analyse(Document("Vrel rejects the ceasefire in the war", text + ".", "en"))
    longer = engine.analyse(Document("Vrel rejects the ceasefire in the war", text + ".\n\nIt rained all day.", "en"))
    said = [(s.speaker, s.topic, s.stance, s.cue) for s in alone.statements]
    assert said == [(s.speaker, s.topic, s.stance, s.cue) for s in longer.statements]


def test_a_huge_article_of_quotations_is_read_to_its_cap(engine: Engine) -> None:
    text = "“No ceasefire,” Vrel said. " * 10_000 + "x" * 1_000_000
    analysis = engine.analyse(Document("War", text, "en"))
    assert [s.speaker for s in analysis.statements] == ["Anna Vrel"]


def test_unclosed_marks_and_mixed_scripts_are_read(engine: Engine) -> None:
    text = (
        "“" * 5_000
        + "(" * 5_000
        + " Врел сказал ceasefire ваr "
        + "Vrel said the ceasefire in the war is over. "
        + "\u0301" * 500
    )
    engine.analyse(Document("", text, "en"))


@pytest.mark.parametrize("language", ["en", None])
def test_half_a_surrogate_pair_is_read_over(engine: Engine, language: str | None) -> None:
    # JSON can bring one: "\\ud800" is a valid string there.
    text = "\ud800 Ruritania has rejected the ceasefire, and the war in the Marshes goes on."
    assert [s.speaker for s in engine.analyse(Document("x \ud800 y", text, language)).statements] == ["Ruritania"]
