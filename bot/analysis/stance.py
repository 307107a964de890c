"""The stance of one saying: what the cue implies, what negation makes of it, and the rules over what was said."""

from collections.abc import Collection, Sequence

from bot.analysis.classes import THING
from bot.analysis.lexicon import Cue, StanceRule
from bot.domain.statement import Stance

SPOKEN_OF = "only spoken of"
# Acts that a condition turns into another stance.
CONDITIONAL = (Stance.AGREE, Stance.REJECT, Stance.PROPOSE, Stance.RECOGNISE)
# Acts that no words turn round: who accuses of an annexation, or of ending a truce, does neither.
FIXED = {Stance.ACCUSE: tuple(Stance), Stance.REJECT: (Stance.CLAIM, Stance.THREATEN, Stance.RECOGNISE)}
HOLDS_AGAINST = (Stance.REJECT, Stance.ACCUSE, Stance.CONDITION, Stance.CONCEDE, Stance.THREATEN)


def stance(
    cue: Cue, rules: Sequence[StanceRule], *, negated: bool = False, towards: str = "", party: bool = False
) -> tuple[Stance, str]:
    """The stance and the name of the rule that gave it.

    `rules` are those that fit the words said, in their order; `towards` is the cue's stance on a thing of that kind;
    `party` tells whether the speaker is a party to the ceasefire.
    """
    if not cue.stance:
        if rules:
            first = rules[0]
            if first.verb and first.stance in CONDITIONAL:
                first = next((r for r in rules if r.verb and r.stance == Stance.CONDITION), first)
            judged = cue.leaning == Stance.AGREE and first.who == THING  # "announced that the truce was fragile"
            if first.stance != Stance.ASSESS or not (first.verb and cue.leaning) or judged:
                return first.stance, first.name
        return (Stance(cue.leaning), "the cue leans so") if cue.leaning else (Stance.ASSESS, SPOKEN_OF)
    own = Stance(cue.stance)
    for rule in rules:
        if rule.over and (negated or rule.stance not in FIXED.get(own, ())):
            return rule.stance, rule.name
    on_terms = [r for r in rules if r.stance == Stance.CONDITION and own in CONDITIONAL]
    if negated and cue.negated and not on_terms:
        return Stance(cue.negated), "not " + own.value
    for rule in rules:
        if rule.stance in cue.yields or rule in on_terms:
            return rule.stance, rule.name
    if party and cue.party:
        return Stance(cue.party), "a party to it does so"
    if towards:
        return Stance(towards), "the cue's towards such a thing"
    return own, "the cue's own"


def told(found: tuple[Stance, str], act: Cue, *, several: bool) -> tuple[Stance, str]:
    """The stance of who tells of another's act: no consent of his own, no refusal of his own.

    Who tells that `several` have come to terms announces it.
    """
    if several and act.stance == Stance.AGREE:
        return Stance.AGREE, "tells of their agreement"
    if found[0] in (Stance.AGREE, Stance.DEMAND, Stance.PROPOSE) and found[0] == act.stance:
        return Stance.ASSESS, "tells of another's wish or consent"
    if found[0] == Stance.REJECT == act.stance:
        return Stance.ACCUSE, "tells of another's refusal"
    return found


def held(
    found: tuple[Stance, str], where: str, holder: str, sides: Collection[str], *, foreseen: bool
) -> tuple[Stance, str]:
    """The stance of words that say who is to hold a land, for a speaker of these sides; `holder` "" is the speaker.

    `where` the holder stands tells whose wish it is: "wants to annex it" is his own, "belongs to him" somebody's word,
    and "will stay with him" what somebody foresees.
    """
    if found[0] in HOLDS_AGAINST:
        return found
    if not holder or holder in sides:
        return Stance.CLAIM, "asserts a right to it"
    if foreseen and where == "after":
        return Stance.ASSESS, "foresees whose it will be"
    return (
        (Stance.ACCUSE, "says another would take it") if where == "before" else (Stance.RECOGNISE, "says whose it is")
    )
