"""Terms of two parts with other words between them: "end ... war", "fighting ... must stop"."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.analysis.lexicon import Language, Term

FAR = 48  # letters between the two parts
WORDS_BETWEEN = 5
QUOTES = "\"'"
ENDING = (",", ".", ";", ":", "!", "?", ")")
# What no pair reaches across; a preposition only where the term says so ("the fighting in X must stop").
PARTING = ("subordinator", "relative", "contrast")
HOLDING = (*PARTING, "preposition", "conjunction", "auxiliary", "negation")


@dataclass(frozen=True, slots=True)
class Part:
    """The first or the second part of a topic's term; `number` tells the topic's terms apart."""

    number: int
    topic: str
    term: Term
    second: bool


class Pairs:
    """Joins the parts of two-part terms found in a text."""

    def __init__(self, language: Language) -> None:
        self._near = language.any_of(*HOLDING)
        self._far = language.any_of(*PARTING)

    def joined(self, parts: Iterable[tuple[Part, int, int]], low: str) -> Iterator[tuple[str, Term, int, int]]:
        """Topic, term and where it stands, for each first part with the second not far behind. `parts` in order."""
        firsts: dict[tuple[int, str], tuple[int, int]] = {}
        for part, start, end in parts:
            first = firsts.get(key := (part.number, part.topic))
            if not part.second:
                if first is None or start >= first[1] or start == first[0]:
                    firsts[key] = (start, end)
            elif first is not None and first[1] < start and self._close(low[first[1] : start], part.term):
                yield part.topic, part.term, first[0], end

    def _close(self, between: str, term: Term) -> bool:
        words = between.split() if len(between) <= FAR else None
        if words is None or len(words) > WORDS_BETWEEN:
            return False
        parting = self._far if term.across else self._near
        return not any(w in parting or w.strip(QUOTES).endswith(ENDING) for w in words)
