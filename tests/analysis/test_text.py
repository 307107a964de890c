import pytest

from bot.analysis.clause import Clause
from bot.analysis.lexicon import Language
from bot.analysis.text import Quote, View, quotes, sentences
from bot.analysis.units import Grammar

ABBREVIATIONS = frozenset({"mr", "gen"})


def split(text: str) -> list[str]:
    view = View.of(text, cap=10_000)
    return [view.span(a, b).text for a, b in sentences(view, abbreviations=ABBREVIATIONS)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two.", ["One.", "Two."]),
        ("Mr. Roe met Gen. Poe. They spoke.", ["Mr. Roe met Gen. Poe.", "They spoke."]),
        ("The U.S. army left. It came back.", ["The U.S. army left.", "It came back."]),
        ("A 3.5 km line. No more.", ["A 3.5 km line.", "No more."]),
        ("“Never.” He left!  “Why?” she asked.", ["“Never.”", "He left!", "“Why?” she asked."]),
        ("Headline\nBody", ["Headline", "Body"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He said “no truce now” again.", ["“no truce now”"]),
        ("'There'll be no peace,' he said.", ["'There'll be no peace,'"]),
        ("the leaders' call and Ruritania's army", []),
        ('Straight "one two" and "three four".', ['"one two"', '"three four"']),
        ("“a “word” b”", []),
        ("“first paragraph\n“second one” end", ["“first paragraph", "“second one”"]),
        ("“unclosed words", []),
    ],
)
def test_quotes(text: str, expected: list[str]) -> None:
    found = [text[q.start : q.end] for q in quotes(View.of(text, cap=1_000))]
    assert found[: len(expected)] == expected
    assert len(found) <= max(len(expected), 1)


def test_the_way_back_to_the_document_survives_hidden_characters() -> None:
    text = "a\u200b  cease\u00adfire ,  Erdoğan’s"
    view = View.of(text, cap=100)
    assert view.plain == "a ceasefire, Erdogan's"
    at = view.low.index("ceasefire")
    assert view.span(at, at + len("ceasefire")).text == "cease\u00adfire"
    assert view.span(0, len(view.plain)).text == text


def test_case_folding_never_moves_a_letter() -> None:
    text = "İstanbul ẞ ŉ ﬁ said"
    view = View.of(text, cap=100)
    assert len(view.low) == len(view.plain) == len(text)


def test_many_empty_lines_cost_no_square_of_their_number() -> None:
    text = "He said: “We go.\n\n\n“We stay,” he said." + "\n" * 150_000 + "“No way.”"  # minutes, were it the square
    view = View.of(text, cap=200_000)
    assert [view.span(*quote).text.strip() for quote in quotes(view)] == ["“We go.", "“We stay,”", "“No way.”"]


def test_many_stops_cost_no_square_of_their_number() -> None:
    text = "Well?!... He left" + "." * 150_000 + "x. “Why?!” So."  # minutes, were it the square
    view = View.of(text, cap=200_000)
    found = [text[a:b] for a, b in sentences(view, abbreviations=ABBREVIATIONS)]
    assert (found[0], *found[-2:]) == ("Well?!...", "“Why?!”", "So.")


def test_few_or_many_letters_that_are_not_plain_are_unified_alike() -> None:
    view = View.of("“Île–Zürich” ‘Ørsk’ ـ ÇĞİ\u00a0`x` ﬁ ½ Ⅷ ى", cap=100)
    assert view.plain == "\"Ile-Zurich\" 'Ørsk' ـ CGI 'x' f 1 V ي"
    assert len(view.plain) == len(view.low) == len(view.shown)


@pytest.mark.parametrize(("at", "inside"), [(0, False), (3, True), (9, False), (12, True), (15, False), (30, False)])
def test_the_quotation_around_an_offset(at: int, inside: bool) -> None:
    found = [Quote(0, 9), Quote(10, 16)]
    clause = Clause(0, 40, [], [], found, Grammar(Language("en", {}, (), (), ())), {})
    assert (clause.quoted(at) is not None) == inside
