"""What a table's shape cannot show: words that two lists hold, languages that are not there, days that are none."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from bot.analysis.classes import TRAITS, WORD_CLASSES
from bot.analysis.lexicon import Cue, spelled
from bot.analysis.units import CLASSES
from bot.errors import Mistake
from bot.lexicons.reading import Table, near

OFFICE = ("title", "of", "since", "until")


def class_mistakes(table: Table, cues: Iterable[Table], packaged: Iterable[Cue]) -> Iterator[Mistake]:
    """Classes of words that nothing asks for, traits that are none, words taken away from `packaged` cues."""
    asked = {
        *WORD_CLASSES,
        *(k for c in cues for k in c.values.get("towards", {})),
        *(k for c in packaged for k, _ in c.towards),
    }
    for kind in table.values:
        if kind not in asked:
            mend = near(kind, asked) or "those that are read: bot/analysis/classes.py"
            yield table.mistake(kind, f'"{kind}" is no class of words, and would never be read', mend)
    for trait in table.texts("trait"):
        if trait not in TRAITS:
            yield table.mistake("trait", f'"{trait}" is no trait of a language', near(trait, TRAITS))
    spoken = {spelling for cue in packaged for form in cue.forms for spelling in spelled(form)}
    for kind in CLASSES:
        for taken in (s for form in table.texts(kind) for s in spelled(form) if s in spoken):
            yield table.mistake(kind, f'"{taken}" is a cue of the packaged file, and {kind} would win', "leave it out")


def cue_mistakes(words: Mapping[str, Sequence[str]], cues: Sequence[Table]) -> Iterator[Mistake]:
    """Cues that a closed class takes away, and classes of nouns that are not there."""
    closed = {spelling: kind for kind in CLASSES for form in words.get(kind, ()) for spelling in spelled(form)}
    for cue in cues:
        for kind in cue.values.get("towards", {}):
            if kind not in words:
                mend = near(kind, words) or "name a list that stands under [words]"
                yield cue.mistake("towards", f'"{kind}" is no class of words', mend)
        for form in cue.texts("forms"):
            for taken in (s for s in spelled(form) if s in closed):
                what = f'"{taken}" is a cue, and {closed[taken]} under [words], which wins'
                yield cue.mistake("forms", what, "leave it with one of the two")


def clash_mistakes(known: Mapping[str, Table]) -> Iterator[Mistake]:
    """A spelling belongs to one actor, and to one territory; an actor and a territory may share it."""
    owner: dict[str, Table] = {}
    for name, table in sorted(known.items(), key=lambda item: item[1].own):  # the user's last: he can mend his own
        for key, words in (("name", (name,)), ("aliases", table.texts("aliases"))):
            for word in words:
                other = owner.setdefault(word, table)
                if (first := other.text("name")) != name:
                    mend = f"leave it with one; the other is at {other.file}:{other.line}"
                    if table.own and not other.own:
                        mend += ", and can be written anew in a file of your own: replace = true"
                    yield table.mistake(key, f'"{word}" is a spelling of "{name}" and of "{first}"', mend)


def tongue_mistakes(spoken: Iterable[tuple[Table, str]], known: Collection[str]) -> Iterator[Mistake]:
    """Words of a language that has no cue file: nobody would read them. With each table its key of the language."""
    for table, key in spoken:
        if table.text(key) not in known:
            what = f'there is no cue file of the language "{table.text(key)}"'
            yield table.mistake(key, what, near(table.text(key), known) + "; or add cues/<language>.toml")


def office_mistakes(table: Table, office: Mapping[str, Any]) -> Iterator[Mistake]:
    """Keys that an office does not have, and days that are none."""
    wrong = [k for k in office if k not in OFFICE or not isinstance(office[k], str)]
    if wrong or not office.get("title"):
        what = f"office with a wrong or missing key: {', '.join(wrong) or 'title'}"
        mend = 'write { title = "…", of = "…", since = "2025-01-31", until = "" }; dates are texts'
        yield table.mistake("offices", what, mend)
    for key in ("since", "until"):
        if isinstance(day := office.get(key), str) and day and not _is_day(day):
            yield table.mistake("offices", f'"{office[key]}" is no day, in {key}', "write 2025-01-31, 2025-01 or 2025")


def _is_day(text: str) -> bool:
    full = (
        text + "-01-01"[len(text) - 4 :] if len(text) in (4, 7) else text
    )  # a year or a month stands for its first day
    try:
        return date.fromisoformat(full).isoformat() == full
    except ValueError:
        return False
