"""Where the lexicon's names and topic words stand in a text: one Aho-Corasick pass each, word borders checked."""

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from ahocorasick_rs import AhoCorasick, MatchKind

from bot.analysis.lexicon import Actor, Deed, Forbid, Language, Lexicon, Term, Territory, spelled
from bot.analysis.pairs import Pairs, Part
from bot.analysis.text import View, lowered, unified

MARK = '"'
AROUND_MARK = 30  # letters on each side of its mark in which the words of a term are looked for


class Name(NamedTuple):
    """A name found at [start, end): an actor, a place, or both ("Kyiv"); `adjective`: only the word for its people.

    `oblique`: in a case in which it is nobody's subject.
    """

    start: int
    end: int
    actor: Actor | None
    place: Territory | None
    adjective: bool
    oblique: bool = False


@dataclass(slots=True)
class _Known:
    spelling: str
    actor: Actor | None = None
    place: Territory | None = None
    adjective: bool = False
    oblique: bool = False
    bound: bool = False  # stands only behind a little word that is written together with it


class Hit(NamedTuple):
    """Topic words found at [start, end): `what` a Term, a Deed or a Forbid of `topic`; None for a sign of war."""

    start: int
    end: int
    topic: str
    what: Term | Deed | Forbid | None


def _begins(text: str, start: int, glued: Set[str]) -> bool:
    """Whether a word begins here; `glued` are the little words that may be written together with it."""
    if not (text[start].isalnum() and start and text[start - 1].isalnum()):
        return True
    return any(text.endswith(g, 0, start) and _begins(text, start - len(g), frozenset()) for g in glued)


def _ends(text: str, end: int) -> bool:
    return not (end < len(text) and text[end].isalnum() and text[end - 1].isalnum())


def _whole(text: str, start: int, end: int, glued: Set[str] = frozenset()) -> bool:
    return _ends(text, end) and _begins(text, start, glued)


def _longest(found: Iterable[tuple[Any, int, int]]) -> Iterator[tuple[Any, int, int]]:
    """Of overlapping finds (what, start, end) the earliest, and of those the longest; all that these words may be."""
    first = last = -1
    for what, start, end in sorted(found, key=lambda f: (f[1], -f[2])):
        if start >= last or (start, end) == (first, last):
            first, last = start, end
            yield what, start, end


class Names:
    """Finds actors and territories by every spelling the lexicon gives them."""

    def __init__(self, lexicon: Lexicon) -> None:
        known: dict[str, dict[str, _Known]] = {}

        def entry(word: str) -> _Known:
            spelling = unified(word)
            return known.setdefault(lowered(spelling), {}).setdefault(spelling, _Known(spelling))

        for actor in lexicon.actors.values():
            for word in (actor.name, *actor.aliases, *actor.demonyms):
                entry(word).actor = actor
            for word in actor.adjectives:
                if (found := entry(word)).actor is None:
                    found.actor, found.adjective = actor, True
        for place in lexicon.territories.values():
            for word in (place.name, *place.aliases, *place.adjectives):
                entry(word).place = place
        self._keys = sorted(known)
        self._known = [known[k] for k in self._keys]
        self._search = AhoCorasick(self._keys, matchkind=MatchKind.Standard)

    def find(self, view: View) -> list[Name]:
        """Every name, in order, none overlapping."""
        out: list[Name] = []
        for start, end, known in sorted(self._found(view), key=lambda f: (_bare(view, f[0]), -f[1])):
            if not out or start >= out[-1].end:
                out.append(Name(start, end, known.actor, known.place, known.adjective))
        return out

    def _found(self, view: View) -> Iterator[tuple[int, int, _Known]]:
        """Every known spelling, overlapping ones as well: which is meant is told by their borders and lengths."""
        for pattern, start, end in self._search.find_matches_as_indexes(view.low, overlapping=True):
            if not _whole(view.low, start, end):
                continue
            text = view.plain[start:end]
            match = self._known[pattern].get(text)
            if match is None and len(text) > 3 and (text.isupper() or text[0].isupper()):
                match = next((k for k in self._known[pattern].values() if not k.spelling.isupper()), None)
            if match is not None:
                yield start, end, match


def _bare(view: View, start: int) -> int:
    """Where a name begins but for its article: "the UN" must not hide "UN Security Council"."""
    return start + 4 if view.low.startswith("the ", start) else start


class Spellings:
    """Finds actors and territories by what one language calls them."""

    def __init__(self, lexicon: Lexicon, language: Language) -> None:
        self._glued = frozenset(language.words.get("glued", ()))
        self._cased = tuple(language.words.get("cased", ()))  # marks that part a name from the ending of its case
        known: dict[str, _Known] = {}
        for spelling in language.names:
            for form in map(unified, spelled(spelling.form)):
                new = known.setdefault(form, _Known(form, oblique=True, adjective=True))
                new.actor = new.actor or lexicon.actors.get(spelling.name)
                new.place = new.place or lexicon.territories.get(spelling.name)
                new.oblique &= spelling.case == "oblique"
                new.adjective &= spelling.case == "adjective"
        for article in self._glued.intersection(language.words.get("article", ())):
            for form in [f for f in known if f.startswith(article)]:  # "للأمم المتحدة": its article is swallowed
                bare, of = form.removeprefix(article), known[form]
                known.setdefault(bare, _Known(bare, of.actor, of.place, of.adjective, of.oblique, bound=True))
        self._known = list(known.values())
        self._search = AhoCorasick([lowered(k.spelling) for k in self._known], matchkind=MatchKind.Standard)

    def find(self, view: View, names: list[Name]) -> list[Name]:
        """These names and every name of the language, in order, none overlapping."""
        own = [self._name(self._known[p], a, b, view) for p, a, b in self._found(view)]
        out: list[Name] = []
        for name in sorted([*own, *names], key=lambda n: (n.start, -n.end)):  # sorting keeps its own first
            if not out or name.start >= out[-1].end:
                out.append(
                    self._name(
                        _Known("", name.actor, name.place, name.adjective, name.oblique), name.start, name.end, view
                    )
                )
        return out

    def _found(self, view: View) -> Iterator[tuple[int, int, int]]:
        """Matches spelled as they are known, or with a capital first letter."""
        for pattern, start, end in self._search.find_matches_as_indexes(view.low, overlapping=True):
            known = self._known[pattern]
            text, spelling = view.plain[start:end], known.spelling
            same = text == spelling or (len(text) > 3 and text[0].isupper() and not spelling.isupper())
            if known.bound and not (start and view.low[start - 1].isalnum()):
                continue
            if same and _whole(view.low, start, end, self._glued):
                yield pattern, start, end

    def _name(self, known: _Known, start: int, end: int, view: View) -> Name:
        cased = bool(self._cased) and view.low.startswith(self._cased, end) and view.low[end + 1 : end + 2].isalpha()
        return Name(start, end, known.actor, known.place, known.adjective, known.oblique or cased)


class TopicHits:
    """Finds the topics' words of one language, and signs of war."""

    def __init__(self, lexicon: Lexicon, language: str) -> None:
        self._what: list[list[tuple[tuple[str, str], Any]]] = []  # topic and layer, and what it is there
        self._stems: set[int] = set()  # "truc*": the word may go on
        self._glued = frozenset(lexicon.languages[language].words.get("glued", ()))
        index: dict[str, int] = {}

        def add(word: str, topic: str, what: Term | Deed | Forbid | Part | None) -> None:
            for spelling in spelled(unified(word).lower()):
                number = index.setdefault(spelling.removesuffix("*"), len(index))
                if spelling.endswith("*"):
                    self._stems.add(number)
                if number == len(self._what):
                    self._what.append([])
                self._what[number].append(((topic, _layer(what)), what))

        for topic in lexicon.topics.values():
            words = topic.words.get(language)
            items: list[Term | Deed | Forbid] = [*words.terms, *words.deeds, *words.forbids] if words else []
            for number, item in enumerate(items):
                if isinstance(item, Term) and item.then:
                    for second, half in enumerate((item.words, item.then)):
                        for word in half:
                            add(word, topic.id, Part(number, topic.id, item, second=bool(second)))
                    continue
                for word in item.forms if isinstance(item, Deed) else item.words:
                    add(word, topic.id, item)
        for word in lexicon.languages[language].words.get("war", ()):
            add(word, "", None)
        for conflict in lexicon.conflicts.values():
            for word in conflict.war_words:
                add(word, "", None)
        self._search = AhoCorasick(list(index), matchkind=MatchKind.Standard)
        self._pairs = Pairs(lexicon.languages[language])

    def find(self, view: View) -> list[Hit]:
        """Every hit in order; hits of one topic do not overlap, but the same words may stand in several terms.

        Nor does "the plan" or "must be", which mean little by themselves, hide "plan for peace" or "be returned".
        """
        layers: dict[tuple[str, str], list[tuple[Any, int, int]]] = {}
        parts: list[tuple[Part, int, int]] = []
        found = self._search.find_matches_as_indexes(view.low, overlapping=True)
        if MARK in view.low:
            found.extend(self._parted(view.low))
        for pattern, start, end in found:
            if _begins(view.low, start, self._glued) and (pattern in self._stems or _ends(view.low, end)):
                for layer, what in self._what[pattern]:
                    if isinstance(what, Part):
                        parts.append((what, start, end))
                    else:
                        layers.setdefault(layer, []).append((what, start, end))
        for topic, term, start, end in self._pairs.joined(sorted(parts, key=lambda p: p[1:]), view.low):
            layers.setdefault((topic, _layer(term)), []).append((term, start, end))
        out = [
            Hit(start, end, topic, what) for (topic, _), found in layers.items() for what, start, end in _longest(found)
        ]
        return sorted(out, key=lambda h: (h.start, -h.end))

    def _parted(self, low: str) -> Iterator[tuple[int, int, int]]:
        """The matches that a quotation mark parts: 'that it "must withdraw" from the hills'."""
        seen = set()
        for mark in re.finditer(MARK, low):
            at, first = mark.start(), max(0, mark.start() - AROUND_MARK)
            opens = low[at - 2 : at - 1].isalnum() and low[at - 1] == " " and low[at + 1 : at + 2].isalnum()
            closes = low[at - 1 : at].isalnum() and low[at + 1 : at + 2] == " " and low[at + 2 : at + 3].isalnum()
            if not (opens or closes):
                continue  # no quotation begins or ends within a clause
            near = low[first : at + AROUND_MARK]
            kept = [i for i, letter in enumerate(near, first) if letter != MARK]
            for pattern, start, end in self._search.find_matches_as_indexes(near.replace(MARK, ""), overlapping=True):
                begin, last = kept[start], kept[end - 1] + 1
                if begin < at < last and (pattern, begin) not in seen:
                    seen.add((pattern, begin))
                    yield pattern, begin, last


def _layer(what: Term | Deed | Forbid | Part | None) -> str:
    """Kinds of which one does not hide the other."""
    weak = isinstance(what, Term) and not {"article", "named", "nation_last"}.isdisjoint(what.near)
    return "weak" if weak else type(what).__name__
