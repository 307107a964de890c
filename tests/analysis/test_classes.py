"""The names of word classes: each is asked for somewhere, so that a file's list under it is read."""

from pathlib import Path

import pytest

from bot.analysis.classes import WORD_CLASSES
from bot.lexicons import load_lexicon

CODE = "".join(
    path.read_text("utf-8")
    for path in (Path(__file__).resolve().parents[2] / "bot" / "analysis").glob("*.py")
    if path.name != "classes.py"
)
MADE_UP = ("own_", "any_")  # names that the code puts together


@pytest.mark.parametrize("name", WORD_CLASSES)
def test_a_class_is_asked_for(name: str) -> None:
    towards = {kind for words in load_lexicon().languages.values() for cue in words.cues for kind, _ in cue.towards}
    assert name in towards or name.startswith(MADE_UP) or f'"{name}"' in CODE or f"'{name}'" in CODE
