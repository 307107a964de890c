"""Who says what in one sentence: each cue, the phrases that are its subject, and the words it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.analysis.lexicon import Cue
from bot.analysis.phrase import Grammar, Phrase, Unit
from bot.analysis.text import Quote

Range = tuple[int, int]
SKIPPED = ("adverb", "auxiliary", "negation", "number", "mark", "title")
COLON = Cue((), "say")
CALL, DONE = "call of", "done by"
BEFORE = 16  # units
NEAR = 200  # letters between two verbs of one subject


@dataclass(frozen=True, slots=True)
class Saying:
    """A cue with its speakers. `content` are the ranges it is about; `sure` in (0, 1]; `rule` says how it was read."""

    cue: Cue
    start: int
    end: int
    speakers: tuple[Phrase, ...]
    content: tuple[Range, ...]
    negated: bool
    modal: bool
    sure: float
    rule: str


@dataclass(slots=True)
class Clause:
    """A sentence under reading: its units and phrases, what is quoted, and the sayings found so far."""

    start: int
    end: int
    units: list[Unit]
    phrases: list[Phrase]
    quotes: list[Quote]
    grammar: Grammar
    deeds: dict[int, int]  # where a verb stands that is cue and topic at once -> its end
    found: list[Saying]

    def quoted(self, at: int) -> Quote | None:
        """The quotation of more than three words around an offset."""
        return next((q for q in self.quotes if q.start < at < q.end - 1), None)

    def ending(self, last: int) -> Phrase | None:
        """The phrase whose last unit is this one."""
        return next((p for p in self.phrases if p.first <= last < p.last), None)

    def starting(self, first: int) -> Phrase | None:
        """The phrase whose first unit is this one."""
        return next((p for p in self.phrases if p.first == first), None)


def sayings(clause: Clause) -> list[Saying]:
    """Every saying of the sentence, in order of appearance."""
    _headline(clause)
    for k, unit in enumerate(clause.units):
        if clause.quoted(unit.start):
            continue
        if unit.kind == "source":
            _according(clause, k)
        elif unit.start in clause.deeds and clause.ending(k) is None:
            _cue(clause, k, Cue((), "deed"))
        elif unit.cue is not None and clause.ending(k) is None:
            _cue(clause, k, unit.cue)
    return clause.found


def _cue(clause: Clause, k: int, cue: Cue) -> None:
    units = clause.units
    before = units[k - 1] if k else None
    if cue.kind == "either":
        cue = Cue(cue.forms, "say") if _clause_follows(clause, k) else Cue(cue.forms, "act", cue.stance, cue.negated)
    if (agent := _agent(clause, k)) is not None:
        _add(clause, k, cue, agent, _passive_content(clause, k), 0.85, DONE)
    elif before is not None and before.low == "to" and (_matrix(clause, k) or _attempt(clause, k, cue)):
        return
    elif _is_noun(clause, k):
        owner = _owner(clause, k)
        if owner is not None and cue.kind == "act":
            _add(clause, k, cue, owner, ((units[k].end, _stop(clause, k)),), 0.75, CALL)
    elif (after := _inverted(clause, k, cue)) is not None:
        _add(clause, k, cue, after, _content(clause, k, units[k].start, True), 0.95, "words before the cue")
    elif _passive(clause, k):
        return
    elif (got := _subject(clause, k)) is not None:
        phrase, sure = got
        first = phrase.group[0].first
        if cue.stance == "agree" and first < k and first and units[first - 1].low in clause.grammar.retold:
            return  # "after both sides agreed to a truce": told again, not news
        _add(
            clause,
            k,
            cue,
            phrase,
            _content(clause, k, units[phrase.first].start, cue.kind == "say"),
            sure,
            "subject and cue",
        )


def _clause_follows(clause: Clause, k: int) -> bool:
    """Whether a clause or a quotation follows the cue ("announced that", "announced Malta will"), not an object."""
    units = clause.units
    if k + 1 >= len(units) or units[k + 1].kind in ("subordinator", "comma", "colon", "mark"):
        return True
    i = k + 1
    while i < len(units) and units[i].kind in ("adverb", "number"):
        i += 1
    phrase = clause.starting(i)
    return (
        phrase is not None and phrase.last < len(units) and units[phrase.last].kind in ("auxiliary", "cue", "negation")
    )


def _add(clause: Clause, k: int, cue: Cue, phrase: Phrase, content: Sequence[Range], sure: float, rule: str) -> None:
    unit = clause.units[k]
    near = clause.units[max(0, k - 4) : k]
    negated = any(u.kind == "negation" for u in near if u.start >= clause.units[phrase.first].start or phrase.first > k)
    modal = any(u.low in clause.grammar.modals for u in near if u.start >= clause.units[phrase.first].start)
    end = clause.deeds.get(unit.start, unit.end) if cue.kind == "deed" else unit.end
    speakers = tuple(p for p in phrase.group if p.can_speak)
    if phrase.owner is not None or len(phrase.group) == 1:
        speakers = (phrase,)
    clause.found.append(
        Saying(cue, unit.start, end, speakers, tuple(c for c in content if c[0] < c[1]), negated, modal, sure, rule)
    )


def _agent(clause: Clause, k: int) -> Phrase | None:
    """ "... rejected by Hamas": who did it."""
    units, i = clause.units, k + 1
    while i < len(units) and i < k + 4 and units[i].kind in ("adverb", "auxiliary"):
        i += 1
    if i + 1 >= len(units) or units[i].low not in clause.grammar.by or clause.grammar.participle(units[k].low):
        return None
    phrase = clause.starting(i + 1)
    return phrase if phrase is not None and phrase.can_speak else None


def _passive(clause: Clause, k: int) -> bool:
    """ "is recognised as", "was rejected": what is done to the subject, not by it."""
    i = k - 1
    while i >= 0 and clause.units[i].kind == "adverb":
        i -= 1
    low = clause.units[k].low
    return i >= 0 and clause.units[i].low in clause.grammar.passives and clause.grammar.past(low) and " " not in low


def _passive_content(clause: Clause, k: int) -> tuple[Range, ...]:
    first = max((i for i in range(k) if clause.units[i].kind in ("semicolon", "subordinator")), default=-1) + 1
    return ((clause.units[max(first, k - 14)].start, clause.units[k].end),)


def _matrix(clause: Clause, k: int) -> bool:
    """Whether an earlier cue of this clause governs the infinitive at k ("vowed to reject", "urged them to accept")."""
    for i in range(k - 2, max(-1, k - 12), -1):
        unit = clause.units[i]
        if unit.cue is not None:
            return True
        if unit.low in clause.grammar.stops or unit.kind in ("semicolon", "comma"):
            return False
    return False


def _attempt(clause: Clause, k: int, cue: Cue) -> bool:
    """ "scrambled to renew the truce": work on it, not consent; a headline's "X to renew the truce" is a plan."""
    return cue.stance == "agree" and clause.ending(k - 2) is None


def _is_noun(clause: Clause, k: int) -> bool:
    if not k:
        return False
    unit, before = clause.units[k], clause.units[k - 1]
    if clause.grammar.participle(unit.low):
        return False
    if before.kind in ("possessive", "determiner"):
        return True  # "a proposed truce" as well
    if clause.grammar.past(unit.low):
        return False
    if before.kind in ("preposition", "number") and before.low != "to":
        return True
    if before.name is not None and before.name.adjective:
        return True
    act = unit.cue is not None and unit.cue.kind == "act"
    return act and before.kind == "word" and not before.modifier and before.cue is None  # "growing calls for"


def _owner(clause: Clause, k: int) -> Phrase | None:
    """Whose call it is: "Beijing's call for", "the Chinese call for", "calls by the UN for"."""
    before = clause.units[k - 1]
    if before.kind == "possessive":
        phrase = clause.ending(k - 2)
        return phrase if phrase is not None and phrase.can_speak else None
    if before.name is not None and before.name.adjective:
        return clause.ending(k - 1)
    for i in range(k + 1, min(k + 14, len(clause.units) - 1)):
        if clause.units[i].low in clause.grammar.by or clause.units[i].low == "from":
            phrase = clause.starting(i + 1)
            return phrase if phrase is not None and phrase.can_speak else None
    return None


def _inverted(clause: Clause, k: int, cue: Cue) -> Phrase | None:
    units = clause.units
    if cue.kind != "say" or not k or clause.grammar.participle(units[k].low):
        return None
    if units[k - 1].kind not in ("comma", "mark", "dash"):
        return None
    phrase = clause.starting(k + 1)
    return phrase if phrase is not None and phrase.can_speak and not phrase.pronoun else None


def _subject(clause: Clause, k: int) -> tuple[Phrase, float] | None:
    """Walk back from the cue to its subject."""
    units, sure, i, words = clause.units, 1.0, k - 1, 0
    participle = clause.grammar.participle(units[k].low)
    if participle and (
        i < 0 or units[i].kind in ("comma", "conjunction", "dash") or units[i].low in clause.grammar.gerunds
    ):
        return _main(clause, k)
    if participle and units[i].kind in ("preposition", "subordinator"):
        return None
    while i >= 0:
        unit, phrase = units[i], clause.ending(i)
        if clause.quoted(unit.start):
            i -= 1
            continue
        if phrase is not None:
            owns = phrase.last < len(units) and units[phrase.last].kind == "possessive"
            if phrase.governed or owns or (not phrase.can_speak and phrase.role is None):
                i = phrase.first - 1
                continue
            if phrase.role is not None and phrase.role.kind == "crowd":
                return None
            first = phrase.group[0]
            if words and first is not phrase.group[-1]:
                sure *= 0.9
            return (phrase if words == 0 else _earliest(clause, phrase)), max(0.3, sure)
        if unit.kind in ("comma", "close", "dash"):
            over = _over(clause, i)
            words += unit.kind == "comma" and over == i - 1 and i == k - 1  # "Blinken to visit Israel, push for"
            i = over
            continue
        if unit.kind in ("conjunction", "contrast"):
            if not words and (last := _last(clause, k)) is not None:
                return last.speakers[0], last.sure * 0.9
            words += 1  # another verb has the subject: look for the first free phrase
            sure *= 0.9
        elif unit.kind in ("subordinator", "semicolon", "colon"):
            break
        elif unit.kind == "relative":
            who = i - 2 if i and units[i - 1].kind == "comma" else i - 1
            if clause.ending(who) is None:
                return None  # "the plan, which calls for"
        elif unit.cue is not None:
            sure *= 0.7
            words += 1
        elif unit.kind in ("word", "cap", "preposition"):
            words += 1
            sure *= 0.93 if unit.kind != "preposition" else 0.97
        i -= 1
    return None


def _earliest(clause: Clause, phrase: Phrase) -> Phrase:
    """With a verb between, the subject is the first free phrase of the clause ("Iran bombed it and said")."""
    for other in clause.phrases:
        if other.first >= phrase.first:
            break
        between = clause.units[other.last : phrase.first]
        if clause.quoted(clause.units[other.first].start):
            continue
        if (
            other.can_speak
            and not other.governed
            and not any(
                u.kind in ("subordinator", "semicolon", "colon") or u.low in clause.grammar.stops for u in between
            )
        ):
            return other
    return phrase


def _last(clause: Clause, k: int) -> Saying | None:
    """The saying whose subject the verb at k shares: one that ends at this verb, else the last one near it."""
    at = clause.units[k].start
    own = [s for s in clause.found if s.rule not in (CALL, DONE)]
    ended = next((s for s in own if any(0 <= at - end <= 5 for _, end in s.content)), None)
    return ended or (own[-1] if own and at - own[-1].end < NEAR else None)


def _main(clause: Clause, k: int) -> tuple[Phrase, float] | None:
    """The subject of a participle ("..., calling for"): the last saying's, else the first free phrase."""
    if (last := _last(clause, k)) is not None:
        return last.speakers[0], last.sure * 0.9
    for phrase in clause.phrases:
        if phrase.first > k:
            break
        if not phrase.governed and phrase.can_speak and not clause.quoted(clause.units[phrase.first].start):
            return phrase, 0.7
    return None


def _over(clause: Clause, i: int) -> int:
    """From the comma that closes an insertion to the unit before the comma that opens it."""
    opener = {"close": "open", "comma": "comma", "dash": "dash"}[clause.units[i].kind]
    for j in range(i - 1, max(-1, i - 25), -1):
        unit = clause.units[j]
        if unit.kind == opener:
            nxt = clause.units[j + 1]
            inserted = opener != "comma" or nxt.kind in (
                "relative",
                "preposition",
                "determiner",
                "auxiliary",
                "conjunction",
            )
            verb = clause.grammar.participle(nxt.low) or clause.grammar.past(nxt.low)
            inserted = inserted or verb or nxt.role is not None
            return j - 1 if inserted else i - 1
        if unit.kind == "semicolon":
            break
    return i - 1


def _stop(clause: Clause, k: int) -> int:
    """Where the words that an act is about end: at "while", "after", a semicolon; at "as" before a new subject."""
    units = clause.units
    for i in range(k + 1, len(units)):
        unit = units[i]
        if unit.kind in ("semicolon", "contrast") or _next_verb(clause, i):
            return unit.start
        if unit.low in clause.grammar.stops and (unit.kind != "subordinator" or clause.starting(i + 1) is not None):
            return unit.start
    return clause.end


def _said(clause: Clause, k: int) -> int:
    """Where the words that are said end: at an afterthought behind a comma (", ahead of a vote", ", adding")."""
    units, comma = clause.units, False
    for i in range(k + 1, len(units)):
        unit = units[i]
        after = comma and i > k + 1
        comma = unit.kind == "comma" or (comma and unit.kind == "mark")
        if clause.quoted(unit.start):
            continue
        if unit.kind == "semicolon" or (after and unit.low in clause.grammar.afterthoughts) or _next_verb(clause, i):
            return unit.start
    return clause.end


def _next_verb(clause: Clause, i: int) -> bool:
    """Whether the subject's next verb begins here: "and called for", ", adding"."""
    units, unit = clause.units, clause.units[i]
    if clause.quoted(unit.start):
        return False
    if unit.kind == "conjunction":
        after = units[i + 1] if i + 1 < len(units) else unit
        return after.cue is not None and clause.grammar.past(after.low)
    before = units[i - 1].kind if units[i - 1].kind != "mark" else units[i - 2].kind
    return unit.cue is not None and clause.grammar.participle(unit.low) and before == "comma"


def _content(clause: Clause, k: int, subject: int, says: bool) -> tuple[Range, ...]:
    """What is said: after the cue; and before the subject where a comma or a quotation ends there ("…", X said)."""
    after = (clause.units[k].end, _said(clause, k) if says else _stop(clause, k))
    if not says:
        first = next((n for n, u in enumerate(clause.units) if u.start >= subject), 0)
        relative = first > 0 and clause.units[first - 1].kind == "word"  # "the plan Hamas rejected on Monday"
        end = (
            relative or k + 1 == len(clause.units) or clause.units[k + 1].kind in ("comma", "mark", "semicolon", "dash")
        )
        return (
            (after,) if not end else ((clause.units[max(0, k - BEFORE)].start, subject),)
        )  # "a demand that X rejects"
    first = next((n for n, u in enumerate(clause.units) if u.start >= subject), 0)
    closing = clause.units[first - 1] if first else None
    ends = closing is not None and (closing.kind in ("comma", "dash") or closing.low in ('"', "'", "…", "?"))
    rest = [
        u
        for u in clause.units[k + 1 :]
        if u.kind not in ("adverb", "mark", "comma", "preposition", "determiner", "name", "close")
    ]
    if not (ends or not rest) or first == 0:
        return (after,)
    begin = min([clause.start, *(q.start for q in clause.quotes if q.start < clause.start < q.end)])
    lead = next((u for u in clause.units if u.start < subject), None)
    if lead is not None and ends and closing is not None and closing.kind == "comma" and _adverbial(clause, first):
        return (after,)
    return ((begin, subject), after)


def _adverbial(clause: Clause, first: int) -> bool:
    """Whether the words before the comma are but an opening ("At a meeting in Cairo, ...")."""
    lead = clause.units[0]
    return lead.kind in ("preposition", "subordinator") or clause.grammar.participle(lead.low) or first <= 3


def _according(clause: Clause, k: int) -> None:
    phrase = clause.starting(k + 1)
    if phrase is not None and phrase.can_speak:
        _add(
            clause,
            k,
            COLON,
            phrase,
            ((clause.start, clause.units[k].start), (clause.units[phrase.last - 1].end, clause.end)),
            0.85,
            "according to",
        )


def _headline(clause: Clause) -> None:
    """ "Zelensky: no land for peace", "No truce before release: minister"."""
    units = clause.units
    for k, unit in enumerate(units):
        if unit.kind not in ("colon", "dash") or clause.quoted(unit.start) or not 0 < k < len(units) - 1:
            continue
        first, last = clause.starting(0), clause.starting(k + 1)
        if unit.kind == "colon" and first is not None and first.last == k and _named(first):
            _add(clause, k, COLON, first, ((unit.end, clause.end),), 0.85, "speaker before a colon")
        elif last is not None and last.last >= len(units) and _named(last):
            _add(clause, k, COLON, last, ((clause.start, unit.start),), 0.85, "speaker after the words")


def _named(phrase: Phrase) -> bool:
    names = phrase.names
    return (
        phrase.can_speak
        and not phrase.pronoun
        and (phrase.role is not None or any(n.actor is not None and n.actor.kind != "state" for n in names))
    )
