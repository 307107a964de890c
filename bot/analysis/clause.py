"""A sentence under reading: its units and phrases, what is quoted in it, and what is said."""

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import attrgetter

from bot.analysis.lexicon import Cue
from bot.analysis.phrase import Phrase
from bot.analysis.text import Quote
from bot.analysis.units import Grammar, Unit

Range = tuple[int, int]
_begin = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Saying:
    """A cue with its speakers. `content` are the ranges it is about; `sure` in (0, 1]; `rule` says how it was read.

    `modal` is the verb's helper ("will"), "" if it has none.
    """

    cue: Cue
    start: int
    end: int
    speakers: tuple[Phrase, ...]
    content: tuple[Range, ...]
    negated: bool
    modal: str
    sure: float
    rule: str


@dataclass(slots=True)
class Clause:
    """A sentence under reading: its units and phrases, what is quoted, and the sayings found so far.

    `deeds` tells where a verb stands that is cue and topic at once, and its end.
    """

    start: int
    end: int
    units: list[Unit]
    phrases: list[Phrase]
    quotes: list[Quote]
    grammar: Grammar
    deeds: dict[int, int]
    found: list[Saying] = field(default_factory=list)
    _covering: dict[int, Phrase] = field(default_factory=dict)
    _starting: dict[int, Phrase] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for phrase in self.phrases:
            self._starting[phrase.first] = phrase
            self._covering.update(dict.fromkeys(range(phrase.first, phrase.last), phrase))

    def quoted(self, at: int) -> Quote | None:
        """The quotation around an offset."""
        if not self.quotes:
            return None
        last = bisect_left(self.quotes, at, key=_begin) - 1  # the only one that may reach so far
        return self.quotes[last] if last >= 0 and at < self.quotes[last].end - 1 else None

    def covering(self, last: int) -> Phrase | None:
        """The phrase that this unit belongs to."""
        return self._covering.get(last)

    def starting(self, first: int) -> Phrase | None:
        """The phrase whose first unit is this one."""
        return self._starting.get(first)
