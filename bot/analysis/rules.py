"""The stance rules of one topic in one language, all their words looked for in one walk over what was said."""

import re
from collections.abc import Iterable, Iterator, Mapping

from bot.analysis.lexicon import OWN, Lexicon, StanceRule

TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
GAP = " .. "  # "end .. truce": the second word follows the first within REACH letters, in the same sentence
REACH = 18


class Rulebook:
    """Ordered rules. A word of theirs begins at a word's border and may be a stem, "retaliat"."""

    def __init__(self, rules: Iterable[StanceRule]) -> None:
        self._rules = tuple(
            (rule, frozenset(rule.words), frozenset(rule.also), frozenset(rule.unless)) for rule in rules
        )
        self._stems: dict[str, list[str]] = {}  # by their first letters
        self._phrases: dict[str, list[tuple[str, str, str]]] = {}  # by their first word: whole, up to a gap, behind it
        for word in dict.fromkeys(w for r in self._rules for words in r[1:] for w in sorted(words)):
            first = TOKEN.match(word)
            if first is not None and first.end() < len(word):
                head, _, tail = word.partition(GAP)
                self._phrases.setdefault(first.group(), []).append((word, head, tail))
            else:
                self._stems.setdefault(word[:2], []).append(word)

    def fitting(self, content: str, who: str = "") -> list[StanceRule]:
        """The rules that fit words in lower case, in their order. `who` is OWN, OTHER or "" where it does not show."""
        there = frozenset(self._there(content))
        return [
            rule
            for rule, words, also, unless in self._rules
            if not words.isdisjoint(there)
            and (not also or not also.isdisjoint(there))
            and unless.isdisjoint(there)
            and (not rule.who or rule.who == who or (rule.who == OWN and not who))
        ]

    def _there(self, content: str) -> Iterator[str]:
        for token in TOKEN.finditer(content):
            at, first = token.start(), token.group()
            for word, head, tail in self._phrases.get(first, ()):
                if content.startswith(head, at) and (not tail or _follows(tail, content, at + len(head))):
                    yield word
            for word in self._stems.get(first[:2], ()):
                if content.startswith(word, at):
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
    found = content.find(tail, begin, begin + REACH + len(tail))
    while found > 0 and content[found - 1].isalnum():
        found = content.find(tail, found + 1, begin + REACH + len(tail))
    return found > 0
