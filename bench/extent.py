"""The full extent of a source and of what it says, as attributions are labelled: all of the noun phrase, all the words.

A statement carries the name and the sentence; a label has "a Lima lawyer" before the name, "who once ran the port"
behind it, and all of a quotation whose middle is interrupted by "she said".
"""

from bot.analysis.clause import Clause, Saying
from bot.analysis.content import clause_at, interrupts
from bot.analysis.units import Unit

Span = tuple[int, int]
HEADED = ("word", "cap", "number", "title", "role", "name", "possessive", "determiner")
NEXT = 1  # letters between two sentences of one paragraph
BEFORE = 8  # words of a noun phrase before the part that our phrase begins with
NOUNS = 2  # words behind a name that the name only describes
LEADS = ("comma", "mark", "subordinator", "conjunction", "contrast", "relative", "cue", "source", "dash", "semicolon")
ATTACHED = ("comma", "dash", "open", "relative", "preposition")  # what joins an addition to a name
MARKS = ("comma", "mark", "colon", "semicolon", "dash", "open", "close")
HELPERS = ("auxiliary", "adverb", "negation")  # what may stand between a subject and its verb
BETWEEN = ("auxiliary", "adverb", "negation", "comma", "dash", "mark")  # what parts a subject from its verb


def source(clause: Clause, saying: Saying) -> Span:
    """The noun phrase of the speakers with what belongs to it before and behind."""
    units = clause.units
    first, last = saying.speakers[0], saying.speakers[-1]
    at = {u.start: n for n, u in enumerate(units)}
    begin = at.get(first.units[0].start, first.first)
    cue = at.get(saying.start, begin)
    if first.pronoun:
        return first.units[0].start, first.units[0].end
    if (who := _relative(units, cue)) is not None:
        return who.start, who.end
    end = _behind(clause, last.last, cue) if last.first < cue else _tail(clause, max(last.last, 1), begin > cue)
    finish = max(last.units[-1].end, units[end - 1].end)
    return units[_before(units, begin, last.last)].start, finish


def content(clause: Clause, saying: Saying) -> Span:
    """From the first to the last word said; the words between two parts of a quotation are labelled with them."""
    parts = [part for part in saying.content if _worded(clause, part)] or list(saying.content)
    if saying.cue.kind == "say" and len(parts) == 2 and parts[0][1] <= saying.start < parts[1][0]:
        parts = _said(clause, saying, parts[0], parts[1])
    return min(a for a, _ in parts), max(b for _, b in parts)


def _said(clause: Clause, saying: Saying, front: Span, after: Span) -> list[Span]:
    """Of the words before and behind "X said" those that are said: not the opening, nor when and where it was said."""
    units, told = clause.units, max([saying.end, *(p.units[-1].end for p in saying.speakers)])
    i = next((n for n, u in enumerate(units) if u.start >= told), len(units))
    if interrupts(clause, i):
        return [front, after]
    closing = next((u for u in reversed(units) if u.end <= front[1]), None)
    if closing is not None and closing.kind == "comma" and clause_at(clause, i):
        return [after]
    again = next((q.start for q in clause.quotes if told <= q.start < after[1]), after[1])
    return [front, (again, after[1])] if again < after[1] else [front]


def _worded(clause: Clause, part: Span) -> bool:
    """Whether a range holds a word, not marks alone."""
    return any(part[0] <= u.start < part[1] and u.kind not in MARKS for u in clause.units)


def carried(clause: Clause, before: int) -> int:
    """Where what was said up to the offset `before` ends in this sentence, where nobody speaks; 0 if it does not go on.

    It goes on in the same quotation, or in one that this sentence begins with in the same paragraph.
    """
    quote = next((q for q in clause.quotes if q.start <= clause.start < q.end - 1), None)
    if quote is None or (quote.start >= before and clause.start - before > NEXT):
        return 0
    return min(clause.end, quote.end)


def _relative(units: list[Unit], cue: int) -> Unit | None:
    """The "who" right before a verb: it is labelled, not whom it stands for."""
    i = cue - 1
    while i > 0 and units[i].kind in HELPERS:
        i -= 1
    return units[i] if i > 0 and units[i].kind == "relative" else None


def _before(units: list[Unit], begin: int, last: int) -> int:
    """Back over words that describe the name up to what begins the noun phrase; nowhere if nothing plainly does."""
    i = begin
    while i > max(0, begin - BEFORE) and units[i].kind != "determiner":
        initial = i > 1 and units[i - 1].low == "." and len(units[i - 2].low) == 1  # "Paul D. Ryan"
        if units[i - 1].kind not in HEADED and not initial:
            break
        i -= 1
    closed = any(u.kind == "comma" for u in units[last - 1 : last + 1])
    if closed and units[i - 1].kind == "comma" and (post := _posted(units, i - 1)) is not None:
        return post
    clean = i == 0 or units[i].kind == "determiner" or units[i - 1].kind in LEADS
    return i if clean else begin


def _posted(units: list[Unit], comma: int) -> int | None:
    """Where "another host," begins before a name, at the start of a clause."""
    i = comma - 1
    while i > max(0, comma - BEFORE) and units[i].kind in HEADED and units[i].kind != "determiner":
        i -= 1
    led = units[i].kind == "determiner" and i < comma - 1
    return i if led and (i == 0 or units[i - 1].kind in ("conjunction", "contrast", "mark")) else None


def _behind(clause: Clause, last: int, cue: int) -> int:
    """The end of a subject before its verb: with its apposition, its "of", its "who" up to the verb."""
    units = clause.units
    end = cue
    while end > last and units[end - 1].kind in BETWEEN and units[end - 1].kind not in ("comma", "dash"):
        end -= 1
    end -= end > last and units[end - 1].kind in ("comma", "dash")
    added = units[last:end]
    if len(added) > 1 and added[0].kind == "comma" and clause.grammar.participle(added[1].low):
        return last  # "X, speaking in Lima, said"
    if 0 < len(added) <= NOUNS and all(u.kind == "word" for u in added):
        return end  # "the Reyes campaign"
    if last >= cue or units[last].kind not in ATTACHED or clause.quoted(units[last].start):
        return last
    if any(u.kind in ("conjunction", "subordinator", "semicolon") and u.cue is None for u in added[:1]):
        return last
    closed = units[last].kind not in ("comma", "dash") or units[min(end, cue - 1)].kind in ("comma", "dash")
    other = any(u.cue is not None or u.kind == "colon" for u in added) and units[last].kind == "comma"
    return end if closed and not other else last


def _tail(clause: Clause, last: int, inverted: bool) -> int:
    """The end of a speaker behind the cue: up to where the words said go on, or to the end of the sentence."""
    units = clause.units
    ahead = bool(units) and units[0].kind == "source"  # "According to X, ..."
    if (
        last >= len(units)
        or not inverted
        or units[last].kind not in ATTACHED
        or (ahead and units[last].kind == "comma")
    ):
        return last
    end = last
    who = any(u.kind == "relative" for u in units[last : last + 2])  # all that is told of a person belongs to it
    stops = ("semicolon", "colon") if who else ("subordinator", "semicolon", "colon")
    while end < len(units) and units[end].kind not in stops and units[end].low != '"':
        verb = units[end].cue is not None and clause.grammar.participle(units[end].low)
        if verb or (units[end].low in clause.grammar.afterthoughts and units[end].low not in clause.grammar.bridges):
            break
        end += 1
    while end > last and units[end - 1].kind in ("comma", "mark", "dash"):
        end -= 1
    return end
