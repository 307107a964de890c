"""Whose deed or word it is where the cue is no active verb: "rejected by X", "X's call for"."""

from bot.analysis.clause import Clause
from bot.analysis.phrase import Phrase
from bot.analysis.subject import subject

FAR = 12  # units from a passive's helper to the one who did it


def agent(clause: Clause, k: int) -> Phrase | None:
    """ "... rejected by Hamas", "wurde von der Hamas abgelehnt": who did it."""
    units, i = clause.units, k + 1
    if (before := _agent_before(clause, k)) is not None:
        return before
    while i < len(units) and i < k + 4 and units[i].kind in ("adverb", "auxiliary"):
        i += 1
    if units[k].low.rpartition(" ")[2] in clause.grammar.by:
        i = k  # the cue is spelled with it: "odrzucony przez"
    elif i >= len(units) or units[i].low not in clause.grammar.by:
        return None
    noun = units[k].low.partition(" ")[0] in clause.grammar.spoken_nouns  # "comments by X that"
    participle = any(clause.grammar.participle(part) for part in units[k].low.split())  # "quoted as saying by"
    if i + 1 >= len(units) or noun or participle:
        return None
    phrase = clause.starting(i + 1)
    return phrase if phrase is not None and phrase.can_speak else None


def _agent_before(clause: Clause, k: int) -> Phrase | None:
    """The one who did it where a participle stands last and "by" before it, behind the passive's helper."""
    grammar, units = clause.grammar, clause.units
    phrase = clause.covering(k - 1) if k and grammar.agents else None
    first = phrase.first if phrase is not None else 0
    if phrase is None or not phrase.can_speak or not first or units[first - 1].low not in grammar.agents:
        return None
    return phrase if any(u.low in grammar.passives for u in units[max(0, first - FAR) : first]) else None


def owner(clause: Clause, k: int) -> Phrase | None:
    """Whose call it is: "Beijing's call for", "the Chinese call for", "calls by the UN for"."""
    before = clause.units[k - 1]
    if before.kind == "possessive":
        phrase = clause.covering(k - 2)
        return phrase if phrase is not None and phrase.can_speak else None
    if before.name is not None and before.name.adjective:
        return clause.covering(k - 1)
    i = k - 1
    while i > 0 and i > k - 4 and clause.units[i].kind in ("determiner", "word"):
        i -= 1
    if clause.units[i].kind == "auxiliary" and (found := subject(clause, i)) is not None:
        return found[0]  # "renewed his call for", "made a joint appeal for"
    for i in range(k + 1, min(k + 14, len(clause.units) - 1)):
        if clause.units[i].cue is not None:
            return None  # "calls for a truce proposed by X"
        if clause.units[i].low in clause.grammar.by or clause.units[i].low in clause.grammar.sources:
            phrase = clause.starting(i + 1)
            return phrase if phrase is not None and phrase.can_speak else None
    return None
