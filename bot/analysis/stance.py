"""The stance of one saying: what the cue implies, what negation makes of it, and ordered rules over what was said."""

from collections.abc import Collection, Iterable

from bot.analysis.lexicon import Cue, StanceRule
from bot.domain.statement import Stance

SPOKEN_OF = "only spoken of"
# Acts that a condition turns into another stance.
CONDITIONAL = (Stance.AGREE, Stance.REJECT, Stance.PROPOSE)
# Acts that no words turn round: who rejects an annexation claims no land.
AGAINST = (Stance.REJECT, Stance.ACCUSE)
HOLDS_AGAINST = (Stance.REJECT, Stance.ACCUSE, Stance.CONDITION, Stance.CONCEDE, Stance.THREATEN)


def stance(cue: Cue, content: str, rules: Iterable[StanceRule], *, negated: bool) -> tuple[Stance, str]:
    """The stance and the name of the rule that gave it. `content` is lower case."""
    by_words = next((r for r in rules if _fits(r, content)), None)
    if by_words is not None and by_words.over and not (cue.stance in AGAINST and by_words.stance == Stance.CLAIM):
        return by_words.stance, by_words.name
    if cue.stance:
        own = Stance(cue.stance)
        if negated and cue.negated:
            return Stance(cue.negated), "not " + own.value
        if by_words is not None and by_words.stance == Stance.CONDITION and own in CONDITIONAL:
            return by_words.stance, by_words.name
        return own, "the cue's own"
    if by_words is not None:
        return by_words.stance, by_words.name
    return (Stance(cue.leaning), "the cue leans so") if cue.leaning else (Stance.ASSESS, SPOKEN_OF)


def told(found: tuple[Stance, str], act: Cue) -> tuple[Stance, str]:
    """The stance of who tells of another's act: no consent of his own, no refusal of his own."""
    if found[0] in (Stance.AGREE, Stance.DEMAND, Stance.PROPOSE) and found[0] == act.stance:
        return Stance.ASSESS, "tells of another's wish or consent"
    if found[0] == Stance.REJECT == act.stance:
        return Stance.ACCUSE, "tells of another's refusal"
    return found


def held(found: tuple[Stance, str], where: str, holder: str, sides: Collection[str]) -> tuple[Stance, str]:
    """The stance of words that say who is to hold a land, for a speaker of these sides; `holder` "" is the speaker.

    `where` the holder stands tells whose wish it is: "wants to annex it" is his own, "belongs to him" somebody's word.
    """
    if found[0] in HOLDS_AGAINST:
        return found
    if not holder or holder in sides:
        return Stance.CLAIM, "asserts a right to it"
    return (
        (Stance.ACCUSE, "says another would take it") if where == "before" else (Stance.RECOGNISE, "says whose it is")
    )


def _fits(rule: StanceRule, content: str) -> bool:
    return any(_stands(w, content) for w in rule.words) and all(_stands(w, content) for w in rule.also)


def _stands(word: str, content: str) -> bool:
    """Whether the word begins in the content at a word's border; it may be a stem."""
    at = content.find(word)
    while at > 0 and content[at - 1].isalnum():
        at = content.find(word, at + 1)
    return at >= 0
