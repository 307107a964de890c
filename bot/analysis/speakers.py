"""Who a phrase means: names, offices with their holders, nationalities, pronouns, people named earlier."""

from collections.abc import Sequence
from typing import NamedTuple

from bot.analysis.lexicon import Actor, Language, Lexicon
from bot.analysis.namesakes import junior, names_itself, namesake
from bot.analysis.phrase import UNNAMED, Phrase
from bot.analysis.posts import Entry, Posts
from bot.analysis.sides import Sides
from bot.analysis.text import View, unified
from bot.analysis.units import Unit

UNKNOWN = 0.67  # a post or a group that nobody is known to be: right in half of the cases
BODIES = ("organ", "group", "voice", "official")  # who brings the body they speak for to mind
VAGUE = 0.75  # "some leaders": who, is not said
AHEAD = ("m", "f")  # stands for a post where "he" or "she" comes before the name
PAPER = 0.8  # a statement, and not its author, is named


class Speaker(NamedTuple):
    """A resolved speaker: the name to report, the words [start, end) that name it, what the lexicon knows of it."""

    name: str
    start: int
    end: int
    actor: Actor | None
    sure: float
    post: str = ""  # the post named, where nobody is known to hold it
    bare: bool = False  # one unknown capitalised word, which may be anything
    of: str = ""  # whom an unknown person speaks for


class Memory:
    """What the article has said so far: the people named, the last speakers, who holds which office in it.

    `day` is the article's (ISO), "" where it is not known.
    """

    def __init__(self, lexicon: Lexicon, view: View, language: Language, day: str) -> None:
        self.lexicon, self.view = lexicon, view
        self.people: dict[str, Entry] = {}  # part of a name -> whose it is
        self._posts = Posts(lexicon, day)
        self.persons: list[Entry] = []
        self._sides_of: dict[str, str] = {}  # whom people speak for that the lexicon does not know
        self.bodies: list[Entry] = []
        self.sides = Sides(lexicon)
        self._joint: list[Speaker] = []  # those who spoke last, together
        self.last: Entry | None = None
        words = language.words
        self.own = {w: kind for kind in ("m", "f", "it") for w in words.get(f"own_{kind}", ())}  # "his" -> "m"
        self.forenames = language.forenames
        self.cased_last = "verb last" in words.get("trait", ())
        self.younger = language.any_of("younger")  # "Jr": not the one known by the name
        # Canonical names are English, whatever the article's language.
        english = lexicon.languages.get("en")
        self.state_voice = english.words.get("state_voice", ()) if english is not None else ()
        self.kinds = {kind: language.any_of(f"any_{kind}") for kind in ("state", "group", "body")}
        self.vague = language.any_of("vague")
        self.articles = language.any_of("article")
        self.adversary = language.any_of("adversary")  # words that make of "generals" the two sides
        self.experts = language.any_of("expert")  # who know of a state, and do not speak for it

    def note(self, phrase: Phrase, *, subject: bool = False) -> None:
        """Remember whom a phrase names; of a `subject` that is one unnamed person, also that "he" may mean it."""
        if phrase.pronoun:
            return
        speaker = self._named(phrase)
        if speaker is None or (phrase.role is not None and phrase.role.kind in UNNAMED):
            return
        if phrase is phrase.group[-1] and len(phrase.group) > 1 and not phrase.governed:
            self._joint = [s for p in phrase.group if (s := self._named(p)) is not None]
        role = phrase.role
        if subject:
            self._unnamed(phrase, speaker)
        if speaker.actor is not None:
            person = speaker.actor.kind == "person"
        else:
            person = bool(phrase.caps) and (role is not None or any(u.kind == "title" for u in phrase.units))
        entry = (speaker.name, speaker.actor)
        if person:
            self.persons.append(entry)
            self._remember(speaker.name, speaker.actor)
            if role is not None and role.kind in ("office", "voice", "official"):
                for unit in phrase.units:
                    if unit.role is not None:
                        self._posts.note(unit.role.title or unit.low, entry)
        elif phrase.can_speak and speaker.actor is not None and (role is None or role.kind in BODIES):
            self.bodies.append(entry)
            if role is not None:
                self._posts.note(phrase.units[-1].low, entry)

    def _unnamed(self, phrase: Phrase, speaker: Speaker) -> None:
        """ "An army spokesman", "a Chadian official": "he" in the next sentence means whom they speak for."""
        role, body = phrase.role, speaker.actor is not None and speaker.actor.kind != "person"
        if role is not None and body and role.kind in ("voice", "official", "office"):
            self.persons.append((speaker.name, speaker.actor))

    def _remember(self, name: str, actor: Actor | None) -> None:
        """From now on a part of the name stands for the whole ("al-Deek", "Deek")."""
        for part in unified(name).lower().split():
            self.people.setdefault(part, (name, actor))
            self.people.setdefault(part.rpartition("-")[2], (name, actor))

    def spoke(self, speakers: Sequence[Speaker]) -> None:
        """Remember who spoke last: a pronoun in the next sentence means them first, "they" all of them."""
        self._joint = list(speakers)
        for speaker in speakers:
            self._subject(speaker)

    def _subject(self, speaker: Speaker) -> None:
        if speaker.post in AHEAD:
            return
        entry = self.last = (speaker.name, speaker.actor)
        if speaker.actor is not None and speaker.actor.kind != "person":
            self.bodies.append(entry)
        else:
            self.persons.append(entry)

    def speakers(self, phrase: Phrase) -> list[Speaker]:
        """Whom a subject means: one speaker, or two where it says "both sides"."""
        start, end = phrase.units[0].start, phrase.units[-1].end
        if phrase.pronoun:
            return self._pronoun(phrase, start, end)
        role = phrase.role if not names_itself(phrase) else None
        if role is not None and role.kind in UNNAMED:
            return []  # whoever "residents" are, they are no actor
        if role is not None and (role.kind == "sides" or any(u.low in self.adversary for u in phrase.units)):
            known = self.sides.two()
            return [Speaker(n, start, end, self.lexicon.actors.get(n), 0.8) for n in known] or [
                Speaker(self._words(phrase), start, end, None, 0.5)  # sides of we know not what
            ]
        speaker = self._named(phrase)
        if speaker is not None:
            self._unnamed(phrase, speaker)
        if speaker is not None and phrase.units[0].low in self.vague:
            speaker = speaker._replace(sure=speaker.sure * VAGUE)
        return [speaker] if speaker is not None else []

    def _pronoun(self, phrase: Phrase, start: int, end: int) -> list[Speaker]:
        kind = phrase.pronoun
        if kind == "they" and len(self._joint) > 1:
            return [s._replace(start=start, end=end, sure=s.sure * 0.9) for s in self._joint]
        if kind in ("m", "f"):
            fitting = [p for p in self.persons if p[1] is None or p[1].gender in ("", kind)]
        elif kind in ("it", "they"):
            fitting = self.bodies
        else:
            fitting = [self.last] if self.last is not None else self.persons if kind == "dropped" else []
        if not fitting and kind in AHEAD and not self.persons:
            return [Speaker(self.view.shown[start:end], start, end, None, UNKNOWN, post=kind)]  # named further on
        return [Speaker(n, start, end, a, 0.8, of=self._sides_of.get(n, "")) for n, a in fitting[-1:]]

    def _named(self, phrase: Phrase) -> Speaker | None:
        start, end = phrase.units[0].start, phrase.units[-1].end
        lead = phrase.units[0]
        if lead.kind == "determiner":
            lead = next((u for u in phrase.units if u.kind != "determiner"), lead)
        role, owner = phrase.role if not names_itself(phrase) else None, self._owner(phrase)
        people = bool(phrase.names) and any(n.actor is not None and n.actor.kind == "person" for n in phrase.names)
        units = [*reversed(phrase.units)] if people else []
        for unit, after in zip(units, [None, *units], strict=False):
            if unit.name is not None and unit.name.actor is not None and unit.name.actor.kind == "person":
                another = owner is not None and owner.name != unit.name.actor.of and owner.kind == "state"
                if after is not None and after.kind == "possessive" and role is not None:
                    owner = (
                        owner if another else self.lexicon.actors.get(unit.name.actor.of, owner)
                    )  # "the Biden administration"
                    break
                behind = not self.cased_last  # there the case of the last word is that of the whole
                if unit.name.oblique and behind and role is not None and phrase.units[0] is not unit:
                    owner = self.lexicon.actors.get(unit.name.actor.of, owner)  # "rzecznik Putina"
                    break
                known = role is not None and not another
                other = None if known else namesake(phrase, unit, unit.name.actor, self.forenames, self.view)
                if other is not None:
                    words = self.view.shown[other.start : unit.end]
                    side = self._sides_of.setdefault(words, owner.name) if another and owner is not None else ""
                    return Speaker(words, lead.start, end, None, 0.8, of=side)
                if (younger := junior(phrase, unit, self.younger)) is not None:
                    return Speaker(self.view.shown[unit.start : younger.end], lead.start, end, None, 0.8)
                return Speaker(unit.name.actor.name, lead.start, end, unit.name.actor, 1.0)
        caps = self._caps(phrase)
        if caps and (
            role is None or role.kind in ("office", "voice", "official", "person") or phrase.units[-1].kind == "cap"
        ):
            return self._unknown(phrase, caps, owner, start, end)
        if role is None:
            if owner is None:
                return None
            owner = self._voice_of(owner)
            return Speaker(owner.name, lead.start, end, owner, 1.0)
        if role.kind == "paper":
            of = phrase.owner
            if of is not None and of.can_speak and not phrase.names:
                who = self._named(of)  # "a letter from senators", "a statement by the president"
                return who._replace(sure=who.sure * PAPER) if who is not None else None
            return Speaker(owner.name, start, end, owner, PAPER) if owner is not None else None
        if role.kind == "office":
            holder = self._posts.holder(phrase, owner, self.persons)
            if holder is not None:
                return Speaker(holder[0], start, end, holder[1], 0.9)
            post = next((u.role.title for u in reversed(phrase.units) if u.role is not None), "")
            return Speaker(self._words(phrase), start, end, None, UNKNOWN, post or phrase.units[-1].low)
        if (
            role.kind in ("organ", "voice", "official")
            and owner is not None
            and phrase.units[-1].low not in self.experts
        ):
            return Speaker(owner.name, start, end, owner, 0.95)
        if owner is None and role.kind in ("organ", "group", "voice") and (seen := self._before(phrase)) is not None:
            return Speaker(seen[0], start, end, seen[1], 0.85)
        post = phrase.units[-1].low if role.kind in ("voice", "official") else ""
        return Speaker(self._words(phrase), start, end, None, UNKNOWN, post)

    def holder(self, post: str) -> str:
        """Whom the whole article names with this post, "" if nobody: for a headline's "minister says"."""
        if post in AHEAD:
            return next((name for name, actor in self.persons if actor is None or actor.gender in ("", post)), "")
        named = self._posts.named(post)
        return named[0] if named is not None else ""

    def _before(self, phrase: Phrase) -> Entry | None:
        """Whom "the army", "his office", "the group" mean: the one of that word, or the last such body spoken of."""
        lead, word = phrase.units[0].low, phrase.units[-1].low
        if lead in self.own:
            known = self.persons if self.own[lead] in ("m", "f") else self.bodies
            return known[-1] if known else None
        if (meant := self._posts.named(word)) is not None:
            return meant
        named = next((b for b in reversed(self.bodies) if word in b[0].lower()), None)
        if named is not None or lead not in self.articles or phrase.caps:
            return named
        kind = next((kind for kind, words in self.kinds.items() if word in words), "")
        return self._last_of(kind) if kind else None

    def _last_of(self, kind: str) -> Entry | None:
        """The last state or group that spoke or was spoken of, itself or by one of its people."""
        for entry in (*((self.last,) if self.last is not None else ()), *reversed(self.bodies)):
            for name in (entry[0], *self.lexicon.above(entry[0])):
                actor = self.lexicon.actors.get(name)
                if actor is not None and actor.kind == kind:
                    return actor.name, actor
        return None

    def _owner(self, phrase: Phrase) -> Actor | None:
        """The state, body or group that the phrase belongs to."""
        if names_itself(phrase) and (name := phrase.units[-1].name) is not None:
            return name.actor
        for part in (phrase, phrase.owner):
            for name in part.names if part else ():
                if name.actor is not None and name.actor.kind != "person":
                    return name.actor
            if self.own.get(phrase.units[0].low) == "it" and self.bodies:
                return self.bodies[-1][1]  # "its ambassador in Paris" is not France's
        if phrase.owner is not None and phrase.role is not None and phrase.role.kind == "voice":
            whose = self._named(phrase.owner)  # "a spokesman for the president"
            return self.lexicon.actors.get(whose.actor.of) if whose is not None and whose.actor is not None else None
        return None

    def _voice_of(self, body: Actor) -> Actor:
        """The state that an organ speaks for; parliaments and parties speak for themselves."""
        state = self.lexicon.actors.get(body.of) if body.kind == "organ" else None
        if state is None or state.kind != "state":
            return body
        low = body.name.lower()
        return state if any(word in low for word in self.state_voice) else body

    def _caps(self, phrase: Phrase) -> list[Unit]:
        caps: list[Unit] = []
        for unit in phrase.units if phrase.caps else ():
            if unit.kind == "cap":
                caps.append(unit)
            elif caps and unit.kind == "comma":
                return caps  # "Lena Hartmann, an analyst"
            elif caps and unit.kind not in ("title", "mark"):
                caps = [] if unit.role is not None else caps
        return caps

    def _unknown(self, phrase: Phrase, caps: list[Unit], owner: Actor | None, start: int, end: int) -> Speaker:
        """A person or body that the lexicon does not know: the article's own words."""
        words = self.view.shown[caps[0].start : caps[-1].end]
        last = caps[-1].low
        if len(caps) > 1:
            self._remember(words, None)
        name, actor = self.people.get(last, (words, None))
        role = phrase.role
        if role is not None and role.kind == "voice" and owner is not None:
            return Speaker(owner.name, start, end, owner, 0.9)
        bare = role is None and name == words and len(caps) == 1
        of = self._sides_of.setdefault(name, owner.name) if owner is not None else self._sides_of.get(name, "")
        return Speaker(name, start, end, actor, 0.65 if bare else 0.9, bare=bare, of=of)

    def _words(self, phrase: Phrase) -> str:
        """The phrase as written, without its article."""
        first = 1 if phrase.units[0].low in self.articles and len(phrase.units) > 1 else 0
        last = phrase.owner.units[-1].end if phrase.owner is not None else phrase.units[-1].end
        return " ".join(self.view.shown[phrase.units[first].start : last].split())
