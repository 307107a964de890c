"""Lexicon: what the engine knows. Actors, territories, conflicts, topics, and the words of each language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.statement import Stance


@dataclass(frozen=True, slots=True)
class Office:
    """A post held from `since` until `until` (ISO dates, "" where unknown or still held)."""

    title: str
    of: str
    since: str = ""
    until: str = ""

    def held_on(self, day: str) -> bool:
        """Whether the post was held on this day (YYYY-MM-DD); an unknown day asks for the present holder."""
        if not day:
            return not self.until
        return (not self.since or self.since <= day) and (not self.until or day < self.until)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who can make a statement. `aliases` are spellings as they stand in text, case and all."""

    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    demonyms: tuple[str, ...] = ()
    of: str = ""
    side: str = ""
    conflicts: tuple[str, ...] = ()
    offices: tuple[Office, ...] = ()
    gender: str = ""


@dataclass(frozen=True, slots=True)
class Territory:
    """A place whose status, borders or holder can be spoken about."""

    name: str
    kind: str
    aliases: tuple[str, ...] = ()
    adjectives: tuple[str, ...] = ()
    parent: str = ""
    codes: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict by its id; `war_words` mark an article as being about it."""

    id: str
    name: str
    parties: tuple[str, ...]
    war_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Term:
    """Words that bring a topic up. `near` names what must stand in the same sentence for them to count.

    `about` are the territories that the words themselves mean ("two-state solution"); `holder` tells where the one
    stands who is to hold the land: "before" the words ("wants to annex"), "after" them ("belongs to"), "" nowhere.
    With `then` the words count only where one of these follows in the same clause, a few words behind at most;
    `across` lets prepositions stand between them.
    """

    words: tuple[str, ...]
    near: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    holder: str = ""
    then: tuple[str, ...] = ()
    across: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """A verb that is cue and topic at once ("annexed", "resumed fighting")."""

    forms: tuple[str, ...]
    stance: Stance
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forbid:
    """Words beside a term (`window` words at most) that make it mean something else; `meaning` says what.

    `without`: only where nothing of this kind of `near` is there.
    """

    words: tuple[str, ...]
    meaning: str
    window: int = 8
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StanceRule:
    """If any of `words` stands in what was said, any of `also`, and none of `unless`, the stance is this.

    `who`: only where the words tell of the doing of one of WHOSE. With `verb` the words are those of the main verb of
    what was said, and the rule comes before all others; for the rest a topic's rules come before its language's, except
    those marked `last`. One marked `over` outranks the cue itself.
    """

    name: str
    stance: Stance
    words: tuple[str, ...]
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    who: str = ""
    last: bool = False
    over: bool = False
    verb: bool = False


@dataclass(frozen=True, slots=True)
class TopicWords:
    """A topic's words in one language."""

    terms: tuple[Term, ...] = ()
    deeds: tuple[Deed, ...] = ()
    forbids: tuple[Forbid, ...] = ()
    rules: tuple[StanceRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic pack. `war`: it counts only in articles that show signs of an armed conflict or a dispute of states.

    An `optional` one goes to the channels that ask for it only.
    """

    id: str
    name: str
    war: bool
    words: Mapping[str, TopicWords] = field(default_factory=dict)
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Cue:
    """A verb of speech ("say") or of taking a position ("act"); "either" is speech before a clause or a quotation.

    `stance` "" leaves the stance to what was said, or to `leaning` where that tells nothing ("suggested that");
    `negated` is the stance of "did not ..."; `towards` names classes of nouns and the stance towards such a thing
    ("backs a truce", but "backs the truce plan"); `yields` are the stances that the words said may make of it
    ("condemned it as a breach"); `party` is its stance where a party to the ceasefire does it.
    """

    forms: tuple[str, ...]
    kind: str
    stance: str = ""
    negated: str = ""
    leaning: str = ""
    towards: tuple[tuple[str, str], ...] = ()
    yields: tuple[str, ...] = ()
    party: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A noun for a post or a body of people ("foreign minister", "officials", "army")."""

    forms: tuple[str, ...]
    kind: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A post's title, what it `means` where nobody holds one of just that name, `of` whom if the world has only one."""

    title: str
    means: tuple[str, ...] = ()
    of: str = ""


@dataclass(frozen=True, slots=True)
class Spelling:
    """What a language calls an actor or a territory; `case` one of CASES: "oblique" is never a sentence's subject."""

    form: str
    name: str
    case: str


@dataclass(frozen=True, slots=True)
class Language:
    """The words of one language that show who says what: `words` are its closed classes ("preposition", ...)."""

    code: str
    words: Mapping[str, tuple[str, ...]]
    cues: tuple[Cue, ...]
    roles: tuple[Role, ...]
    rules: tuple[StanceRule, ...]
    names: tuple[Spelling, ...] = ()
    forenames: Mapping[str, tuple[str, ...]] = field(init=False)  # who -> the first words of the spellings of his name
    _sets: dict[tuple[str, ...], frozenset[str]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        firsts: dict[str, tuple[str, ...]] = {}
        for spelling in self.names:
            first, _, rest = spelling.form.lower().partition(" ")
            if rest:
                firsts[spelling.name] = (*firsts.get(spelling.name, ()), first)
        object.__setattr__(self, "forenames", firsts)

    def any_of(self, *classes: str) -> frozenset[str]:
        """The words of these classes as a set, made when first asked for: articles come by the thousand."""
        if classes not in self._sets:
            self._sets[classes] = frozenset(w for c in classes for w in self.words.get(c, ()))
        return self._sets[classes]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Everything that was read from the files, checked."""

    actors: Mapping[str, Actor]
    territories: Mapping[str, Territory]
    conflicts: Mapping[str, Conflict]
    topics: Mapping[str, Topic]
    languages: Mapping[str, Language]
    titles: Mapping[str, Post] = field(default_factory=dict)
    posts: Mapping[tuple[str, str], tuple[tuple[Actor, Office], ...]] = field(init=False)  # (title, of) -> who held it
    _having: Mapping[tuple[str, str], tuple[str, ...]] = field(init=False)  # (title, state) -> its bodies with the post
    _above: Mapping[str, tuple[str, ...]] = field(init=False)
    _conflicts: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        posts: dict[tuple[str, str], tuple[tuple[Actor, Office], ...]] = {}
        for actor in self.actors.values():
            for office in actor.offices:
                key = (office.title, office.of)
                posts[key] = (*posts.get(key, ()), (actor, office))
        # What every article asks for again and again is worked out once.
        above = {name: self._line(name) for name in self.actors}
        having: dict[tuple[str, str], tuple[str, ...]] = {}
        for title, of in posts:
            for body in above.get(of, ()):
                having[title, body] = (*having.get((title, body), ()), of)
        newest = {key: tuple(sorted(held, key=lambda h: h[1].since, reverse=True)) for key, held in posts.items()}
        object.__setattr__(self, "posts", newest)
        object.__setattr__(self, "_having", having)
        object.__setattr__(self, "_above", above)
        names = (*self.actors, *self.territories)
        object.__setattr__(self, "_conflicts", {n: found for n in names if (found := self._inherited(n))})

    def holder(self, title: str, of: str, day: str) -> Actor | None:
        """Who held a post on a day (ISO, "" for today); of several the one who took it last."""
        return next((actor for actor, office in self.posts.get((title, of), ()) if office.held_on(day)), None)

    def meant(self, title: str) -> tuple[str, ...]:
        """The posts that a title may mean where nobody holds one of just that name."""
        return self.titles[title].means if title in self.titles else ()

    def seat(self, title: str) -> str:
        """Whose post it is where there is only one of this title in the world, else ""."""
        return self.titles[title].of if title in self.titles else ""

    def bodies_with(self, title: str, of: str) -> tuple[str, ...]:
        """The bodies of a state that have a post of this name ("army chief": Sudan's army)."""
        return self._having.get((title, of), ())

    def above(self, name: str) -> tuple[str, ...]:
        """Whom an actor belongs to, step by step ("Dmitry Peskov": the Kremlin, Russia)."""
        return self._above.get(name, ())

    def conflicts_of(self, name: str) -> tuple[str, ...]:
        """The conflicts that an actor or a territory stands in, its own or inherited."""
        return self._conflicts.get(name, ())

    def _line(self, name: str) -> tuple[str, ...]:
        out: list[str] = []
        actor = self.actors.get(name)
        while actor is not None and actor.of and actor.of not in (name, *out):
            out.append(actor.of)
            actor = self.actors.get(actor.of)
        return tuple(out)

    def _inherited(self, name: str) -> tuple[str, ...]:
        seen: set[str] = set()
        while name and name not in seen:
            seen.add(name)
            actor, place = self.actors.get(name), self.territories.get(name)
            own = (actor.conflicts if actor else ()) or (place.conflicts if place else ())
            if own:
                return own
            name = actor.of if actor and actor.of else place.parent if place else ""
        return ()


def spelled(form: str) -> list[str]:
    """Every spelling of a form whose words may list alternatives: "call|calls for" -> "call for", "calls for"."""
    out = [""]
    for word in form.split():
        out = [f"{head} {choice}".strip() for head in out for choice in word.split("|")]
    return out
