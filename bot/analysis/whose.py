"""Of whose doing the words tell that somebody says, and by which verb: the main clause of what was said."""

import re
from bisect import bisect_left
from collections.abc import Sequence, Set
from dataclasses import dataclass

from bot.analysis.classes import BOTH, OTHER, OWN, THING
from bot.analysis.clause import Range
from bot.analysis.lexicon import Language, Lexicon
from bot.analysis.match import Name
from bot.analysis.text import View
from bot.analysis.units import Grammar

WORD = re.compile(r"\w[\w'’]*")
BORDER = re.compile(r"[;:\u2014]|,(?!\d)")  # where a main verb's words end
CLAUSE = re.compile(r"[;.!?]\"? ")  # between the clauses that somebody says
HEARERS = 80  # letters to whom something is told
NEAR_THAT = 60  # letters from the cue to its "that", over whom it was told
FRONTED = 120  # letters of an opening before its comma ("If the siege is lifted, ...")
CLAUSE_REACH = 320  # letters of a clause
SUBJECT = 14  # words of a subject at most
VERB, SUBJECT_AND_VERB = 50, 80  # letters of a main verb and what belongs to it
FIRST = ": "  # stands before a main verb's words: ": leave " is nothing but the verb itself
SIDES = 3  # words up to "sides" in "the two warring sides"
BODIES = {"state": "any_state", "organ": "any_state", "group": "any_group", "body": "any_body"}  # by kind of actor


@dataclass(frozen=True, slots=True)
class Told:
    """Whose doing is told, one of WHOSE or "" where it does not show; the words of the main verb, and its clause's."""

    whose: str
    verb: str = ""
    clause: str = ""


class Whose:
    """The subjects of what is said in one article."""

    def __init__(
        self, lexicon: Lexicon, language: Language, grammar: Grammar, view: View, names: Sequence[Name]
    ) -> None:
        self._lexicon, self._language, self._grammar, self._view, self._names = lexicon, language, grammar, view, names
        self._starts = [n.start for n in names]
        that = next(iter(language.words.get("that", ())), "")
        self._that, self._and_that = f" {that} " if that else "", f" and {that} " if that else ""
        self._verbal = language.any_of("auxiliary", "modal", "negation")
        self._opening = language.any_of("subordinator", "preposition")
        self._clauses = language.any_of("subordinator", "relative", "stop")
        self._owning = language.any_of("own_m", "own_f", "own_it", "own_we")
        self._speaker = language.any_of("pronoun_we", "infinitive")
        self._sides, self._joining = language.any_of("two_sides"), language.any_of("conjunction")

    def of(self, said: Range, hit: Range, sides: Set[str]) -> Told:
        """What is told in [start, end) of `said`, in which the topic's words stand at `hit`."""
        start, end = self._clause(said, hit[0])
        whose, verb = self._subject(self._opened(start, end), said, hit, sides)
        return Told(whose, verb, self._view.low[start : min(end, start + CLAUSE_REACH)])

    def bodies(self, sides: Set[str]) -> Set[str]:
        """What a speaker of these sides calls his own side: "the movement", said for Hamas."""
        kinds = {actor.kind for s in sides if (actor := self._lexicon.actors.get(s)) is not None}
        return self._language.any_of(*sorted({BODIES[kind] for kind in kinds if kind in BODIES}))

    def asked(self, at: int) -> bool:
        """Whether whom it is told stands at `at`, and then what he is to do ("tells Israel to stop")."""
        named, behind = False, at
        for word in WORD.finditer(self._view.low, at, at + HEARERS):
            if word.start() < behind:
                continue  # within a name
            name = self._named_at(word.start())
            if name is not None:
                named, behind = True, name.end
            elif word[0] in self._grammar.infinitives:
                return named
            elif word[0] in self._grammar.bodies:
                named = True
            elif word[0] not in self._grammar.leading and word[0] not in self._joining:
                return False
        return False

    def _clause(self, said: Range, hit: int) -> Range:
        """The clause that leads to the topic's words: behind the last sentence's end, behind a "that"."""
        start, end = said
        start = max((m.end() for m in CLAUSE.finditer(self._view.low, start, max(start, hit))), default=start)
        joined = self._view.low.rfind(self._and_that, start, hit) if self._and_that else -1
        if joined >= 0:
            return joined + len(self._and_that), end
        first = WORD.search(self._view.low, start, end)
        if not self._that or (first is not None and first[0] in self._grammar.themselves):
            return start, end  # "he saw no sign that"
        that = self._view.low.find(self._that, max(0, start - 1), min(end, start + NEAR_THAT))
        if that >= 0 and '"' not in self._view.plain[start:that]:  # a quotation has subjects of its own before it
            start = that + len(self._that)
        return start, end

    def _opened(self, start: int, end: int) -> Range:
        """The clause behind what opens it: "If the siege is lifted, ..."."""
        first = WORD.search(self._view.low, start, end)
        if first is not None and first[0] in self._opening:
            comma = self._view.low.find(", ", start, min(end, start + FRONTED))
            start = comma + 1 if comma >= 0 else start
        return start, end

    def _subject(self, main: Range, said: Range, hit: Range, sides: Set[str]) -> tuple[str, str]:
        """Whose doing a main clause tells, and the words of its verb."""
        start, end = main
        bodies = self.bodies(sides)
        whose, land, owned, leads = "", False, False, True
        begin = plain = end
        for count, word in enumerate(WORD.finditer(self._view.low, start, end)):
            low, name = word[0], self._named_at(word.start())
            begin = begin if count else word.start()
            if name is not None:
                side = self._side(name, sides)
                land = land or name.place is not None
                if side and leads:
                    return self._party(side, name, end, sides)
            elif low in self._grammar.themselves and not count:
                quoted = self._view.low[said[0] : word.start()].lstrip().startswith('"')
                whose = OTHER if quoted and low not in self._speaker else OWN
                return whose, self._verb(word.start(), end)
            elif low in self._sides and count < SIDES:
                return BOTH, self._verb(word.end(), end)
            elif low in self._verbal and low not in self._grammar.infinitives:
                whose = THING if land or begin <= hit[0] < word.start() else ""
                break
            elif (owned and low in self._grammar.bodies) or (leads and low in bodies):
                return OWN, self._verb(word.end(), end)
            owned = low in self._owning
            if leads and low not in self._grammar.leading:
                leads, plain = False, word.start()
            if count == SUBJECT:
                break
        if not whose and begin <= hit[0] <= plain:
            whose = THING  # "A truce hangs by a thread"
        return whose, self._verb(begin, end, SUBJECT_AND_VERB)

    def _party(self, side: str, name: Name, end: int, sides: Set[str]) -> tuple[str, str]:
        """A party as the subject, or two of them: "Israel and Hamas have agreed"."""
        join = WORD.search(self._view.low, name.end, end)
        if join is not None and join[0] in self._joining:
            after = WORD.search(self._view.low, join.end(), end)
            second = self._named_at(after.start()) if after is not None else None
            if second is not None and self._side(second, sides):
                return BOTH, self._verb(second.end, end)
        return side, self._verb(name.end, end)

    def _verb(self, start: int, end: int, reach: int = VERB) -> str:
        """The words from a main verb on, up to the next clause."""
        low, stop = self._view.low, min(end, start + reach)
        border = BORDER.search(low, start + 1, stop)
        stop = border.start() if border is not None else stop
        words = (w for w in WORD.finditer(low, start, stop) if w[0] in self._clauses)
        stop = next((w.start() for w in words if w.start() > start + 1), stop)
        return FIRST + low[start:stop].replace('"', "").strip()

    def _named_at(self, at: int) -> Name | None:
        i = bisect_left(self._starts, at)
        return self._names[i] if i < len(self._starts) and self._starts[i] == at else None

    def _side(self, name: Name, sides: Set[str]) -> str:
        """Whether a name as a subject means the speaker's own side; "Israel's plan" and "Israeli land" are nobody."""
        after = WORD.search(self._view.low, name.end)
        if name.actor is None or (after is not None and after.start() == name.end):
            return ""
        if name.adjective and (after is None or after[0] not in self._grammar.bodies):
            return ""
        if name.actor.name in sides or not sides.isdisjoint(self._lexicon.above(name.actor.name)):
            return OWN
        return "" if name.place is not None and name.place.disputed else OTHER
