import pytest

from bot.analysis.lexicon import Lexicon, spelled
from bot.analysis.match import Names, TopicHits
from bot.analysis.text import View
from bot.lexicons import load_lexicon


def names(lexicon: Lexicon, text: str) -> list[tuple[str, str, str, bool]]:
    found = Names(lexicon).find(View.of(text, cap=1_000))
    return [
        (text[n.start : n.end], n.actor.name if n.actor else "", n.place.name if n.place else "", n.adjective)
        for n in found
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna Vrel spoke", [("Anna Vrel", "Anna Vrel", "", False)]),
        ("ANNA VREL SPOKE", [("ANNA VREL", "Anna Vrel", "", False)]),
        ("the Ruritanian army", [("Ruritanian", "Ruritania", "", True)]),
        ("in Ruritania", [("Ruritania", "Ruritania", "Ruritania", False)]),
        ("the Marshes", [("the Marshes", "", "Marshland", False)]),
        ("Vrelish unVrel", []),
        ("a brand of rhf", []),  # a name needs its capital, an abbreviation all of them
        ("Brand and RHF", [("Brand", "Otto Brand", "", False), ("RHF", "Red Hand Front", "", False)]),
        ("Kestrel's", [("Kestrel", "Jon Kestrel", "", False)]),
    ],
)
def test_names(lexicon: Lexicon, text: str, expected: list[tuple[str, str, str, bool]]) -> None:
    assert names(lexicon, text) == expected


def test_topic_words_are_whole_words_and_the_longest_counts(lexicon: Lexicon) -> None:
    text = "A humanitarian truce, a trucebreaker."
    hits = TopicHits(lexicon, "en").find(View.of(text, cap=100))
    assert [text[h.start : h.end] for h in hits if h.topic == "ceasefire"] == ["humanitarian truce"]


def test_alternatives_are_spelled_out() -> None:
    assert spelled("end|ends the|a war") == ["end the war", "end a war", "ends the war", "ends a war"]


def test_an_article_hides_no_longer_name() -> None:
    found = names(load_lexicon(), "The UN Security Council and the European Parliament met the UN.")
    assert [actor for _, actor, _, _ in found] == ["UN Security Council", "European Parliament", "United Nations"]
