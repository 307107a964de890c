"""Of whose doing the words tell that somebody says: his own side's, another's, or what he asks of another."""

import re
from bisect import bisect_left
from collections.abc import Sequence, Set

from bot.analysis.classes import OTHER, OWN
from bot.analysis.clause import Range
from bot.analysis.lexicon import Lexicon
from bot.analysis.match import Name
from bot.analysis.text import View
from bot.analysis.units import Grammar

WORD = re.compile(r"[\w'’]+")
NEAR_THAT = 60  # letters from the cue to its "that", over whom it was told


class Whose:
    """The subjects of what is said in one article."""

    def __init__(self, lexicon: Lexicon, grammar: Grammar, view: View, names: Sequence[Name], that: str) -> None:
        self._lexicon, self._grammar, self._view, self._names = lexicon, grammar, view, names
        self._starts = [n.start for n in names]
        self._that = f" {that} " if that else ""

    def of(self, said: Range, sides: Set[str]) -> str:
        """By the subject of what is said: OWN, OTHER or "" where that does not show."""
        start, end = said
        that = self._view.low.find(self._that, start, min(end, start + NEAR_THAT)) if self._that else -1
        if that >= 0 and '"' not in self._view.plain[start:that]:  # a quotation has subjects of its own before it
            start = that + len(self._that)
        for word in WORD.finditer(self._view.low, start, end):
            name = self._named_at(word.start())
            if name is not None:
                return self._side(name, sides)
            if word[0] in self._grammar.themselves:
                return OWN
            if word[0] not in self._grammar.leading:
                return ""
        return ""

    def asked(self, at: int) -> bool:
        """Whether whom it is told stands at `at`, and then what he is to do ("tells Israel to stop")."""
        first = WORD.search(self._view.low, at)
        name = self._named_at(first.start()) if first is not None else None
        after = WORD.search(self._view.low, name.end) if name is not None else None
        return after is not None and after[0] in self._grammar.infinitives

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
        own = name.actor.name in sides or not sides.isdisjoint(self._lexicon.above(name.actor.name))
        return OWN if own else OTHER
