"""Who says what in one sentence: each cue, the phrases that are its subject, and the words it is about."""

from collections.abc import Sequence
from dataclasses import replace

from bot.analysis.begin import verb_follows
from bot.analysis.clause import Clause, Range, Saying
from bot.analysis.content import acted, content, promised, stop, undergone
from bot.analysis.lexicon import Cue
from bot.analysis.owner import agent, owner
from bot.analysis.phrase import Phrase
from bot.analysis.subject import CALL, DONE, behind, dropped, inverted, subject
from bot.analysis.units import APART, Unit
from bot.analysis.verbs import (
    attempt,
    blamed,
    clause_follows,
    is_noun,
    leaves_open,
    matrix,
    mentions,
    passive,
    possible,
    question,
    speaks,
    told,
    trails,
)

COLON = Cue((), "say")
TITLED = 5  # words of a post in a case that no role is listed in, before a name
PARTING = ("comma", "colon", "semicolon", "mark", "subordinator", "contrast", "relative")
ON = 8  # units of what is spoken about, before a colon
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
        says = clause_follows(clause, k) or trails(clause, k)
        cue = Cue(cue.forms, "say", leaning=cue.stance) if says else replace(cue, kind="act")
    if (doer := agent(clause, k)) is not None:
        _add(clause, k, cue, doer, undergone(clause, k), 0.85, DONE)
    elif k and units[k - 1].low in clause.grammar.infinitives and (matrix(clause, k) or attempt(clause, k, cue)):
        return
    elif is_noun(clause, k):
        whose = owner(clause, k)
        if whose is not None and (cue.kind == "act" or told(clause, k)):
            _add(clause, k, cue, whose, ((units[k].end, stop(clause, k)),), 0.75, CALL)
    elif (after := inverted(clause, k, cue)) is not None:
        about = (content if cue.kind == "say" else acted)(clause, k, after)
        _add(clause, k, cue, after, about, 0.95, "words before the cue")
    elif not passive(clause, k):
        _active(clause, k, cue)


def _active(clause: Clause, k: int, cue: Cue) -> None:
    found = subject(clause, k) or behind(clause, k) or dropped(clause, k)
    if found is None:
        return
    phrase, sure = found
    first = phrase.group[0].first
    lead = clause.units[first - 1].low if 0 < first < k else ""
    if _hearsay(clause, first) or _quotes_another(clause, k):
        return
    if lead in clause.grammar.asked or (_consents(clause, k, cue) and _retold(clause, lead, k)):
        return  # "how Ukraine intends to", "if Hamas rejects it", "after both sides agreed to a truce": no news
    if cue.kind == "say" and (leaves_open(clause, k) or mentions(clause, k) or not speaks(clause, first, k)):
        return
    if cue.kind != "say" and question(clause):
        return
    if cue.kind == "act" and (blamed(clause, k) or possible(clause, first, k)):
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


def _quotes_another(clause: Clause, k: int) -> bool:
    """ "The agency cited Carla Reyes as saying": it is she who says it."""
    whom = clause.starting(k + 1) if clause.units[k].low in clause.grammar.quoting else None
    last = whom.group[-1].last if whom is not None else len(clause.units)
    return last < len(clause.units) and clause.units[last].low in clause.grammar.likening


def _hearsay(clause: Clause, first: int) -> bool:
    """ "reports that Hamas had accepted", "hopes that Israel will agree": nobody is said to have done it."""
    units = clause.units
    that = first - 1 if first and units[first - 1].kind == "subordinator" else -1
    return that > 0 and units[that - 1].low in clause.grammar.hearsay


def _mediates(clause: Clause, phrase: Phrase, k: int) -> bool:
    """ "envoys seek a truce", "diplomats pressed on": their work, and nobody's position."""
    seeks = clause.units[k].low.partition(" ")[0] in clause.grammar.seeking
    return seeks and phrase.units[-1].low in clause.grammar.mediators


def _add(clause: Clause, k: int, cue: Cue, phrase: Phrase, about: Sequence[Range], sure: float, rule: str) -> None:
    units, unit = clause.units, clause.units[k]
    start = units[phrase.first].start
    near = [u for u in units[max(0, k - 4) : k] if u.start >= start or phrase.first >= k]
    if cue.kind == "act" and any(u.low in clause.grammar.undone for u in near):
        return  # "stopped short of calling for a truce": neither a call nor a refusal
    first = phrase.group[0].first
    near += units[first - 1 : first] if 0 < first < k and units[first - 1].low in clause.grammar.neither else []
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
        says = first is not None and first.can_speak and _clause_of(clause, k + 1, first)
        alone = first is not None and first.last == k and (says or _named(first))
        alone = alone and (unit.kind == "colon" or units[k + 1].kind == "mark")  # "Reyes - '...'"
        if first is not None and (alone or _addressed(clause, first, k)):
            _add(clause, k, COLON, first, ((unit.end, clause.end),), 0.85, "speaker before a colon")
        elif last is not None and last.last >= len(units) and (_named(last) or _clause_of(clause, 0, last)):
            _add(clause, k, COLON, last, ((clause.start, unit.start),), 0.85, "speaker after the words")


def _clause_of(clause: Clause, i: int, phrase: Phrase) -> bool:
    """Whether from unit i on a state's words stand: quoted, or of a verb; not so for a country ("Chad: 20 killed")."""
    units = clause.units
    if phrase.pronoun or (phrase.caps and phrase.role is None) or not phrase.can_speak:
        return False
    single = units[i].low == "'" and clause.quoted(units[min(i + 1, len(units) - 1)].start) is not None
    quoted = units[i].low == '"' or single
    names = phrase.names if phrase.role is None else []
    country = any(n.actor is not None and n.actor.name.lower() == phrase.units[-1].low for n in names)
    return quoted or (not country and verb_follows(clause, i))


def _addressed(clause: Clause, first: Phrase, colon: int) -> bool:
    """ "Denmark to US: ...": a state speaks, and no place is named ("Israel: 20 killed").

    So it does in "Denmark on the plan: '...'", where its words are quoted.
    """
    units = clause.units
    if units[colon].kind != "colon":
        return False
    quoted = units[colon + 1].kind == "mark" and units[first.last].kind in ("preposition", "subordinator")
    if (quoted or units[first.last].low in clause.grammar.told_of) and _clause_of(clause, colon + 1, first):
        return colon - first.last < ON  # "Denmark after the talks: '...'"
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
