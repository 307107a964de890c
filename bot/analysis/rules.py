"""The stance rules of one topic in one language, all their words looked for in one walk over what was said."""

from collections.abc import Iterable, Iterator, Mapping

from ahocorasick_rs import AhoCorasick, MatchKind

from bot.analysis.classes import BOTH, OTHER, OWN, PARTY, SELF, THING
from bot.analysis.lexicon import Lexicon, StanceRule

GAP = " .. "  # "end .. truce": the second word follows the first within REACH letters, in the same sentence
REACH = 18
# Whose doing fits a rule's `who`: where it does not show, a rule for the own side may fit all the same.
FITS = {
    "": (OWN, OTHER, THING, BOTH, ""),
    OWN: (OWN, THING, ""),
    SELF: (OWN,),
    PARTY: (OWN, OTHER, BOTH, ""),
    OTHER: (OTHER,),
    THING: (THING,),
    BOTH: (BOTH,),
}


class Rulebook:
    """Ordered rules; those over the cue itself and those about the main verb come before the others.

    A word of theirs begins at a word's border and may be a stem, "retaliat".
    """

    def __init__(self, rules: Iterable[StanceRule]) -> None:
        ordered = sorted(rules, key=lambda rule: (not rule.over, not rule.verb))
        self._rules = tuple((r, frozenset(r.words), frozenset(r.also), frozenset(r.unless)) for r in ordered)
        self._with: dict[str, list[int]] = {}  # a word -> the numbers of its rules
        for number, (_, words, _, _) in enumerate(self._rules):
            for word in words:
                self._with.setdefault(word, []).append(number)
        heads: dict[str, list[tuple[str, str]]] = {}  # up to a gap: the word, and what is behind the gap
        for word in sorted({w for r in self._rules for words in r[1:] for w in words}):
            head, _, tail = word.partition(GAP)
            heads.setdefault(head, []).append((word, tail))
        self._words = list(heads.values())
        self._search = AhoCorasick(list(heads), matchkind=MatchKind.Standard)

    def fitting(self, content: str, who: str = "", verb: str = "", clause: str = "") -> list[StanceRule]:
        """The rules that fit words in lower case, in their order.

        `who` is OWN, OTHER, THING, BOTH or "" where it does not show; `verb` are the main verb's words among them,
        `clause` those of its clause.
        """
        there, main = frozenset(self._there(content)), frozenset(self._there(verb))
        around = frozenset(self._there(clause)) if main else main
        numbers = {n for word in there | main for n in self._with.get(word, ())}
        return [
            rule
            for rule, words, also, unless in (self._rules[n] for n in sorted(numbers))
            if not words.isdisjoint(main if rule.verb else there)
            and (not also or not also.isdisjoint(around if rule.verb else there))
            and unless.isdisjoint(main if rule.verb else there)
            and who in FITS[rule.who]
        ]

    def _there(self, content: str) -> Iterator[str]:
        for number, start, end in self._search.find_matches_as_indexes(content, overlapping=True):
            if start and content[start].isalnum() and content[start - 1].isalnum():
                continue
            for word, tail in self._words[number]:
                if not tail or _follows(tail, content, end):
                    yield word


def rulebooks(lexicon: Lexicon, code: str) -> Mapping[str, Rulebook]:
    """The rules of each topic in a language: the topic's own around those of the language, which stand under ""."""
    language = lexicon.languages[code]
    books = {"": Rulebook(language.rules)}
    for topic in lexicon.topics.values():
        if code in topic.words:
            own = topic.words[code].rules
            last = [r for r in own if r.last]
            books[topic.id] = Rulebook([*(r for r in own if not r.last), *language.rules, *last])
    return books


def _follows(tail: str, content: str, begin: int) -> bool:
    if content[begin : begin + 1].isalnum():
        return False  # but the beginning of a longer word
    found = content.find(tail, begin, begin + REACH + len(tail))
    while found > 0 and content[found - 1].isalnum():
        found = content.find(tail, found + 1, begin + REACH + len(tail))
    return found > 0
