import pytest

from bot.analysis.joining import join
from bot.analysis.lexicon import Lexicon
from bot.analysis.match import Names
from bot.analysis.phrase import phrases
from bot.analysis.text import View, headline_case
from bot.analysis.units import Grammar


def groups(lexicon: Lexicon, text: str) -> list[list[str]]:
    """The phrases that can speak and that no preposition governs, joined ones together."""
    view, grammar = View.of(text, cap=1_000), Grammar(lexicon.languages["en"])
    units = grammar.units(view, 0, len(text), Names(lexicon).find(view))
    out: list[list[str]] = []
    for phrase in join(phrases(units, grammar, capitals=not headline_case(view, 0, len(text))), units, grammar):
        if phrase.can_speak and not phrase.governed and phrase.group[0] is phrase:
            out.append([text[p.units[0].start : p.units[-1].end] for p in phrase.group])
    return out


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Ruritanian president said", [["The Ruritanian president"]]),
        ("Ruritania and the Red Hand Front said", [["Ruritania", "the Red Hand Front"]]),
        ("Ruritania, Borduria and Syldavia said", [["Ruritania", "Borduria", "Syldavia"]]),
        ("In Ruritania, Vrel said", [["Vrel"]]),
        ("The foreign minister, Jon Kestrel, said", [["The foreign minister, Jon Kestrel"]]),
        ("After talks with ministers, Vrel said", [["Vrel"]]),
        ("Residents said", []),
        ("In Marshland they said", [["they"]]),
        ("The Ruritanian harvest was good", []),
        ("Borduria's far-right defence minister said", [["Borduria's far-right defence minister"]]),
        ("It began at 11 pm", [["It"]]),
    ],
)
def test_who_may_speak(lexicon: Lexicon, text: str, expected: list[list[str]]) -> None:
    assert groups(lexicon, text) == expected


def test_a_headline_s_capitals_tell_nothing() -> None:
    assert headline_case(View.of("Mayor Wants Truce Before Winter Comes", cap=100), 0, 37)
    assert not headline_case(View.of("Mayor Roe wants a truce before winter", cap=100), 0, 37)
