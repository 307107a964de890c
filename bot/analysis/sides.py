"""Which parties an article names, so that "both sides" and "the rivals" mean somebody."""

from collections import Counter

from bot.analysis.lexicon import Lexicon
from bot.analysis.phrase import Phrase

PARTIES = ("state", "group", "body")


class Sides:
    """Counts the parties that the phrases of an article name."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._named: Counter[str] = Counter()

    def count(self, phrase: Phrase) -> None:
        """Remember the parties that a phrase names, or belongs to."""
        for part in (phrase, phrase.owner):
            for name in part.names if part else ():
                if name.actor is not None and name.actor.kind in PARTIES:
                    self._named[name.actor.name] += 1

    def two(self) -> tuple[str, ...]:
        """The two parties of the conflict that is named most, named themselves or not; none if there is no conflict."""
        best: tuple[str, ...] = ()
        most = 0
        for conflict in self._lexicon.conflicts.values():
            named = [p for p in conflict.parties if self._named[p]]
            weight = sum(self._named[p] for p in named)
            if len(named) >= 2 and weight > most:
                best, most = tuple(sorted(named, key=lambda p: -self._named[p])[:2]), weight
        return best or self._implied()

    def _implied(self) -> tuple[str, ...]:
        """The parties of the one conflict that the article's names stand in."""
        counts = Counter(
            c for name, n in self._named.items() for c in self._lexicon.conflicts_of(name) for _ in range(n)
        )
        if not counts:
            return ()
        return self._lexicon.conflicts[counts.most_common(1)[0][0]].parties[:2]
