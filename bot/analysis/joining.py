"""Phrases that are one, or stand together: a post and who holds it, and what "and" joins."""

from itertools import pairwise

from bot.analysis.phrase import Phrase, names_person
from bot.analysis.units import Grammar, Unit

VERBAL = ("cue", "auxiliary")
JOINS = (["conjunction"], ["comma", "conjunction"], ["dash"])


def join(found: list[Phrase], units: list[Unit], grammar: Grammar) -> list[Phrase]:
    """A sentence's phrases, those that mean one put together, the others in their groups."""
    _portfolios(found, units)
    _apposition(found, units, grammar)
    _groups(found, units, grammar)
    return found


def _portfolios(found: list[Phrase], units: list[Unit]) -> None:
    """ "Defence and Housing Minister Carla Reyes", "Deputy Premier and Defence Minister Reyes": one phrase."""
    for a, b in reversed(list(pairwise(found))):
        if units[a.last : a.last + 1] != units[b.first - 1 : b.first] or units[a.last].kind != "conjunction":
            continue
        named = b.role is not None and b.role.kind == "office" and names_person(b.units[-1])
        post = a.role is not None and a.role.kind == "office" and not a.names and not a.caps
        branch = len(a.units) == 1 and bool(a.caps) and b.units[0].kind == "cap" and b.role is not None
        if named and not a.pronoun and a.units[0].kind != "determiner" and (post or branch):
            a.take([*a.units, units[a.last], *b.units])
            a.owner, a.last = a.owner or b.owner, b.last
            found.remove(b)


def _apposition(found: list[Phrase], units: list[Unit], grammar: Grammar) -> None:
    """ "The chancellor, Olaf Scholz, said", "Olaf Scholz, the chancellor, said": one phrase."""
    for a, b in reversed(list(pairwise(found))):
        if b.first != a.last + 1 or units[a.last].kind != "comma" or a.pronoun or b.pronoun:
            continue
        after = units[b.last].kind if b.last < len(units) else "comma"
        role, name = (a, b) if a.role else (b, a)
        post = role.role
        if post is None or post.kind not in ("office", "voice", "official") or name.role is not None or _person(role):
            continue
        ends = ("comma", "mark") if role is a else ("comma", "cue", "auxiliary", "relative", "mark", "preposition")
        opening = a.governed or _object(a, units, grammar)
        closed = after in ends and not (opening and after in VERBAL)  # "In a post on X, the minister said"
        if closed and (_person(name) or name.caps) and units[b.first].kind != "number":
            a.take([*a.units, units[b.first - 1], *b.units])
            a.owner = a.owner or b.owner
            a.last = b.last + (1 if b.last < len(units) and units[b.last].kind == "comma" else 0)
            found.remove(b)


def _object(phrase: Phrase, units: list[Unit], grammar: Grammar) -> bool:
    """ "Addressing the UN, Chad said", "After meeting Reyes, the minister said": of what an opening is about."""
    return phrase.first > 0 and grammar.participle(units[phrase.first - 1].low)


def _spoke(phrase: Phrase, units: list[Unit], grammar: Grammar) -> bool:
    """ "Am Freitag sagte Reyes, Chile habe": who stands behind his verb; the comma begins what he says."""
    cue = units[phrase.first - 1].cue if phrase.first and grammar.behind else None
    return cue is not None and cue.kind == "say"


def _person(phrase: Phrase) -> bool:
    return any(n.actor is not None and n.actor.kind == "person" for n in phrase.names)


def _groups(found: list[Phrase], units: list[Unit], grammar: Grammar) -> None:
    """Join "A, B and C". A comma alone joins only where no preposition leads ("In Cairo, Hamas said" is no pair).

    Nor where the verb comes last, and the comma parts the subject from the rest.
    """
    for phrase in found:
        phrase.group = [phrase]
    for a, b in pairwise(found):
        if not 1 <= b.first - a.last <= 2:
            continue
        between = [u.kind for u in units[a.last : b.first]]
        spaced = b.last >= len(units) and units[a.last].start > units[a.last - 1].end
        joined = between in JOINS and not (between == ["dash"] and spaced)  # "No truce with Chad - Kenya"
        bare = a.role is None and b.role is None and b.units[0].kind in ("name", "cap") and not a.governed
        bare = bare and not grammar.last and not _object(a, units, grammar) and not _spoke(a, units, grammar)
        listed = between == ["comma"] and (bare or _enumerated(b, units))
        owns = b.last < len(units) and units[b.last].kind == "possessive"  # "Chad, Niger's only ally"
        listed = listed and units[a.first - 1].kind != "source"  # "According to Chad, Niger must"
        if (joined or listed) and a.can_speak and b.can_speak and not owns:
            a.group.append(b)
            b.group, b.governed = a.group, a.governed


def _enumerated(phrase: Phrase, units: list[Unit]) -> bool:
    """Whether "and" follows the phrase, so that the comma before it is one of a list."""
    rest = [u.kind for u in units[phrase.last : phrase.last + 2]]
    return rest[:1] == ["conjunction"] or rest == ["comma", "conjunction"]
