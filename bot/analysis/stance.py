"""The stance of one saying: what the cue implies, what negation makes of it, and ordered rules over what was said."""

from collections.abc import Iterable

from bot.analysis.lexicon import Cue, StanceRule
from bot.domain.statement import Stance

# An act that a condition turns into another stance.
SPOKEN_OF = "only spoken of"
CONDITIONAL = (Stance.AGREE, Stance.REJECT, Stance.PROPOSE)
# Acts that no words turn round: who rejects an annexation claims no land.
AGAINST = (Stance.REJECT, Stance.ACCUSE)


def stance(
    cue: Cue, content: str, rules: Iterable[StanceRule], *, negated: bool, words: str = ""
) -> tuple[Stance, str]:
    """The stance and the name of the rule that gave it. `content` is lower case; `words` the stance of the topic's."""
    by_words = next((r for r in rules if _fits(r, content)), None)
    if by_words is not None and by_words.over and cue.stance not in AGAINST:
        return by_words.stance, by_words.name
    if cue.stance:
        own = Stance(cue.stance)
        if negated and cue.negated:
            return Stance(cue.negated), "not " + own.value
        if by_words is not None and by_words.stance == Stance.CONDITION and own in CONDITIONAL:
            return by_words.stance, by_words.name
        return own, "the cue's own"
    if by_words is None:
        return (Stance(words), "the topic's own words") if words else (Stance.ASSESS, SPOKEN_OF)
    return by_words.stance, by_words.name


def _fits(rule: StanceRule, content: str) -> bool:
    return any(_stands(w, content) for w in rule.words) and all(_stands(w, content) for w in rule.also)


def _stands(word: str, content: str) -> bool:
    """Whether the word begins in the content at a word's border; it may be a stem."""
    at = content.find(word)
    while at > 0 and content[at - 1].isalnum():
        at = content.find(word, at + 1)
    return at >= 0
