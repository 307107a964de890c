"""Where in a sentence the words stand that a cue is about: what is said, what is done to what."""

from bot.analysis.begin import ASIDE, begins, heard
from bot.analysis.clause import Clause, Range
from bot.analysis.phrase import Phrase

BEFORE = 16  # units before a subject that an act at the end of a clause may be about
CLOSING = ('"', "'", "…", "?")  # what may end the words that are said, before the speaker
# What the words said go on with behind "X said,".
GOING_ON = ("determiner", "number", "preposition", "conjunction", "contrast", "subordinator")
LEADING = ("conjunction", "contrast", "comma", "adverb", "mark")  # what may stand before a sentence's first clause
SUBJECT = 9  # units of a subject that belongs to a new clause
# What may follow where and when alone are told: "X said on Monday in Y."
TRAILING = ("adverb", "mark", "comma", "preposition", "determiner", "name", "close", "number", "cap")


def content(clause: Clause, k: int, phrase: Phrase | None = None) -> tuple[Range, ...]:
    """What is said: after the cue; and before the subject where a comma or a quotation ends there ("…", X said)."""
    units = clause.units
    inverted = phrase is not None and phrase.first > k
    subject = units[k].start if phrase is None or inverted else units[phrase.group[0].first].start
    if clause.grammar.last:
        return _around(clause, k, phrase)
    behind = phrase.group[-1].last if phrase is not None and inverted else heard(clause, k)
    begin = begins(clause, behind)
    after = (_at(clause, begin), _said(clause, k, begin))
    if not inverted and k and clause.grammar.participle(units[k].low) and units[k - 1].kind in ("comma", "mark"):
        return (after,)  # "..., adding that"
    first = next((n for n, u in enumerate(units) if u.start >= subject), 0)
    first = _quoter(clause, first)
    if first == 1 and units[0].low in clause.grammar.likening and behind < len(units) and units[behind].kind == "comma":
        return ((units[behind].end, clause.end),)  # "As Reyes put it, ..."
    closing = units[first - 1] if first else None
    if closing is None:
        return (after,)
    ends = closing.kind in ("comma", "dash") or closing.low in CLOSING
    if not ends and any(u.kind not in TRAILING for u in units[k + 1 :]):
        return (after,)
    inserted = interrupts(clause, behind)
    opening = (_adverbial(clause, first) or promised(clause, k)) and not _placed(clause, behind)
    opening = opening or _follows(clause, behind)
    if closing.kind == "comma" and not inserted and opening:
        return (after,)
    opened = _headed(clause, first) or min(
        [clause.start, *(q.start for q in clause.quotes if q.start < clause.start < q.end)]
    )
    front = _front(clause, first, opened, units[first].start)
    rest = next((u for u in units[behind:] if u.kind not in TRAILING and u.low not in clause.grammar.months), None)
    said_on = rest is None or rest.start >= after[1]  # '"...", X said on Monday in Y'
    return (front,) if said_on and not inserted else (front, after)


def _headed(clause: Clause, first: int) -> int:
    """Where a quotation begins behind a heading and its colon: "Doha talks: '...', says X"; 0 if none does."""
    units = clause.units
    for n in range(1, first - 2):
        if units[n].kind == "colon" and units[n + 1].kind == "mark" and clause.quoted(units[n + 2].start):
            return units[n + 1].start
        if clause.quoted(units[n].start):
            return 0
    return 0


def _quoter(clause: Clause, first: int) -> int:
    """The first unit of "an agency quoted" before the one quoted, who begins at unit `first`; else that unit."""
    units, i = clause.units, first - 1
    if i < 1 or units[i].low not in clause.grammar.quoting:
        return first
    while i and units[i - 1].kind not in ("comma", "mark", "dash"):
        i -= 1
    return i


def interrupts(clause: Clause, i: int) -> bool:
    """ "The truce, X warned, would fail": the words said go on behind cue and speaker, at unit i."""
    units = clause.units
    while i < len(units) and units[i].kind == "adverb":
        i += 1
    if i + 1 >= len(units) or units[i].kind != "comma":
        return False
    after = units[i + 1]
    if after.low == '"':
        return i + 2 < len(units) and units[i + 2].kind in ("auxiliary", "negation")  # 'The truce, X said, "is dead"'
    verb = after.kind in ("auxiliary", "negation", "cue") or clause.grammar.past(after.low)
    begins = after.kind in GOING_ON and not _afterthought(clause, i + 1)
    main = units[0].kind == "subordinator" or begins or clause.starting(i + 1) is not None
    return verb or (main and not clause.grammar.participle(after.low))  # "If it fails, X said, the army will leave"


def _placed(clause: Clause, i: int) -> bool:
    """Whether from unit i on nothing stands but where it was said: "in an interview"."""
    here = clause.units[i] if i < len(clause.units) else None
    if here is None or here.low in (".", "!", "?"):
        return True
    if here.kind != "preposition" or here.low in clause.grammar.infinitives:
        return False
    return begins(clause, i) == i


def _follows(clause: Clause, i: int) -> bool:
    """Whether all that is said stands from unit i on: a "that", a quotation."""
    units = clause.units
    i += i < len(units) and units[i].kind in ("comma", "colon")
    return i < len(units) and (units[i].low in clause.grammar.that or units[i].low == '"')


def clause_at(clause: Clause, i: int) -> bool:
    """Whether a subject and its verb stand from unit i on ("the army will leave", "a truce in Sudan is")."""
    units, phrase = clause.units, clause.starting(i)
    if phrase is None and (i >= len(units) or units[i].kind != "determiner"):
        return False
    j = i if phrase is None else phrase.group[-1].last
    while j < min(i + SUBJECT, len(units)) and units[j].kind in ASIDE and not clause.grammar.past(units[j].low):
        j += 1
    return j < len(units) and (units[j].kind in ("auxiliary", "negation", "cue") or clause.grammar.past(units[j].low))


def promised(clause: Clause, k: int) -> bool:
    """Whether a verb that may take a thing has one: "A deal is far, X vows more strikes" vows no deal."""
    after = clause.units[k + 1] if k + 1 < len(clause.units) else None
    cue = clause.units[k].cue
    takes = cue is not None and (cue.kind == "either" or clause.units[k].low in clause.grammar.promises)
    return takes and after is not None and after.kind in ("word", "determiner")


def acted(clause: Clause, k: int, phrase: Phrase) -> tuple[Range, ...]:
    """What an act is about: the words behind it; those before in "the plan that X rejected"."""
    units = clause.units
    if clause.grammar.behind:
        return _around(clause, k, phrase)
    subject = units[phrase.first].start
    first = next((n for n, u in enumerate(units) if u.start >= subject), 0)
    behind = units[k + 1] if k + 1 < len(units) else None
    ends = behind is None or behind.kind in ("comma", "semicolon", "dash") or behind.low in (".", "!", "?")
    if ends or (first > 0 and units[first - 1].kind == "word"):
        return ((units[max(0, k - BEFORE)].start, subject),)
    return ((units[k].end, stop(clause, k)),)


def _around(clause: Clause, k: int, phrase: Phrase | None) -> tuple[Range, ...]:
    """Where the order of words is free: all of the clause but its subject and its cue."""
    units = clause.units
    taken = [(units[k].start, units[k].end)]
    if phrase is not None and phrase.first != k:
        taken.append((units[phrase.first].start, units[phrase.last - 1].end))
    at, out = _clause_start(clause, k, min(taken)[0]), []
    for start, end in sorted(taken):
        out.append((at, start))
        at = end
    return *out, (at, stop(clause, k) if clause.units[k].cue is None or k + 1 < len(units) else clause.end)


def _clause_start(clause: Clause, k: int, at: int) -> int:
    """Where the clause of the cue at k begins that holds the offset `at`; a verb of speech takes the whole sentence."""
    cue = clause.units[k].cue
    if cue is not None and cue.kind == "say":
        return clause.start
    ends = (u.end for u in clause.units if u.end <= at and u.kind in ("semicolon", "contrast", "subordinator"))
    return max(ends, default=clause.start)


def undergone(clause: Clause, k: int) -> tuple[Range, ...]:
    """What was done to what, in "the truce was rejected by X": the words before the cue."""
    first = max((i for i in range(k) if clause.units[i].kind in ("semicolon", "subordinator")), default=-1) + 1
    return ((clause.units[max(first, k - 14)].start, clause.units[k].end),)


def _adverbial(clause: Clause, first: int) -> bool:
    """Whether the words before the comma are but an opening ("At a meeting in Cairo, ...")."""
    lead = clause.units[0]
    if lead.kind == "adverb" and any(u.kind in ("auxiliary", "negation") for u in clause.units[1:first]):
        return False  # "Still, a truce would help, X said"
    noun = len(clause.units) > 1 and clause.units[1].kind in ("auxiliary", "negation")  # "Fighting will go on, X said"
    doing = clause.grammar.participle(lead.low) and not noun
    return lead.kind in ("preposition", "subordinator", "adverb") or doing or first <= 3


def _at(clause: Clause, i: int) -> int:
    return clause.units[i].start if i < len(clause.units) else clause.end


def _said(clause: Clause, k: int, begin: int) -> int:
    """Where the words said, from unit `begin` on, end: at an afterthought behind a comma (", ahead of a vote")."""
    units, comma = clause.units, False
    fronted = _fronted(clause, k)
    for i in range(max(k + 1, begin), len(units)):
        unit = units[i]
        after = comma and i > k + 1
        comma = unit.kind == "comma" or (comma and unit.kind == "mark")
        if clause.quoted(unit.start):
            continue
        if unit.kind == "semicolon" or (after and _afterthought(clause, i)) or _next_verb(clause, i):
            return unit.start
        if _meanwhile(clause, i) or (after and (_another(clause, i) or (fronted and clause_at(clause, i)))):
            return unit.start
    return clause.end


def _fronted(clause: Clause, k: int) -> bool:
    """Whether the cue stands in a clause that only leads to the main one: "While Chad says it is ready, Kenya ..."."""
    units = clause.units
    first = next((i for i, u in enumerate(units[:k]) if u.kind not in LEADING), k)
    if units[first].low not in clause.grammar.stops:
        return False
    return not any(u.kind == "comma" for u in units[first:k])


def _another(clause: Clause, i: int) -> bool:
    """Whether another's words begin behind a comma: ", and Chad warned that", ", but the army says"."""
    units = clause.units
    phrase = clause.starting(i + 1) if units[i].kind in ("conjunction", "contrast") else None
    if phrase is None or not phrase.can_tell:
        return False
    j = phrase.group[-1].last
    while j < len(units) and units[j].kind in ("adverb", "auxiliary", "negation"):
        j += 1
    cue = units[j].cue if j < len(units) else None
    told = cue is not None and (cue.kind == "say" or phrase.pronoun in ("m", "f"))  # ", and he urged them"
    return told and not clause.grammar.participle(units[j].low)


def _afterthought(clause: Clause, i: int) -> bool:
    """Whether what follows a comma only dates the words that are said: ", ahead of a vote", ", two days after"."""
    units = clause.units
    while i < len(units) - 1 and units[i].kind in ("number", "adverb", "determiner"):
        i += 1
    words = " ".join(u.low for u in units[i : i + 3]) + " "
    joins = units[i].kind == "conjunction"  # "as well as"
    return not joins and words.startswith(clause.grammar.afterthoughts)


def _meanwhile(clause: Clause, i: int) -> bool:
    """Whether another's doing begins here: "as mediators sought a truce", "while Israeli jets flew"."""
    if clause.units[i].low not in clause.grammar.meanwhile or clause.quoted(clause.units[i].start):
        return False
    if clause.units[i - 1].low in clause.grammar.measured:
        return False  # "as long as Israel stays"
    phrase = clause.starting(i + 1)
    return phrase is not None and not phrase.pronoun and phrase.can_speak


def _front(clause: Clause, first: int, begin: int, end: int) -> Range:
    """The words before "X said", without what only goes on meanwhile: "... as mediators sought a truce, X said"."""
    cut = next((i for i in range(1, first) if clause.units[i].start > begin and _meanwhile(clause, i)), None)
    return begin, end if cut is None else clause.units[cut].start


def stop(clause: Clause, k: int) -> int:
    """Where the words that an act is about end: at "while", "after", a semicolon; at "as" before a new subject."""
    units, fronted = clause.units, _fronted(clause, k)
    for i in range(k + 1, len(units)):
        unit = units[i]
        if unit.kind in ("semicolon", "contrast") or _next_verb(clause, i):
            return unit.start
        if fronted and units[i - 1].kind == "comma" and clause_at(clause, i):
            return unit.start
        if unit.low in clause.grammar.wheres and units[i - 1].kind == "comma":
            return unit.start  # "in Gaza, where a ceasefire is in place"
        if unit.low in clause.grammar.stops and (unit.kind != "subordinator" or clause.starting(i + 1) is not None):
            return unit.start
    return clause.end


def _next_verb(clause: Clause, i: int) -> bool:
    """Whether the subject's next verb begins here: "and called for", ", adding"."""
    units, unit = clause.units, clause.units[i]
    if (unit.kind != "conjunction" and unit.cue is None) or clause.quoted(unit.start):
        return False
    if unit.kind == "conjunction":
        after = units[i + 1] if i + 1 < len(units) else unit
        return after.cue is not None and clause.grammar.past(after.low)
    j = i - 1
    while j > 0 and units[j].kind in ("mark", "adverb"):  # ", briefly noting"
        j -= 1
    before = units[j].kind
    return clause.grammar.participle(unit.low) and before == "comma"
