"""What a table's shape cannot show: words that two lists hold, languages that are not there, days that are none."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from bot.analysis.lexicon import spelled
from bot.analysis.units import CLASSES
from bot.errors import Mistake
from bot.lexicons.reading import Table

OFFICE = ("title", "of", "since", "until")


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


def tongue_mistakes(spoken: Iterable[tuple[Table, str]], known: Collection[str]) -> Iterator[Mistake]:
    """Words of a language that has no cue file: nobody would read them. With each table its key of the language."""
    for table, key in spoken:
        if table.text(key) not in known:
            what = f'there is no cue file of the language "{table.text(key)}"'
            yield table.mistake(key, what, "one of " + ", ".join(sorted(known)) + "; or add cues/<language>.toml")


def office_mistakes(table: Table, office: Mapping[str, Any]) -> Iterator[Mistake]:
    """Keys that an office does not have, and days that are none."""
    wrong = [k for k in office if k not in OFFICE or not isinstance(office[k], str)]
    if wrong or not office.get("title"):
        what = f"office with a wrong or missing key: {', '.join(wrong) or 'title'}"
        yield table.mistake("offices", what, "keys: title, of, since, until; all texts")
        return
    for key in ("since", "until"):
        if office.get(key) and not _is_day(office[key]):
            yield table.mistake("offices", f'"{office[key]}" is no day, in {key}', "write 2025-01-31, 2025-01 or 2025")


def _is_day(text: str) -> bool:
    full = (
        text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text
    )  # a year or a month stands for its first day
    try:
        return date.fromisoformat(full).isoformat() == full
    except ValueError:
        return False
