from bot.domain.statement import VERBS, Span, Stance


def test_there_are_words_for_every_stance():
    assert set(VERBS) == set(Stance)
    assert len(set(VERBS.values())) == len(VERBS)


def test_a_span_is_the_document_between_its_offsets():
    assert Span.of("Ruritania rejects the truce", 10, 17) == Span(10, 17, "rejects")
