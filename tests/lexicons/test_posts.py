"""Posts: the titles that a word may stand for, and that all of them are ones that files use."""

import pytest

from bot.analysis.lexicon import Office
from bot.domain.statement import Document
from bot.lexicons import default_engine, load_lexicon


def test_every_title_is_one_that_somebody_holds_or_a_noun_has() -> None:
    lexicon = load_lexicon()
    offices: list[Office] = [o for actor in lexicon.actors.values() for o in actor.offices]
    held = {o.title for o in offices} | {r.title for words in lexicon.languages.values() for r in words.roles}
    for title, post in lexicon.titles.items():
        assert {title, *post.means} <= held, title
        assert post.means or post.of, title


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("Iran's leader rejected the ceasefire.", "Ali Khamenei"),
        ("The pope called for a ceasefire in Gaza.", "Pope Leo XIV"),
        ("France's leader called for a ceasefire in Gaza.", "Emmanuel Macron"),
        ("The bishop called for a ceasefire in Gaza.", "bishop"),
    ],
)
def test_whom_a_title_means(text: str, speaker: str) -> None:
    found = default_engine().analyse(Document("", text, "en", "2025-06-03")).statements
    assert [s.speaker for s in found] == [speaker]
