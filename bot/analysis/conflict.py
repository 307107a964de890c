"""Which conflict a sentence is about, who fights in it, and which places it is about."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

from bot.analysis.clause import Range
from bot.analysis.lexicon import Conflict, Lexicon, Territory
from bot.analysis.match import Name


class Conflicts:
    """The conflicts of one article, by the names in it."""

    def __init__(self, lexicon: Lexicon, names: Sequence[Name]) -> None:
        self._lexicon, self._names = lexicon, names
        self._starts = [n.start for n in names]
        self._sides: dict[tuple[str, str], str] = {}  # conflict, actor -> the party whose the actor is
        self._of: dict[Range, tuple[str, ...]] = {}  # sentence -> its conflicts
        self._pairs: dict[tuple[str, ...], tuple[str, ...]] = {}  # conflicts -> their two sides here

    def of(self, sentence: Range) -> tuple[str, ...]:
        """The conflicts that the sentence's names show, else the article's; those with most names only."""
        if sentence not in self._of:
            inside = self._within(*sentence)
            self._of[sentence] = self._shown(inside) or self._all_shown or self._first(inside) or self._first_of_all
        return self._of[sentence]

    def shown(self, part: Range) -> tuple[str, ...]:
        """The conflicts that the names in a part of the text show by themselves."""
        return self._shown(self._within(*part))

    # What the whole article tells is the same for each of its statements.
    @cached_property
    def _all_shown(self) -> tuple[str, ...]:
        return self._shown(self._names)

    @cached_property
    def _first_of_all(self) -> tuple[str, ...]:
        return self._first(self._names)

    @cached_property
    def _all_disputed(self) -> list[Territory]:
        return [n.place for n in self._names if n.place is not None and n.place.disputed]

    @cached_property
    def _over_all(self) -> list[str]:
        """The disputed places after which the article's conflicts are called ("South China Sea disputes")."""
        names = [self._lexicon.conflicts[c].name for c in self._all_shown]
        return [p.name for p in self._lexicon.territories.values() if p.disputed and any(p.name in n for n in names)]

    def sides(self, conflicts: tuple[str, ...]) -> tuple[str, ...]:
        """Two parties of the first conflict of which the article names two, else the two main ones of the first."""
        main = self._lexicon.conflicts[conflicts[0]].parties[:2] if conflicts else ()
        return self.parties(conflicts) or main

    def parties(self, conflicts: tuple[str, ...]) -> tuple[str, ...]:
        """Two parties of the first conflict of which the article names two, none if it names fewer."""
        if conflicts not in self._pairs:
            self._pairs[conflicts] = self._pair(conflicts)
        return self._pairs[conflicts]

    def _pair(self, conflicts: tuple[str, ...]) -> tuple[str, ...]:
        for conflict in map(self._lexicon.conflicts.__getitem__, conflicts):
            named = Counter(s for n in self._names if n.actor and (s := self._side(conflict, n.actor.name)))
            if len(named) >= 2:
                return tuple(party for party, _ in named.most_common(2))
        return ()

    def places(self, ranges: Sequence[Range], conflicts: Sequence[str], title: int) -> tuple[str, ...]:
        """The places spoken of in the first of these ranges that names one, else those of the title, else of the text.

        Disputed places count before others, those of these conflicts before others. A state is a place only where
        nothing else is named: "Kyiv must leave Donetsk" is about Donetsk. `title` is where the title ends.
        """
        named = [[n for n in self._within(*r) if n.place is not None] for r in ranges]
        for fits in (_disputed, _land):
            for found in named:
                if fitting := self._fitting((n for n in found if fits(n)), conflicts):
                    return fitting
        if titled := self._fitting((n for n in self._within(0, title) if _disputed(n)), conflicts):
            return titled
        disputed = self._all_disputed
        shared = [p for p in disputed if not set(conflicts).isdisjoint(self._lexicon.conflicts_of(p.name))] or disputed
        lands = [p.name for p in shared if p.kind != "city"] or self._over_all or [p.name for p in shared]
        if lands:
            return (Counter(lands).most_common(1)[0][0],)
        states = ([n.place.name for n in found if n.place] for found in named)
        return tuple(dict.fromkeys(next((s for s in states if s), ())))

    def _fitting(self, names: Iterable[Name], conflicts: Sequence[str]) -> tuple[str, ...]:
        """The places of these names, only those of these conflicts if there are any."""
        places = [n.place.name for n in names if n.place is not None]
        shared = [p for p in places if set(self._lexicon.conflicts_of(p)) & set(conflicts)]
        return tuple(dict.fromkeys(shared or places))

    def _within(self, start: int, end: int) -> Sequence[Name]:
        return self._names[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _shown(self, names: Sequence[Name]) -> tuple[str, ...]:
        """One party alone shows no conflict that its others share ("Russia"): it takes a second party, or a place."""
        seen: dict[str, set[str]] = {}
        placed: set[str] = set()
        for name in names:
            if name.actor is not None:
                known = self._lexicon.conflicts_of(name.actor.name)
                for key in known:
                    side = self._side(self._lexicon.conflicts[key], name.actor.name)
                    seen.setdefault(key, set()).add(side or name.actor.name)
                placed.update(known if len(known) == 1 else ())
            elif name.place is not None and name.place.kind != "country":
                for key in self._lexicon.conflicts_of(name.place.name):
                    seen.setdefault(key, set()).add(name.place.name)
                    placed.add(key)
        counts = {key: len(found) for key, found in seen.items() if len(found) > 1 or key in placed}
        return tuple(key for key, n in counts.items() if n == max(counts.values()))

    def _first(self, names: Sequence[Name]) -> tuple[str, ...]:
        """The main conflict of the party named most."""
        known = Counter(n.actor.name for n in names if n.actor and self._lexicon.conflicts_of(n.actor.name))
        return self._lexicon.conflicts_of(known.most_common(1)[0][0])[:1] if known else ()

    def _side(self, conflict: Conflict, actor: str) -> str:
        """The party that an actor is, or belongs to; "" if it is none."""
        key = (conflict.id, actor)
        if key not in self._sides:
            line = (actor, *self._lexicon.above(actor))
            self._sides[key] = next((name for name in line if name in conflict.parties), "")
        return self._sides[key]


def _disputed(name: Name) -> bool:
    return name.place is not None and name.place.disputed


def _land(name: Name) -> bool:
    """Whether a name is but a place: no state, and no capital that stands for one."""
    return name.place is not None and name.actor is None and name.place.kind != "country"
