"""Where the words that are said begin: behind him who is told them, and behind when, where and how they are told."""

from bot.analysis.clause import Clause
from bot.analysis.units import Unit

# What may follow a hearer whom no list knows: "told the forum he", "told a briefing that".
AFTER_HEARER = frozenset(
    ["comma", "colon", "mark", "adverb", "preposition", "pronoun_m", "pronoun_f", "pronoun_it", "pronoun_they"],
)
OCCASION = 14  # units from a cue to "that"
ASIDE = ("adverb", "preposition", "determiner", "name", "cap", "word", "number", "role", "possessive", "title")
LEADS = ("determiner", "number", "possessive", "title", "adverb")  # what stands before a noun
NOUNS = ("word", "role", "name", "cap", "number")
VERBS = ("auxiliary", "negation", "cue")
SUBJECT = 9  # units of a subject up to its verb


def heard(clause: Clause, k: int) -> int:
    """The unit behind him who is told the words ("told reporters that ..."), else behind the cue."""
    units = clause.units
    if units[k].low not in clause.grammar.hearing or k + 1 >= len(units):
        return k + 1
    hearer = clause.starting(k + 1)
    i = hearer.group[-1].last if hearer is not None else k + 1
    if hearer is None and units[i].kind == "determiner":
        i += 1
        while i < len(units) and (units[i].kind in ("word", "number") or units[i].modifier):
            i += 1  # "told the forum"
        if i < len(units) and units[i].kind not in AFTER_HEARER and units[i].low not in clause.grammar.that:
            return k + 1
    if i >= len(units) or units[i].kind in ("auxiliary", "negation") or units[i].low in clause.grammar.infinitives:
        return k + 1  # "told his men to leave"
    return i


def begins(clause: Clause, i: int) -> int:
    """The unit at which the words said begin: behind when and where ("in Doha on Monday that ..."); they follow i."""
    units = clause.units
    if i >= len(units):
        return i
    that, behind = _that(clause, i), behind_occasion(clause, i)
    if that is None:
        return behind
    half = units[that].low == '"' and i < behind < that and verb_follows(clause, behind)
    return behind if half else that  # 'said on Friday the truce "is dead"'


def _that(clause: Clause, i: int) -> int | None:
    """The "that" or the quotation that follows when and where something was said."""
    units = clause.units
    told = units[i - 1].low in clause.grammar.hearing
    to = units[i].low in clause.grammar.infinitives and clause.starting(i + 1) is None  # no "said to reporters"
    aside = units[i].kind in ("adverb", "preposition") and not to
    doing = _doing(clause, i)
    j, last = i + 2 * doing, min(i + OCCASION, len(units))
    while (told or aside or doing) and j < last:
        unit = units[j]
        if unit.low in clause.grammar.that or (unit.low == '"' and j > i):
            return j
        if unit.kind == "comma" and (over := _insertion(clause, j)) is not None:
            return over  # "on Friday, a day after the talks, that"
        dated = unit.kind in ASIDE or unit.low in clause.grammar.months
        if not dated and not (unit.kind in ("comma", "colon") and j > i):
            break
        j += 1
    return None


def _insertion(clause: Clause, comma: int) -> int | None:
    """The "that" behind an insertion that begins at a comma."""
    units = clause.units
    for j in range(comma + 1, min(comma + OCCASION, len(units) - 1)):
        if units[j].kind == "comma":
            return j + 1 if units[j + 1].low in clause.grammar.that else None
        if units[j].cue is not None or clause.quoted(units[j].start):
            return None
    return None


def behind_occasion(clause: Clause, i: int) -> int:
    """Behind the adverbs and the places, days and media from unit i on, where a subject and its verb follow them."""
    units, begin = clause.units, _adverbs(clause, i)
    j = begin
    asked = False
    while j < len(units) and (_clock(clause, j) or _leads(clause, j, begin) or _doing(clause, j)):
        asked = asked or _doing(clause, j)  # "when asked about the truce": not what he says of it
        end = _occasion(clause, j, asked=asked)
        if end is None:
            break
        j = _adverbs(clause, end)
        j -= j < len(units) and units[j].kind in VERBS and units[j - 1].kind == "adverb"  # "there should be"
    return j if j > begin and verb_follows(clause, j) else min(begin, len(units) - 1)


def _doing(clause: Clause, j: int) -> bool:
    """ "after meeting Carla Reyes", "when asked about it", "while visiting Lima": what he did meanwhile."""
    units, grammar = clause.units, clause.grammar
    after = units[j + 1].low if j + 2 < len(units) else ""
    leads = units[j].kind == "subordinator" or units[j].low in grammar.setting
    return leads and (grammar.participle(after) or after in grammar.hearing)


def _occasion(clause: Clause, j: int, *, asked: bool) -> int | None:
    """The unit behind what is told of when and where from unit j on: "late", "in Rome", "after meeting Carla Reyes"."""
    doing = _doing(clause, j)
    if _clock(clause, j) and not doing:
        return j + 1
    if doing and clause.units[j + 2].kind == "preposition":
        return j + 2  # "when asked | about the plan"
    return _noun(clause, j + 1 + doing, asked=asked)


def _adverbs(clause: Clause, i: int) -> int:
    while i < len(clause.units) - 1 and clause.units[i].kind == "adverb":
        i += 1
    return i


def _clock(clause: Clause, i: int) -> bool:
    """ "late on Friday", "shortly after the meeting": a word of time before a preposition or a day."""
    units = clause.units
    after = units[i + 1] if i + 1 < len(units) and units[i].low in clause.grammar.clock else None
    return after is not None and (after.low in clause.grammar.setting or after.kind == "adverb")


def _leads(clause: Clause, i: int, begin: int) -> bool:
    """Whether a preposition of when and where stands at unit i; "to" only before a noun ("to reporters")."""
    units, low = clause.units, clause.units[i].low
    if low in clause.grammar.infinitives and i < len(units) - 1:
        return (
            clause.starting(i + 1) is not None
            if i == begin
            else units[i + 1].kind in ("determiner", "name", "cap", "role")
        )
    return low in clause.grammar.setting


def _noun(clause: Clause, i: int, *, asked: bool) -> int | None:
    """The unit behind the noun phrase that a preposition leads, None where it is what the words are about."""
    units, j = clause.units, i
    while j < len(units) and not _parts(clause, i, j):
        unit = units[j]
        disputed = unit.name is not None and unit.name.place is not None and unit.name.place.disputed
        if not asked and (unit.low in clause.grammar.matters or disputed):
            return None  # "said under the truce Chad would withdraw"
        j += 1
    return j if j > i else None


def _parts(clause: Clause, first: int, j: int) -> bool:
    """Whether the noun phrase that begins at unit `first` has ended before unit j."""
    units = clause.units
    unit, before = units[j], units[j - 1]
    noun = unit.kind == "cue" and j > first and before.kind == "determiner"  # "in reply to a question"
    if not (unit.kind in NOUNS or unit.kind in LEADS or unit.modifier or noun):
        return True
    if j == first or not _noun_like(before):
        return False
    if unit.role is not None and unit.role.kind == "sides":
        return True
    if unit.kind in ("determiner", "adverb", "title"):
        return True
    if unit.kind == "name":
        return before.kind != "cap" or verb_follows(clause, j)
    if unit.kind == "number":
        return before.low not in clause.grammar.months
    if unit.kind == "cap":
        return before.kind == "word"
    led = any(u.kind in LEADS for u in units[first : j - 1])
    return unit.kind == "word" and before.kind in ("name", "cap") and not led and unit.low not in clause.grammar.months


def _noun_like(unit: Unit) -> bool:
    """Whether a noun phrase may end with this unit."""
    if unit.kind == "name":
        return unit.name is not None and not unit.name.adjective
    return unit.kind in ("word", "role", "cap", "cue") and not unit.modifier


def _of_subject(unit: Unit) -> bool:
    return unit.kind in ASIDE or unit.kind == "conjunction" or unit.kind.startswith("pronoun_")


def verb_follows(clause: Clause, i: int, *, past: bool = True) -> bool:
    """Whether a subject and its verb stand from unit i on; a verb of the past alone counts where `past` says so."""
    units = clause.units
    if i >= len(units) or units[i].kind == "preposition":
        return False
    j = i
    while j < min(i + SUBJECT, len(units)) and _of_subject(units[j]):
        if past and j > i and units[j].kind == "word" and clause.grammar.past(units[j].low):
            return True
        j += 1
    j += i < j < len(units) - 1 and units[j].low == '"'
    there = j == i + 1 and units[i].kind == "adverb"
    return i < j < len(units) and units[j].kind in VERBS and (there or units[j - 1].kind != "adverb" or j > i + 1)
