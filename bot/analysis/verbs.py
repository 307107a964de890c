"""What a cue is in its sentence: a verb of speech or of a deed, a noun, a passive, an infinitive, a possibility."""

from bot.analysis.begin import ASIDE, OCCASION, SUBJECT, behind_occasion, verb_follows
from bot.analysis.clause import Clause
from bot.analysis.content import CLOSING
from bot.analysis.lexicon import Cue

ASKED = ("subordinator", "colon", "dash")  # what stands before the verb of a question


def leaves_open(clause: Clause, k: int) -> bool:
    """ "did not say whether he would", "is expected to say": nothing was said."""
    units = clause.units
    if units[k - 1].low in clause.grammar.pending:
        return True  # "is expected to speak about the truce"
    open_ = k + 1 < len(units) and units[k + 1].low in clause.grammar.asked
    return open_ and any(u.kind == "negation" for u in units[max(0, k - 3) : k])


def mentions(clause: Clause, k: int) -> bool:
    """ "noting the peace plan": a thing is named, and nothing said of it."""
    return clause.units[k].low in clause.grammar.mentions and not clause_follows(clause, k)


def speaks(clause: Clause, first: int, k: int) -> bool:
    """Whether a verb that also means deeds is one of speech: "..., he went on, ...", "Chad responded: ..."."""
    units = clause.units
    if units[k].low not in clause.grammar.inserted:
        return True
    before = units[first - 1] if 0 < first < k else None
    after = units[k + 1] if k + 1 < len(units) else None
    if before is not None and before.low in CLOSING:
        return True
    behind = after is None or after.kind in ("comma", "mark", "colon")
    told = after is not None and (after.kind == "colon" or after.low == '"' or after.low in clause.grammar.that)
    return told or (behind and before is not None and before.kind == "comma")


def question(clause: Clause) -> bool:
    """ "Will Chad accept a ceasefire?", "Truce: what has Chad agreed to?": it is the outlet that asks."""
    units = clause.units
    if not units or not units[-1].low.endswith("?"):
        return False
    verbs = (n for n, u in enumerate(units) if u.kind == "auxiliary")
    return any(n == 0 or units[n - 1].kind in ASKED for n in verbs)


def possible(clause: Clause, subject: int, k: int) -> bool:
    """ "could accept the truce", "might talk and extend it": he has not, so far."""
    grammar, low = clause.grammar, clause.units[k].low
    bare = not (grammar.past(low) or grammar.participle(low) or low.partition(" ")[0].endswith("s"))
    between = clause.units[subject if subject < k else k : k]
    return bare and any(u.low in grammar.possible and not clause.quoted(u.start) for u in between)


def blamed(clause: Clause, k: int) -> bool:
    """ "should have accepted the truce": he did not."""
    before = " ".join(u.low for u in clause.units[max(0, k - 3) : k])
    return any(before.endswith(words) for words in clause.grammar.blamed)


def clause_follows(clause: Clause, k: int) -> bool:
    """Whether a clause or a quotation follows the cue ("announced that", "announced Malta will"), not an object."""
    units = clause.units
    if k + 1 >= len(units) or units[k + 1].kind in ("subordinator", "comma", "colon", "mark"):
        return True
    i = k + 1
    while i < len(units) and units[i].kind in ("adverb", "number"):
        i += 1
    there = k + 1 < i < len(units) and units[i].kind == "auxiliary"  # "announced on Friday there would be"
    begin = behind_occasion(clause, k + 1)
    if there or _dated(clause, i) or (begin > k + 1 and verb_follows(clause, begin, past=False)):
        return True
    if _told(clause, i):
        return True
    phrase = clause.starting(i)
    return (
        phrase is not None and phrase.last < len(units) and units[phrase.last].kind in ("auxiliary", "cue", "negation")
    )


def _told(clause: Clause, i: int) -> bool:
    """Whether a noun phrase from unit i on has a verb of its own: "announced the truce was fragile"."""
    units = clause.units
    j = i
    while j < min(i + SUBJECT, len(units)) and units[j].kind in ASIDE:
        j += 1
    return i < j < len(units) and units[j].kind == "auxiliary" and units[i].kind != "preposition"


def _dated(clause: Clause, i: int) -> bool:
    """Whether a "that" or a quotation follows when and where something is told: "in a letter from Doha that"."""
    units = clause.units
    for j in range(i, min(i + OCCASION, len(units))):
        unit = units[j]
        if unit.low in clause.grammar.that or (unit.low == '"' and j > i):
            return True
        led = unit.kind != "determiner" or units[j - 1].kind == "preposition"  # "announced in Doha a truce that"
        if unit.kind not in ASIDE or not led or (j == i and unit.kind != "preposition"):
            return False
    return False


def trails(clause: Clause, k: int) -> bool:
    """Whether the words said stand before subject and verb: "..., they announced on Telegram"."""
    units = clause.units
    phrase = clause.covering(k - 1)
    first = phrase.group[0].first if phrase is not None else 0
    if not first or units[first - 1].kind not in ("comma", "mark"):
        return False
    return k + 1 < len(units) and units[k + 1].kind in ("preposition", "adverb")


def passive(clause: Clause, k: int) -> bool:
    """ "is recognised as", "was rejected", a headline's "accused of": what is done to the subject, not by it."""
    after = clause.units[k + 1].low if k + 1 < len(clause.units) else ""
    joined = k > 0 and clause.units[k - 1].kind == "conjunction"  # "... and warned against": the subject's own
    if not joined and f"{clause.units[k].low} {after}" in clause.grammar.undergone:
        return True
    i = k - 1
    while i >= 0 and clause.units[i].kind == "adverb":
        i -= 1
    low = clause.units[k].low
    ends = k + 1 >= len(clause.units) or clause.units[k + 1].kind in ("comma", "mark", "conjunction", "semicolon")
    helped = i >= 0 and clause.units[i].low in clause.grammar.passives and clause.grammar.past(low)
    bare = " " not in low or (ends and not clause.grammar.participle(low.rpartition(" ")[2]))
    return helped and bare  # "was adhered to", but "is opposed to it", "was quoted as saying"


def matrix(clause: Clause, k: int) -> bool:
    """Whether an earlier cue of this clause governs the infinitive at k ("vowed to reject", "urged them to accept")."""
    for i in range(k - 2, max(-1, k - 12), -1):
        unit = clause.units[i]
        if unit.cue is not None:
            return True
        if unit.low in clause.grammar.stops or unit.kind in ("semicolon", "comma"):
            return False
    return False


def attempt(clause: Clause, k: int, cue: Cue) -> bool:
    """ "scrambled to renew the truce", "a resolution to demand one": work on it; "X to renew it" is a plan."""
    before = clause.covering(k - 2)
    draft = before is not None and before.role is not None and before.role.kind == "paper"
    return draft or (cue.stance == "agree" and before is None)


def is_noun(clause: Clause, k: int) -> bool:
    """ "growing calls for", "Beijing's demand", "amid extended truce": no verb stands there."""
    if not k:
        return False
    unit, before = clause.units[k], clause.units[k - 1]
    if unit.low.partition(" ")[0] in clause.grammar.spoken_nouns:
        return True
    if clause.grammar.participle(unit.low):
        return False
    if before.low in clause.grammar.floating and k > 1 and clause.units[k - 2].kind != "preposition":
        return False  # "they each accused"
    if before.kind in ("possessive", "determiner"):
        return True  # "a proposed truce" as well
    led = before.kind in ("preposition", "number") and before.low not in clause.grammar.infinitives
    if clause.grammar.past(unit.low):
        return led and before.kind == "preposition" and _modifies(clause, k)  # "amid extended truce"
    if led or _described(clause, k):
        return True
    if before.name is not None and before.name.adjective:
        return not (
            clause.grammar.behind and k > 1 and clause.units[k - 2].role is not None
        )  # "el Gobierno chileno dijo"
    verb = clause.grammar.participle(before.low) or clause.grammar.past(before.low)
    if before.kind == "word" and before.cue is None and verb and not before.modifier and not clause.grammar.behind:
        return True  # "raising hopes of"
    act = unit.cue is not None and unit.cue.kind == "act" and not clause.grammar.behind
    if act and before.kind == "cap" and "-" in before.low:
        return True  # "a US-led push for"
    return act and before.kind == "word" and not before.modifier and before.cue is None  # "growing calls for"


def told(clause: Clause, k: int) -> bool:
    """Whether a noun of speech tells what was said: "Chad's claim that", "its remarks on it", "his pledge to"."""
    grammar, units = clause.grammar, clause.units
    i = k - 1
    while i > 0 and (units[i].kind in ASIDE or units[i].kind == "possessive") and units[i].kind != "preposition":
        i -= 1
    if units[i].cue is not None:
        return False  # "rejected Chad's claims that": the answer to them is told
    promises = units[k].low in grammar.promises
    if units[k].low.rpartition(" ")[2] in grammar.that:
        return True
    for unit in units[k + 1 : k + 1 + OCCASION]:
        if unit.low in grammar.that or unit.low in grammar.told_of or (promises and unit.low in grammar.infinitives):
            return True
        if unit.kind not in ASIDE:
            return False
    return False


def _modifies(clause: Clause, k: int) -> bool:
    """Whether a word with a verb's past ending stands right before a noun that is nobody's name."""
    after = clause.units[k + 1] if k + 1 < len(clause.units) else None
    return after is not None and after.kind == "word" and after.name is None and not clause.grammar.behind


def _described(clause: Clause, k: int) -> bool:
    """ "another round of global pressure": an adjective, and before it what only leads to nouns."""
    i = k - 1
    while i > 0 and clause.units[i].kind == "word" and clause.units[i].modifier and clause.units[i].role is None:
        i -= 1
    leads = clause.units[i].kind in ("preposition", "determiner", "possessive")
    return i < k - 1 and leads and clause.units[i].low not in clause.grammar.infinitives
