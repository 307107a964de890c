"""Checked tables to a Lexicon; what one table cannot show (clashes, names that lead nowhere) is checked here."""

from dataclasses import replace
from typing import Any

from bot.analysis.lexicon import (
    ACTOR_KINDS,
    CASES,
    CUE_KINDS,
    HOLDERS,
    NEARS,
    OTHER,
    OWN,
    ROLE_KINDS,
    TERRITORY_KINDS,
    TRAITS,
    Actor,
    Conflict,
    Language,
    Lexicon,
    Office,
    Role,
    Spelling,
    Territory,
    Topic,
)
from bot.analysis.text import unified
from bot.domain.statement import Stance
from bot.errors import Mistake
from bot.lexicons.checks import cue_mistakes, office_mistakes, tongue_mistakes
from bot.lexicons.making import joined, made_cue, made_rule, made_territory, made_words
from bot.lexicons.reading import Field, File, Shape, Table

STANCES = tuple(s.value for s in Stance)
TEXT, TEXTS, NEEDED = Field("str"), Field("texts"), Field("str", required=True)
WORDS = Field("texts", required=True)
RULE = {
    "name": NEEDED,
    "stance": Field("str", True, STANCES),
    "words": WORDS,
    "also": TEXTS,
    "unless": TEXTS,
    "who": Field("str", choices=(OWN, OTHER)),
    "last": Field("bool"),
    "over": Field("bool"),
}

# What each folder's files may hold. None: a table of any keys, each a list of texts.
SHAPES: dict[str, dict[str, Shape | None]] = {
    "conflicts": {"conflict": {"id": NEEDED, "name": NEEDED, "parties": WORDS, "war_words": TEXTS}},
    "actors": {
        "actor": {
            "name": NEEDED,
            "kind": Field("str", True, ACTOR_KINDS),
            "aliases": TEXTS,
            "adjectives": TEXTS,
            "demonyms": TEXTS,
            "of": TEXT,
            "side": TEXT,
            "conflicts": TEXTS,
            "offices": Field("tables"),
            "gender": Field("str", choices=("m", "f")),
        }
    },
    "territories": {
        "territory": {
            "name": NEEDED,
            "kind": Field("str", True, TERRITORY_KINDS),
            "aliases": TEXTS,
            "adjectives": TEXTS,
            "parent": TEXT,
            "codes": TEXTS,
            "conflicts": TEXTS,
            "disputed": Field("bool"),
        }
    },
    "topics": {
        "topic": {"id": NEEDED, "name": NEEDED, "war": Field("bool")},
        "term": {
            "language": NEEDED,
            "words": WORDS,
            "near": Field("texts", choices=NEARS),
            "about": TEXTS,
            "holder": Field("str", choices=HOLDERS),
            "then": TEXTS,
            "across": Field("bool"),
        },
        "deed": {
            "language": NEEDED,
            "forms": WORDS,
            "stance": Field("str", True, STANCES),
            "near": Field("texts", choices=NEARS),
        },
        "forbid": {"language": NEEDED, "words": WORDS, "meaning": NEEDED, "window": Field("int")},
        "rule": {"language": NEEDED, **RULE},
    },
    "cues": {
        "language": {"code": NEEDED},
        "words": None,
        "cue": {
            "kind": Field("str", True, CUE_KINDS),
            "forms": WORDS,
            "stance": Field("str", choices=STANCES),
            "negated": Field("str", choices=STANCES),
            "towards": Field("map", choices=STANCES),
            "yields": Field("texts", choices=STANCES),
        },
        "role": {"kind": Field("str", True, ROLE_KINDS), "forms": WORDS, "title": TEXT},
        "rule": RULE,
    },
    "names": {"language": {"code": NEEDED}, **dict.fromkeys(CASES)},
}


class Builder:
    """Collects tables file by file; `lexicon()` gives the result, `mistakes` what must be mended first."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self._actors: dict[str, tuple[Actor, Table]] = {}
        self._territories: dict[str, tuple[Territory, Table]] = {}
        self._conflicts: dict[str, tuple[Conflict, Table]] = {}
        self._topics: dict[str, Topic] = {}
        self._languages: dict[str, Language] = {}
        self._spellings: list[tuple[str, Spelling, Table]] = []
        self._abouts: list[Table] = []  # terms that mean a territory by themselves
        self._spoken: list[tuple[Table, str]] = []  # tables of a language, and their key that names it

    def add(self, folder: str, file: File) -> None:
        """Take in a file that was read from this folder."""
        for table in file.tables.get("conflict", []):
            conflict = Conflict(table.text("id"), table.text("name"), table.texts("parties"), table.texts("war_words"))
            self._once(self._conflicts, conflict.id, (conflict, table), "id")
        for table in file.tables.get("actor", []):
            self._once(self._actors, table.text("name"), (self._actor(table), table), "name")
        for table in file.tables.get("territory", []):
            self._once(self._territories, table.text("name"), (made_territory(table), table), "name")
        if folder == "topics":
            self._topic(file)
        if folder == "cues":
            self._language(file)
        if folder == "names":
            self._names(file)

    def lexicon(self) -> Lexicon:
        """The whole, after the checks that need all of it."""
        self._references()
        self._clashes()
        spellings: dict[str, list[Spelling]] = {}
        for code, spelling, _ in self._spellings:
            spellings.setdefault(code, []).append(spelling)
        for code, words in self._languages.items():
            self._languages[code] = replace(words, names=tuple(spellings.get(code, ())))
        return Lexicon(
            {k: v[0] for k, v in self._actors.items()},
            {k: v[0] for k, v in self._territories.items()},
            {k: v[0] for k, v in self._conflicts.items()},
            self._topics,
            self._languages,
        )

    def _once(self, known: dict[str, tuple[Any, Table]], name: str, value: tuple[Any, Table], key: str) -> None:
        if name in known:
            first = known[name][1]
            self.mistakes.append(
                value[1].mistake(key, f'"{name}" is there twice', f"first in {first.file}:{first.line}")
            )
        else:
            known[name] = value

    def _actor(self, table: Table) -> Actor:
        offices = []
        for office in table.values.get("offices", []):
            if wrong := list(office_mistakes(table, office)):
                self.mistakes += wrong
                continue
            offices.append(
                Office(office["title"], office.get("of", ""), office.get("since", ""), office.get("until", ""))
            )
        return Actor(
            table.text("name"),
            table.text("kind"),
            table.texts("aliases"),
            table.texts("adjectives"),
            table.texts("demonyms"),
            table.text("of"),
            table.text("side"),
            table.texts("conflicts"),
            tuple(offices),
            table.text("gender"),
        )

    def _topic(self, file: File) -> None:
        heads = file.tables.get("topic", [])
        if len(heads) > 1 or (not heads and file.tables):
            self.mistakes.append(
                Mistake(file.name, 1, "a topic file has one [topic]", "write [topic] with id and name")
            )
            return
        for head in heads:
            topic_id = head.text("id")
            self._spoken += [
                (t, "language") for k in ("term", "deed", "forbid", "rule") for t in file.tables.get(k, [])
            ]
            self._abouts += [t for t in file.tables.get("term", []) if t.texts("about")]
            known = self._topics.get(topic_id)
            words = dict(known.words) if known else {}
            for language in dict.fromkeys(
                t.text("language") for k in ("term", "deed", "forbid", "rule") for t in file.tables.get(k, [])
            ):
                words[language] = joined(words.get(language), made_words(file, language))
            war = bool(head.values.get("war", known.war if known else False))
            self._topics[topic_id] = Topic(topic_id, head.text("name"), war, words)

    def _language(self, file: File) -> None:
        heads = file.tables.get("language", [])
        if len(heads) != 1:
            self.mistakes.append(
                Mistake(file.name, 1, "a cue file has one [language]", 'write [language] with code = "en"')
            )
            return
        code = heads[0].text("code")
        if code in self._languages:
            self.mistakes.append(heads[0].mistake("code", f'language "{code}" is there twice', "one file a language"))
            return
        tables = file.tables.get
        words = self._words(tables("words", []))
        self.mistakes += cue_mistakes(words, tables("cue", []))
        self._languages[code] = Language(
            code,
            words,
            tuple(made_cue(t) for t in tables("cue", [])),
            tuple(Role(t.texts("forms"), t.text("kind"), t.text("title")) for t in tables("role", [])),
            tuple(made_rule(t) for t in tables("rule", [])),
        )

    def _words(self, tables: list[Table]) -> dict[str, tuple[str, ...]]:
        for table in tables:
            for trait in table.values.get("trait", ()):
                if trait not in TRAITS:
                    what = f'"{trait}" is no trait of a language'
                    self.mistakes.append(table.mistake("trait", what, "one of " + ", ".join(TRAITS)))
        return {k: tuple(map(unified, v)) for t in tables for k, v in t.values.items()}

    def _names(self, file: File) -> None:
        """What a language calls the actors and territories of the other files."""
        codes = [h.text("code") for h in file.tables.get("language", [])]
        if len(codes) != 1:
            what = "a file of names has one [language]"
            self.mistakes.append(Mistake(file.name, 1, what, 'write [language] with code = "en"'))
            return
        self._spoken += [(head, "code") for head in file.tables["language"]]
        for case in CASES:
            for table in file.tables.get(case, []):
                for name, forms in table.values.items():
                    self._spellings += [(codes[0], Spelling(form, name, case), table) for form in forms]

    def _references(self) -> None:
        self.mistakes += tongue_mistakes(self._spoken, self._languages)
        known: dict[str, tuple[Any, Table]] = {**self._actors, **self._territories}
        for _, spelling, table in self._spellings:
            self._leads(spelling.name, spelling.name, known, table)
        for table in self._abouts:
            for name in table.texts("about"):
                self._leads("about", name, self._territories, table)
        for actor, table in self._actors.values():
            self._leads("of", actor.of, self._actors, table)
            for office in actor.offices:
                self._leads("offices", office.of, self._actors, table)
        for place, table in self._territories.values():
            self._leads("parent", place.parent, self._territories, table)
        named: list[tuple[Actor | Territory, Table]] = [*self._actors.values(), *self._territories.values()]
        for holder, table in named:
            for conflict in holder.conflicts:
                self._leads("conflicts", conflict, self._conflicts, table)
        for war, table in self._conflicts.values():
            for party in war.parties:
                self._leads("parties", party, self._actors, table)

    def _leads(self, key: str, name: str, known: dict[str, tuple[Any, Table]], table: Table) -> None:
        if name and name not in known:
            self.mistakes.append(table.mistake(key, f'"{name}" leads nowhere', "name one that is there, or add it"))

    def _clashes(self) -> None:
        """A spelling belongs to one actor, and to one territory; an actor and a territory may share it."""
        holders: tuple[dict[str, tuple[Any, Table]], ...] = (self._actors, self._territories)
        for known in holders:
            owner: dict[str, tuple[str, Table]] = {}
            for name, (entry, table) in known.items():
                for key, words in (("name", (name,)), ("aliases", entry.aliases)):
                    for word in words:
                        other = owner.setdefault(word, (name, table))
                        if other[0] != name:
                            what = f'"{word}" is a spelling of "{name}" and of "{other[0]}"'
                            mend = f"leave it with one; the other is at {other[1].file}:{other[1].line}"
                            self.mistakes.append(table.mistake(key, what, mend))
