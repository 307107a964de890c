"""The noun phrases of a sentence that can be a speaker: heads, and what belongs to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.analysis.lexicon import Role
from bot.analysis.match import Name
from bot.analysis.units import Grammar, Unit

PRONOUNS = ("pronoun_m", "pronoun_f", "pronoun_it", "pronoun_they", "pronoun_we")
UNNAMED = ("crowd", "person")
BEGINS = frozenset(("determiner", "number", "name", "cap", "title", *PRONOUNS))
HELPERS = ("adverb", "auxiliary", "negation")  # what may stand between a subject and its verb


@dataclass(slots=True, eq=False)
class Phrase:
    """A noun phrase: units [first, last). `group` holds it and all phrases joined to it by "and" or commas."""

    first: int
    last: int
    units: list[Unit]
    governed: bool = False
    group: list["Phrase"] = field(default_factory=list)
    owner: "Phrase | None" = None  # "of the Central Bank", "in Gaza"
    # What the units tell, see `take`.
    names: list[Name] = field(init=False)  # in order
    role: Role | None = field(init=False)  # its last role noun
    caps: list[Unit] = field(init=False)  # capitalised words that the lexicon does not know
    pronoun: str = field(init=False)  # m, f, it, they, we or dropped for a pronoun, else ""

    def __post_init__(self) -> None:
        self.take(self.units)

    def take(self, units: list[Unit]) -> None:
        """Consist of these units; nothing else sets them, as what they tell is read here once."""
        self.units = units
        self.names = [u.name for u in units if u.name is not None]
        self.caps = [u for u in units if u.kind == "cap"]
        self.role = None
        for unit in units:
            self.role = unit.role or self.role
        kind = units[0].kind
        self.pronoun = kind.removeprefix("pronoun_") if kind.startswith("pronoun_") else ""

    @property
    def can_speak(self) -> bool:
        """Whether it names someone who can act: not a bare place, nationality or crowd."""
        if self.pronoun:
            return True
        role = self.role
        if role is not None:
            return role.kind not in UNNAMED
        last = self.units[-1]
        if last.name is not None:
            return last.name.actor is not None and not last.name.adjective
        return bool(self.caps)

    @property
    def can_tell(self) -> bool:
        """Whether it may be the subject of "said": also residents and unnamed sources, who are no actors."""
        return self.can_speak or (self.role is not None and self.role.kind in UNNAMED)


def phrases(units: list[Unit], grammar: Grammar, *, capitals: bool) -> list[Phrase]:
    """The noun phrases of a sentence, in order. `capitals`: whether capitals mark names."""
    found: list[Phrase] = []
    i = 0
    while i < len(units):
        unit = units[i]
        begins = unit.kind in BEGINS or unit.modifier or unit.role is not None
        phrase = _phrase(units, i, grammar, capitals) if begins else None
        if phrase is None and not i and unit.kind == "cap" and capitals and _told_of(units, grammar):
            phrase = Phrase(0, 1, units[:1])
        if phrase is None:
            i += 1
            continue
        phrase.governed = _governed(units, phrase.first) or _oblique(phrase) or _source(phrase, units, grammar)
        found.append(phrase)
        i = phrase.last
    return found


def subject_of(found: Sequence[Phrase]) -> Phrase | None:
    """The subject of a sentence in which nobody speaks: its first phrase that no preposition governs."""
    return next((p for p in found if not p.governed and not p.pronoun and p.can_speak), None)


def _phrase(units: list[Unit], first: int, grammar: Grammar, capitals: bool) -> Phrase | None:
    head, i = -1, first
    if not first and units[0].kind == "cap" and _opening(units, grammar):
        return None
    if units[first].kind in PRONOUNS:
        return Phrase(first, first + 1, units[first : first + 1])
    led = False  # a determiner, a nationality or an owner came before: more words may belong
    while i < len(units):
        unit = units[i]
        if unit.kind in ("determiner", "number"):
            if head >= 0 and units[i - 1].kind not in ("possessive", "determiner", "number"):
                break
            led = True
        elif unit.kind == "name" and i > first and head == i - 1 and _next_subject(units, first, i, grammar):
            break  # "told the BBC Chad would": another's name
        elif unit.kind == "name":
            head, led = i, led or (unit.name is not None and unit.name.adjective)
        elif unit.kind == "cap" and i > first and _known_person(units[i - 1]) and unit.low not in grammar.younger:
            break  # "says Kallas Trucks reached": the next heading
        elif _is_head(units, i, first, capitals):
            head = i
        elif unit.kind == "possessive" and head == i - 1 and head >= 0:
            led = True
        elif not _belongs(units, i, led, head):
            break
        i += 1
    if head < 0:
        return None
    last = head + 1
    phrase = Phrase(first, last, units[first:last])
    if last + 2 < len(units) and units[last].kind == "open":
        close = next((k for k in range(last + 1, min(last + 6, len(units))) if units[k].kind == "close"), -1)
        phrase.last = close + 1 if close > 0 else last
    _bridge(phrase, units, grammar, capitals)
    return phrase


def _next_subject(units: list[Unit], first: int, i: int, grammar: Grammar) -> bool:
    """Whether the name at i, its verb behind it, has nothing to do with the noun before it ("tells UN Chad will")."""
    name, before = units[i].name, units[i - 1]
    if name is None or name.actor is None or name.adjective or name.actor.kind == "person" or i + 1 >= len(units):
        return False
    if grammar.behind:
        return False  # "sagt, dass die EU Serbien"
    after = units[i + 1]
    verb = after.kind in ("auxiliary", "negation") or (after.kind == "cue" and grammar.past(after.low))
    heard = first > 0 and units[first - 1].low in grammar.hearing
    apart = before.name is not None and not before.name.adjective
    outlet = before.role is not None and before.role.kind == "crowd"
    return verb and before.kind != "possessive" and (heard or apart or outlet) and not before.modifier


def _is_head(units: list[Unit], i: int, first: int, capitals: bool) -> bool:
    """A role noun; or an unknown capitalised word, unless it only begins the sentence."""
    unit = units[i]
    if unit.role is not None and (unit.kind == "role" or unit.modifier):
        return True
    return unit.kind == "cap" and capitals and not (i == first and first == 0 and not _next_is_name(units, i))


def _opening(units: list[Unit], grammar: Grammar) -> bool:
    """Whether the first word is a verb that leads to a name: "Addressing Zelensky, ..."."""
    after = units[1].name if len(units) > 1 else None
    return after is not None and grammar.participle(units[0].low)


def _told_of(units: list[Unit], grammar: Grammar) -> bool:
    """Whether the first word must be a name, as something is told of it: "Reyes, who", "Reyes, speaking in Lima"."""
    after = units[2] if len(units) > 2 and units[1].kind == "comma" else None
    return after is not None and (after.kind == "relative" or (after.cue is None and grammar.participle(after.low)))


def _known_person(unit: Unit) -> bool:
    return unit.name is not None and unit.name.actor is not None and unit.name.actor.kind == "person"


def _belongs(units: list[Unit], i: int, led: bool, head: int) -> bool:
    """A word that may stand before the head: a title, a known modifier, or any word between "the" and a role."""
    unit = units[i]
    if unit.kind == "title" or unit.modifier:
        return True
    if unit.kind == "cue":
        return led and head < 0 and _before_role(units, i, 1)
    return unit.kind in ("word", "cap", "adverb") and led and _before_role(units, i, 2)


def _next_is_name(units: list[Unit], i: int) -> bool:
    """Whether a name goes on, or its verb follows ("Reyes also said"): so the first word is one, too."""
    j = i + 1
    while j < len(units) and units[j].kind in HELPERS:
        j += 1
    if j >= len(units):
        return False
    cue = units[j].cue
    says = cue is not None and cue.kind != "act" and units[j].kind == "cue"
    return says or (j == i + 1 and units[j].kind in ("cap", "cue", "name"))


def _before_role(units: list[Unit], i: int, far: int) -> bool:
    return any(u.role is not None for u in units[i + 1 : i + 1 + far]) and all(
        u.kind in ("word", "cap", "role", "cue", "adverb") or u.modifier
        for u in units[i + 1 : i + 1 + far]
        if u.role is None
    )


def _bridge(phrase: Phrase, units: list[Unit], grammar: Grammar, capitals: bool) -> None:
    """ "leaders of the Arab League", "the ambassador to France": the second phrase belongs to the first."""
    at = phrase.last
    if phrase.role is None or at + 1 >= len(units):
        return
    by = phrase.role.kind == "paper" and units[at].low in grammar.by  # "a statement by the chancellor"
    if units[at].low not in grammar.bridges and not by:
        return
    last = units[phrase.last - 1].name
    if last is not None and not last.adjective and units[at].low != "of":
        return
    owner = _phrase(units, at + 1, grammar, capitals)
    if owner is None and last is not None and units[at + 1].modifier:
        phrase.last = at + 2  # "el ministro turco de Exteriores"
    if owner is None or owner.pronoun:
        return
    phrase.owner, phrase.last = owner, owner.last
    who = next((i for i, u in enumerate(owner.units) if i and names_person(u) and _is_place(owner.units[i - 1])), 0)
    if who:  # "the envoy to Cyprus Maria Holguin": the name is the envoy's
        phrase.take([*phrase.units, *owner.units[who:]])
        owner.take(owner.units[:who])


def names_person(unit: Unit) -> bool:
    """Whether a word is a known person's name, or one that no list holds."""
    known = unit.name is not None and unit.name.actor is not None and unit.name.actor.kind == "person"
    return known or unit.kind == "cap"


def _is_place(unit: Unit) -> bool:
    return unit.name is not None and not unit.name.adjective and not names_person(unit)


def _governed(units: list[Unit], first: int) -> bool:
    return first > 0 and units[first - 1].kind in ("preposition", "source")


def _source(phrase: Phrase, units: list[Unit], grammar: Grammar) -> bool:
    """ "Kremlin'e göre": the one according to whom, where such a word stands behind."""
    return phrase.last < len(units) and units[phrase.last].low in grammar.trailing


def _oblique(phrase: Phrase) -> bool:
    """Whether the case of its first noun says that it is no subject."""
    if not any(n.oblique for n in phrase.names):
        return False
    nouns = (u for u in phrase.units if u.role is not None or u.kind == "cap" or u.name is not None)
    head = next((u for u in nouns if u.name is None or not u.name.adjective), None)
    if head is None or head.name is None or not head.name.oblique:
        return False
    return not any(u.role is not None and u.start > head.start for u in phrase.units)  # "Kolumbiens Präsident"
