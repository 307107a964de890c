"""Who says what in one sentence: each cue, the phrases that are its subject, and the words it is about."""

from collections.abc import Sequence
from dataclasses import replace

from bot.analysis.clause import CLOSING, Clause, Range, Saying, acted, content, promised, stop, undergone
from bot.analysis.lexicon import Cue
from bot.analysis.phrase import Phrase
from bot.analysis.subject import CALL, DONE, agent, behind, dropped, inverted, owner, subject
from bot.analysis.units import APART, Unit

COLON = Cue((), "say")
TITLED = 5  # words of a post in a case that no role is listed in, before a name
PARTING = ("comma", "colon", "semicolon", "mark", "subordinator", "contrast", "relative")
BETWEEN = ("word", "determiner", "preposition", "number")


def sayings(clause: Clause) -> list[Saying]:
    """Every saying of the sentence, in order of appearance."""
    _headline(clause)
    for k, unit in enumerate(clause.units):
        tells = unit.cue is not None or unit.kind == "source" or unit.start in clause.deeds
        if not tells or clause.quoted(unit.start):
            continue
        if unit.kind == "source":
            _according(clause, k)
        elif unit.start in clause.deeds and clause.covering(k) is None:
            _cue(clause, k, Cue((), "deed"))
        elif unit.cue is not None and clause.covering(k) is None:
            _cue(clause, k, unit.cue)
    return clause.found


def _cue(clause: Clause, k: int, cue: Cue) -> None:
    units = clause.units
    if cue.kind == "either":
        says = _clause_follows(clause, k) or _trails(clause, k)
        cue = Cue(cue.forms, "say", leaning=cue.stance) if says else replace(cue, kind="act")
    if (doer := agent(clause, k)) is not None:
        _add(clause, k, cue, doer, undergone(clause, k), 0.85, DONE)
    elif k and units[k - 1].low in clause.grammar.infinitives and (_matrix(clause, k) or _attempt(clause, k, cue)):
        return
    elif _is_noun(clause, k):
        whose = owner(clause, k)
        if whose is not None and cue.kind == "act":
            _add(clause, k, cue, whose, ((units[k].end, stop(clause, k)),), 0.75, CALL)
    elif (after := inverted(clause, k, cue)) is not None:
        about = (content if cue.kind == "say" else acted)(clause, k, after)
        _add(clause, k, cue, after, about, 0.95, "words before the cue")
    elif not _passive(clause, k):
        _active(clause, k, cue)


def _active(clause: Clause, k: int, cue: Cue) -> None:
    found = subject(clause, k) or behind(clause, k) or dropped(clause, k)
    if found is None:
        return
    phrase, sure = found
    first = phrase.group[0].first
    lead = clause.units[first - 1].low if 0 < first < k else ""
    if _hearsay(clause, first):
        return
    if lead in clause.grammar.asked or (_consents(clause, k, cue) and _retold(clause, lead, k)):
        return  # "how Ukraine intends to", "if Hamas rejects it", "after both sides agreed to a truce": no news
    if cue.kind == "say" and (_leaves_open(clause, k) or _mentions(clause, k) or not _speaks(clause, first, k)):
        return
    if cue.kind == "act" and (_question(clause) or _blamed(clause, k) or _possible(clause, first, k)):
        return
    if cue.kind == "act" and _mediates(clause, phrase, k):
        return
    about = content if cue.kind == "say" and not promised(clause, k) else acted
    _add(clause, k, cue, phrase, about(clause, k, phrase), sure, "subject and cue")


def _consents(clause: Clause, k: int, cue: Cue) -> bool:
    """Whether an act agrees to something or recognises somebody."""
    return cue.stance in ("agree", "recognise") or clause.units[k].low.startswith(clause.grammar.recognising)


def _retold(clause: Clause, lead: str, k: int) -> bool:
    """Whether an agreement only dates something; a headline's "after both sides agree", in the present, is news."""
    return lead in clause.grammar.retold and f"{lead} {clause.units[k].low}" not in clause.grammar.newly


def _hearsay(clause: Clause, first: int) -> bool:
    """ "reports that Hamas had accepted", "hopes that Israel will agree": nobody is said to have done it."""
    units = clause.units
    that = first - 1 if first and units[first - 1].kind == "subordinator" else -1
    return that > 0 and units[that - 1].low in clause.grammar.hearsay


def _leaves_open(clause: Clause, k: int) -> bool:
    """ "did not say whether he would": nothing was said."""
    units = clause.units
    open_ = k + 1 < len(units) and units[k + 1].low in clause.grammar.asked
    return open_ and any(u.kind == "negation" for u in units[max(0, k - 3) : k])


def _mediates(clause: Clause, phrase: Phrase, k: int) -> bool:
    """ "envoys seek a truce", "diplomats pressed on": their work, and nobody's position."""
    seeks = clause.units[k].low.partition(" ")[0] in clause.grammar.seeking
    return seeks and phrase.units[-1].low in clause.grammar.mediators


def _mentions(clause: Clause, k: int) -> bool:
    """ "noting the peace plan": a thing is named, and nothing said of it."""
    return clause.units[k].low in clause.grammar.mentions and not _clause_follows(clause, k)


def _speaks(clause: Clause, first: int, k: int) -> bool:
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


def _question(clause: Clause) -> bool:
    """ "Will Putin accept a ceasefire?": it is the outlet that asks."""
    units = clause.units
    return bool(units) and units[0].kind == "auxiliary" and units[-1].low.endswith("?")


def _possible(clause: Clause, subject: int, k: int) -> bool:
    """ "could accept the truce", "might talk and extend it": he has not, so far."""
    grammar, low = clause.grammar, clause.units[k].low
    bare = not (grammar.past(low) or grammar.participle(low) or low.partition(" ")[0].endswith("s"))
    between = clause.units[subject if subject < k else k : k]
    return bare and any(u.low in grammar.possible and not clause.quoted(u.start) for u in between)


def _blamed(clause: Clause, k: int) -> bool:
    """ "should have accepted the truce": he did not."""
    before = " ".join(u.low for u in clause.units[max(0, k - 3) : k])
    return any(before.endswith(words) for words in clause.grammar.blamed)


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


def _trails(clause: Clause, k: int) -> bool:
    """Whether the words said stand before subject and verb: "..., they announced on Telegram"."""
    units = clause.units
    phrase = clause.covering(k - 1)
    first = phrase.group[0].first if phrase is not None else 0
    if not first or units[first - 1].kind not in ("comma", "mark"):
        return False
    return k + 1 < len(units) and units[k + 1].kind in ("preposition", "adverb")


def _add(clause: Clause, k: int, cue: Cue, phrase: Phrase, about: Sequence[Range], sure: float, rule: str) -> None:
    units, unit = clause.units, clause.units[k]
    start = units[phrase.first].start
    near = [u for u in units[max(0, k - 4) : k] if u.start >= start or phrase.first >= k]
    clause.found.append(
        Saying(
            cue,
            unit.start,
            clause.deeds.get(unit.start, unit.end) if cue.kind == "deed" else unit.end,
            speakers=tuple(p for p in phrase.group if p.can_speak) or (phrase,),
            content=tuple(c for c in about if c[0] < c[1]),
            negated=any(_negates(clause, u) for u in near) or _negated_behind(clause, k),
            modal=next((u.low for u in reversed(near) if u.low in clause.grammar.modals), ""),
            sure=sure,
            rule=rule,
        )
    )


def _negates(clause: Clause, unit: Unit) -> bool:
    """Whether a unit before a cue negates it; one behind a comma ("Xi, not Putin, is blocking") is another's."""
    if unit.kind != "negation":
        return False
    at = clause.units.index(unit)
    return not at or clause.units[at - 1].kind != "comma"


def _negated_behind(clause: Clause, k: int) -> bool:
    """ "stimmt einer Waffenruhe nicht zu": the negation stands behind its verb, where the grammar has it so."""
    units = clause.units
    for i in range(k + 1, min(k + APART, len(units)) if clause.grammar.denied_behind else 0):
        if units[i].kind in PARTING:
            return False
        if units[i].kind == "negation" and not clause.quoted(units[i].start):
            return i + 1 == len(units) or units[i + 1].low not in clause.grammar.merely
    return False


def _passive(clause: Clause, k: int) -> bool:
    """ "is recognised as", "was rejected", a headline's "accused of": what is done to the subject, not by it."""
    after = clause.units[k + 1].low if k + 1 < len(clause.units) else ""
    if f"{clause.units[k].low} {after}" in clause.grammar.undergone:
        return True
    i = k - 1
    while i >= 0 and clause.units[i].kind == "adverb":
        i -= 1
    low = clause.units[k].low
    return i >= 0 and clause.units[i].low in clause.grammar.passives and clause.grammar.past(low) and " " not in low


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
    """ "scrambled to renew the truce", "a resolution to demand one": work on it; "X to renew it" is a plan."""
    before = clause.covering(k - 2)
    draft = before is not None and before.role is not None and before.role.kind == "paper"
    return draft or (cue.stance == "agree" and before is None)


def _is_noun(clause: Clause, k: int) -> bool:
    if not k:
        return False
    unit, before = clause.units[k], clause.units[k - 1]
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
        return True
    verb = clause.grammar.participle(before.low) or clause.grammar.past(before.low)
    if before.kind == "word" and before.cue is None and verb and not before.modifier and not clause.grammar.behind:
        return True  # "raising hopes of"
    act = unit.cue is not None and unit.cue.kind == "act" and not clause.grammar.behind
    if act and before.kind == "cap" and "-" in before.low:
        return True  # "a US-led push for"
    return act and before.kind == "word" and not before.modifier and before.cue is None  # "growing calls for"


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


def _according(clause: Clause, k: int) -> None:
    trails = clause.units[k].low in clause.grammar.trailing
    phrase = clause.covering(k - 1) if trails else _whose_words(clause, k)
    if phrase is None or not phrase.can_tell:
        return
    units = clause.units
    first, last = min(units[k].start, units[phrase.first].start), max(units[k].end, units[phrase.last - 1].end)
    _add(clause, k, COLON, phrase, ((clause.start, first), (last, clause.end)), 0.85, "according to")


def _whose_words(clause: Clause, k: int) -> Phrase | None:
    units, i = clause.units, k + 1
    last = min(k + (TITLED if clause.grammar.behind else 2), len(units) - 1)
    while i < last and clause.starting(i) is None and units[i].kind in BETWEEN:
        i += 1  # words between: "по словам пресс-секретаря главы МИД"
    return clause.starting(i)


def _headline(clause: Clause) -> None:
    """ "Zelensky: no land for peace", "No truce before release: minister"."""
    units = clause.units
    for k, unit in enumerate(units):
        if unit.kind not in ("colon", "dash") or clause.quoted(unit.start) or not 0 < k < len(units) - 1:
            continue
        first, last = clause.starting(0), clause.starting(k + 1)
        quoting = units[k + 1].low == '"' and first is not None and first.can_speak  # "Moscow: “no truce”"
        alone = first is not None and first.last == k and (quoting or _named(first))
        if unit.kind == "colon" and first is not None and (alone or _addressed(clause, first, k)):
            _add(clause, k, COLON, first, ((unit.end, clause.end),), 0.85, "speaker before a colon")
        elif last is not None and last.last >= len(units) and _named(last):
            _add(clause, k, COLON, last, ((clause.start, unit.start),), 0.85, "speaker after the words")


def _addressed(clause: Clause, first: Phrase, colon: int) -> bool:
    """ "Denmark to US: ...": a state speaks, and no place is named ("Israel: 20 killed")."""
    heard = clause.starting(first.last + 1)
    to = clause.units[first.last].low in clause.grammar.infinitives
    return to and first.can_speak and heard is not None and heard.last == colon and heard.can_speak


def _named(phrase: Phrase) -> bool:
    names = phrase.names
    return (
        phrase.can_speak
        and not phrase.pronoun
        and (phrase.role is not None or any(n.actor is not None and n.actor.kind != "state" for n in names))
    )
