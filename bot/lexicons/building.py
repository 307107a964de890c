"""Checked tables to a Lexicon; what one table cannot show (clashes, names that lead nowhere) is checked here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from bot.analysis.classes import CASES
from bot.analysis.lexicon import Language, Lexicon, Spelling, Topic
from bot.analysis.text import unified
from bot.errors import LexiconError, Mistake
from bot.lexicons.checks import clash_mistakes, class_mistakes, cue_mistakes, office_mistakes, tongue_mistakes
from bot.lexicons.making import (
    joined,
    made_actor,
    made_conflict,
    made_cue,
    made_post,
    made_role,
    made_rule,
    made_territory,
    made_words,
)
from bot.lexicons.reading import File, Table, near, read
from bot.lexicons.shapes import KEYS, SPOKEN
from bot.lexicons.sources import Source

THINGS = ("conflict", "actor", "territory", "post")


class Builder:
    """Collects tables file by file; the packaged files before the user's own of the same folder, which add to them."""

    def __init__(self, mistakes: Iterable[Mistake] = ()) -> None:
        self.mistakes = list(mistakes)
        self._things: dict[str, dict[str, Table]] = {kind: {} for kind in THINGS}
        self._topics: dict[str, Topic] = {}
        self._languages: dict[str, Language] = {}
        self._heads: dict[str, Table] = {}  # the last [topic] or [language] of an id or code
        self._spellings: list[tuple[str, Spelling, Table]] = []
        self._abouts: list[Table] = []  # terms that mean a territory by themselves
        self._spoken: list[tuple[Table, str]] = []  # tables of a language, and their key that names it
        self._wrong: set[str] = set()  # names that stand in tables with mistakes: what leads to them is right

    def add(self, source: Source) -> None:
        """Take in a file."""
        file = read(source, self.mistakes, self._lacks if source.own else lambda *_: "")
        self._wrong |= file.wrong
        for kind in THINGS:
            for table in file.tables.get(kind, []):
                self._enter(kind, table)
        takes: Mapping[str, Callable[[File], None]] = {
            "topics": self._topic,
            "cues": self._language,
            "names": self._names,
        }
        if source.folder in takes and file.parsed:
            takes[source.folder](file)

    def lexicon(self) -> Lexicon:
        """The whole, after the checks that need all of it. Raises LexiconError with every mistake."""
        self._references()
        for kind in ("actor", "territory"):
            self.mistakes += clash_mistakes(self._things[kind])
        if self.mistakes:
            raise LexiconError(self.mistakes)
        spellings: dict[str, list[Spelling]] = {}
        for code, spelling, _ in self._spellings:
            spellings.setdefault(code, []).append(spelling)
        for code, words in self._languages.items():
            self._languages[code] = replace(words, names=tuple(spellings.get(code, ())))
        return Lexicon(
            {k: made_actor(t) for k, t in self._things["actor"].items()},
            {k: made_territory(t) for k, t in self._things["territory"].items()},
            {k: made_conflict(t) for k, t in self._things["conflict"].items()},
            self._topics,
            self._languages,
            {k: made_post(t) for k, t in self._things["post"].items()},
        )

    def _lacks(self, kind: str, values: Mapping[str, Any]) -> str | None:
        name = values.get(KEYS.get(kind, ""))
        if values.get("replace") or not isinstance(name, str):
            return ""
        known = self._known(kind)
        meant = near(name, known) if len(known) > 20 else ""
        return None if name in known else f"; or {meant}" if meant else ""

    def _known(self, kind: str) -> Mapping[str, Any]:
        return self._things[kind] if kind in THINGS else self._topics if kind == "topic" else {}

    def _enter(self, kind: str, table: Table) -> None:
        known, key = self._things[kind], KEYS[kind]
        for office in table.values.get("offices", []):
            self.mistakes += office_mistakes(table, office)
        old = known.get(name := table.text(key))
        self._replaces(kind, table, old is not None and not old.own)
        if old is None or (table.own and not old.own and table.values.get("replace")):
            known[name] = table
        elif table.own and not old.own:
            known[name] = _over(old, table)
        else:
            what = f'"{name}" is there twice'
            self.mistakes.append(table.mistake(key, what, f"first in {old.file}:{old.line}"))

    def _replaces(self, kind: str, table: Table, packaged: bool) -> None:
        if table.values.get("replace") and not (table.own and packaged):
            key = KEYS[kind]
            what = f'there is no packaged {kind} "{table.text(key)}" to replace'
            mend = near(table.text(key), self._known(kind)) or "leave replace out"
            self.mistakes.append(table.mistake(key, what, mend))

    def _head(self, file: File, kind: str, example: str) -> Table | None:
        """A file's one [topic] or [language]; None where it is wrong, or the file empty."""
        heads = file.tables.get(kind, [])
        if file.heads and file.heads.get(kind, 0) != 1:
            line = heads[1].line if len(heads) > 1 else 1
            what, mend = (
                f"a file of {file.folder} has one [{kind}]",
                f"write one [{kind}] with {example} above the rest",
            )
            self.mistakes.append(Mistake(file.name, line, what, mend))
        return heads[0] if heads else None

    def _topic(self, file: File) -> None:
        spoken = [t for kind in SPOKEN for t in file.tables.get(kind, [])]
        self._spoken += [(t, "language") for t in spoken]
        self._abouts += [t for t in file.tables.get("term", []) if t.texts("about")]
        head = self._head(file, "topic", "id and name")
        if head is None:
            return
        id_ = head.text("id")
        known, first = self._topics.get(id_), self._heads.get(f"topic {id_}")
        self._replaces("topic", head, first is not None and not first.own)
        words = dict(known.words) if known and not head.values.get("replace") else {}
        for language in dict.fromkeys(t.text("language") for t in spoken):
            words[language] = joined(words.get(language), made_words(file, language), ahead=file.own)
        war, optional = (bool(head.values.get(k, getattr(known, k, False))) for k in ("war", "optional"))
        name = head.text("name") or (known.name if known else id_)
        self._topics[id_], self._heads[f"topic {id_}"] = Topic(id_, name, war, words, optional), head

    def _language(self, file: File) -> None:
        head, tables = self._head(file, "language", 'code = "en"'), file.tables.get
        if head is None:
            return  # of which language these words are, nobody knows
        code = head.text("code")
        old, first = self._languages.get(code), self._heads.get(code)
        if first is not None and (not file.own or first.own):
            mend = f"one file a language; the first is {first.file}"
            self.mistakes.append(head.mistake("code", f'language "{code}" is there twice', mend))
            return
        words, cues = dict(old.words) if old else {}, tables("cue", [])
        for table in tables("words", []):
            self.mistakes += class_mistakes(table, cues, old.cues if old else ())
            words |= {k: (*words.get(k, ()), *map(unified, v)) for k, v in table.values.items()}
        self.mistakes += cue_mistakes(words, cues)
        self._heads[code] = head
        self._languages[code] = Language(
            code,
            words,
            (*(old.cues if old else ()), *map(made_cue, cues)),  # of two for the same words the later one counts
            (*(old.roles if old else ()), *map(made_role, tables("role", []))),
            (*map(made_rule, tables("rule", [])), *(old.rules if old else ())),
        )

    def _names(self, file: File) -> None:
        """What a language calls the actors and territories of the other files."""
        head = self._head(file, "language", 'code = "fr"')
        code = head.text("code") if head else ""
        self._spoken += [(head, "code")] if head else []
        for case in CASES:
            for table in file.tables.get(case, []):
                for name, forms in table.values.items():
                    self._spellings += [(code, Spelling(form, name, case), table) for form in forms]

    def _references(self) -> None:
        self.mistakes += tongue_mistakes(self._spoken, {*self._languages, *self._wrong})
        conflicts, actors, places, posts = (self._things[kind] for kind in THINGS)
        named = {(s.name, t.file, t.lines.get(s.name)): (s.name, t) for _, s, t in self._spellings}
        both = {**actors, **places}
        for name, table in named.values():
            self._leads(name, [name], both, table)
        for table in self._abouts:
            self._leads("about", table.texts("about"), places, table)
        for table in posts.values():
            self._leads("of", [table.text("of")], actors, table)
        for table in actors.values():
            self._leads("of", [table.text("of")], actors, table)
            self._leads("offices", [o.get("of", "") for o in table.values.get("offices", [])], actors, table)
            self._leads("conflicts", table.texts("conflicts"), conflicts, table)
        for table in places.values():
            self._leads("parent", [table.text("parent")], places, table)
            self._leads("conflicts", table.texts("conflicts"), conflicts, table)
        for table in conflicts.values():
            self._leads("parties", table.texts("parties"), actors, table)

    def _leads(self, key: str, names: Any, known: Mapping[str, Table], table: Table) -> None:
        for name in names:
            if isinstance(name, str) and name and name not in known and name not in self._wrong:
                mend = near(name, known) or "name one that is there, or add it"
                self.mistakes.append(table.mistake(key, f'"{name}" leads nowhere', mend))


def _over(old: Table, new: Table) -> Table:
    """A packaged table with what the user's adds: lists grow, all else is the user's where he says it.

    Of a post that a person is given here, what was known of his terms in it is forgotten.
    """
    values = dict(old.values)
    for key, value in new.values.items():
        if key == "offices":
            given = [(o.get("title"), o.get("of")) for o in value]
            value = [o for o in values.get(key, []) if (o.get("title"), o.get("of")) not in given] + value
        elif isinstance(value, list):
            value = [*values.get(key, []), *(v for v in value if v not in values.get(key, []))]
        values[key] = value
    return Table(values, new.file, new.lines, new.line, own=True)
