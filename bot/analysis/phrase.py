"""The noun phrases of a sentence that can be a speaker: heads, what belongs to them, and what "and" joins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bot.analysis.lexicon import Role
from bot.analysis.match import Name
from bot.analysis.units import Grammar, Unit

PRONOUNS = ("pronoun_m", "pronoun_f", "pronoun_it", "pronoun_they", "pronoun_we")
UNNAMED = ("crowd", "person")
BEGINS = frozenset(("determiner", "number", "name", "cap", "title", *PRONOUNS))
HELPERS = ("adverb", "auxiliary", "negation")  # what may stand between a subject and its verb
JOINS = (["conjunction"], ["comma", "conjunction"], ["dash"])


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
    """The noun phrases of a sentence, in order, joined into groups. `capitals`: whether capitals mark names."""
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
    _portfolios(found, units)
    _apposition(found, units)
    _groups(found, units, grammar)
    return found


def subject_of(found: Sequence[Phrase]) -> Phrase | None:
    """The subject of a sentence in which nobody speaks: its first phrase that no preposition governs."""
    return next((p for p in found if not p.governed and not p.pronoun and p.can_speak), None)


def _phrase(units: list[Unit], first: int, grammar: Grammar, capitals: bool) -> Phrase | None:
    head, i = -1, first
    if units[first].kind in PRONOUNS:
        return Phrase(first, first + 1, units[first : first + 1])
    led = False  # a determiner, a nationality or an owner came before: more words may belong
    while i < len(units):
        unit = units[i]
        if unit.kind in ("determiner", "number"):
            if head >= 0 and units[i - 1].kind not in ("possessive", "determiner", "number"):
                break
            led = True
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


def _is_head(units: list[Unit], i: int, first: int, capitals: bool) -> bool:
    """A role noun; or an unknown capitalised word, unless it only begins the sentence."""
    unit = units[i]
    if unit.role is not None and (unit.kind == "role" or unit.modifier):
        return True
    return unit.kind == "cap" and capitals and not (i == first and first == 0 and not _next_is_name(units, i))


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
    if phrase.role is None or at + 1 >= len(units) or units[at].low not in grammar.bridges:
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
    who = next((i for i, u in enumerate(owner.units) if i and _names_person(u) and _is_place(owner.units[i - 1])), 0)
    if who:  # "the envoy to Cyprus Maria Holguin": the name is the envoy's
        phrase.take([*phrase.units, *owner.units[who:]])
        owner.take(owner.units[:who])


def _names_person(unit: Unit) -> bool:
    known = unit.name is not None and unit.name.actor is not None and unit.name.actor.kind == "person"
    return known or unit.kind == "cap"


def _is_place(unit: Unit) -> bool:
    return unit.name is not None and not unit.name.adjective and not _names_person(unit)


def _governed(units: list[Unit], first: int) -> bool:
    return first > 0 and units[first - 1].kind == "preposition"


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


def _portfolios(found: list[Phrase], units: list[Unit]) -> None:
    """ "Defence and Housing Minister Carla Reyes", "Deputy Premier and Defence Minister Reyes": one phrase."""
    for a, b in reversed(list(pairwise(found))):
        if units[a.last : a.last + 1] != units[b.first - 1 : b.first] or units[a.last].kind != "conjunction":
            continue
        named = b.role is not None and b.role.kind == "office" and _names_person(b.units[-1])
        post = a.role is not None and a.role.kind == "office" and not a.names and not a.caps
        branch = len(a.units) == 1 and bool(a.caps) and b.units[0].kind == "cap" and b.role is not None
        if named and not a.pronoun and a.units[0].kind != "determiner" and (post or branch):
            a.take([*a.units, units[a.last], *b.units])
            a.owner, a.last = a.owner or b.owner, b.last
            found.remove(b)


def _apposition(found: list[Phrase], units: list[Unit]) -> None:
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
        closed = after in ends
        if closed and (_person(name) or name.caps) and units[b.first].kind != "number":
            a.take([*a.units, units[b.first - 1], *b.units])
            a.owner = a.owner or b.owner
            a.last = b.last + (1 if b.last < len(units) and units[b.last].kind == "comma" else 0)
            found.remove(b)


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
        joined = between in JOINS
        bare = a.role is None and b.role is None and b.units[0].kind in ("name", "cap") and not a.governed
        bare = bare and not grammar.last
        listed = between == ["comma"] and (bare or _enumerated(b, units))
        owns = b.last < len(units) and units[b.last].kind == "possessive"  # "Chad, Niger's only ally"
        if (joined or listed) and a.can_speak and b.can_speak and not owns:
            a.group.append(b)
            b.group, b.governed = a.group, a.governed


def _enumerated(phrase: Phrase, units: list[Unit]) -> bool:
    """Whether "and" follows the phrase, so that the comma before it is one of a list."""
    rest = [u.kind for u in units[phrase.last : phrase.last + 2]]
    return rest[:1] == ["conjunction"] or rest == ["comma", "conjunction"]
