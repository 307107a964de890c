"""What the tables of one language's cue file must agree on among themselves."""

from collections.abc import Iterator, Mapping, Sequence

from bot.analysis.lexicon import spelled
from bot.analysis.units import CLASSES
from bot.errors import Mistake
from bot.lexicons.reading import Table


def cue_mistakes(words: Mapping[str, Sequence[str]], cues: Sequence[Table]) -> Iterator[Mistake]:
    """Cues that a closed class takes away, and classes of nouns that are not there."""
    closed = {spelling: kind for kind in CLASSES for form in words.get(kind, ()) for spelling in spelled(form)}
    for cue in cues:
        for kind in cue.values.get("towards", {}):
            if kind not in words:
                what = f'"{kind}" is no class of words'
                yield cue.mistake("towards", what, "name a list that stands under [words]")
        for form in cue.texts("forms"):
            for taken in (s for s in spelled(form) if s in closed):
                what = f'"{taken}" is a cue, and {closed[taken]} under [words], which wins'
                yield cue.mistake("forms", what, "leave it with one of the two")
