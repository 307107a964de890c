"""Whose a name is: "Melania Trump" and "Donald Trump Jr" are others; "neighbours India and Pakistan" are themselves."""

from collections.abc import Mapping, Sequence, Set

from bot.analysis.lexicon import Actor
from bot.analysis.phrase import Phrase
from bot.analysis.text import View, unified
from bot.analysis.units import Unit


def namesake(
    phrase: Phrase, unit: Unit, actor: Actor, forenames: Mapping[str, Sequence[str]], view: View
) -> Unit | None:
    """The first name of somebody else who bears a known surname ("Melania Trump"), None for the known one's."""
    at = phrase.units.index(unit)
    first = phrase.units[at - 1] if at else None
    if first is None or first.kind != "cap" or first.end + 1 != unit.start or " " in unit.low:
        return None
    if view.plain[first.start : first.end].isupper():
        return None  # an outlet before him: "в интервью BBC Зеленский"
    names = unified(f"{actor.name} {' '.join(actor.aliases)}").lower().split()
    # A name may be spelled in many ways (Volodymyr, Wolodymyr), but hardly with nothing in common.
    firsts = (*names[:1], *forenames.get(actor.name, ()))
    same = first.low in names or any(n[:1] == first.low[:1] or n[-3:] == first.low[-3:] for n in firsts)
    starts = actor.name.startswith(view.plain[unit.start : unit.end])  # "Xi", of the language's order
    return None if same or starts else first


def junior(phrase: Phrase, unit: Unit, younger: Set[str]) -> Unit | None:
    """The "Jr" behind a known name that does not have it."""
    at = phrase.units.index(unit) + 1
    after = phrase.units[at] if at < len(phrase.units) else None
    return after if after is not None and after.low.rstrip(".") in younger else None


def names_itself(phrase: Phrase) -> bool:
    """Whether a noun of many stands before the name of one of them ("neighbours India and Pakistan")."""
    role, name = phrase.role, phrase.units[-1].name
    many = role is not None and role.kind in ("sides", "group", "official") and phrase.owner is None
    return many and len(phrase.units) > 1 and name is not None and name.actor is not None and not name.adjective
