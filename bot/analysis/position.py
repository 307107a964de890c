"""Which position a saying takes: the speaker's own act in what is said, what he says of a land, or the cue's."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from bot.analysis.clause import Range, Saying
from bot.analysis.lexicon import Cue, Deed, Language, Lexicon, Term
from bot.analysis.match import Hit, Name
from bot.analysis.speakers import Speaker
from bot.analysis.stance import held, stance, told
from bot.analysis.text import View
from bot.analysis.topics import Topics
from bot.analysis.units import Grammar
from bot.analysis.whose import Told, Whose
from bot.domain.statement import Stance

AROUND = 200  # letters before and after the topic's words in which its stance is looked for
WORD = re.compile(r"\w[\w'’]*")
NEAR_NEGATION = 8  # letters: "is not", "not part of"
NEAR_HOLDER = 30  # letters from "belongs to" to whom it belongs
Position = tuple[Stance, str]  # and the rule that it follows from, in words


@dataclass(frozen=True, slots=True)
class Said:
    """A saying, whom its subjects mean, and the saying that it stands in ("said it accepts").

    `own`: it is an act of the very side that tells of it.
    """

    saying: Saying
    speakers: list[Speaker]
    around: "Said | None" = None
    own: bool = False

    @property
    def others(self) -> bool:
        """Whether it is the act of others than who tells of it; "both sides" may include him."""
        sides = any(p.role is not None and p.role.kind == "sides" for p in self.saying.speakers)
        known = all(s.actor is not None for s in self.speakers)
        return bool(self.speakers) and not self.own and (known or not sides)


def voiced(inner: Said, outer: Said) -> bool:
    """Whether a house tells what its own man did ("Putin called for a truce, the Kremlin said"): the act is his."""
    act = inner.saying
    his = bool(inner.speakers) and all(s.actor is not None and s.actor.kind == "person" for s in inner.speakers)
    house = all(s.actor is not None and s.actor.kind != "person" for s in outer.speakers) and bool(outer.speakers)
    return inner.own and his and house and act.cue.kind == "act" and not act.modal and outer.saying.cue.kind == "say"


def means(pronoun: str, speakers: Sequence[Speaker]) -> bool:
    """Whether a pronoun in what somebody says may mean the speaker."""
    bodies = all(s.actor.kind != "person" if s.actor is not None else s.name[0].islower() for s in speakers)
    return pronoun == "we" or (bodies and bool(speakers) and pronoun in ("it", "they"))


class Positions:
    """The positions taken in one article."""

    def __init__(
        self, lexicon: Lexicon, language: Language, grammar: Grammar, view: View, names: Sequence[Name], topics: Topics
    ) -> None:
        self._lexicon, self._language, self._grammar, self._view = lexicon, language, grammar, view
        self._names, self._starts, self._topics = names, [n.start for n in names], topics
        self._negations = language.any_of("negation")
        self._whose = Whose(lexicon, language, grammar, view, names)

    def sides(self, speakers: Sequence[Speaker]) -> set[str]:
        """The speakers' names, and whom they speak for."""
        named = (name for s in speakers for name in (s.name, s.of) if name)
        return {above for name in named for above in (name, *self._lexicon.above(name))}

    def ours(self, sides: Set[str], speakers: Sequence[Speaker]) -> bool:
        """Whether who is named in what somebody says is of his own side: by name, or as "the movement"."""
        bodies = self._whose.bodies(sides)
        return any(
            s.name in sides
            or (s.actor is not None and s.actor.of in sides)
            or (s.actor is None and s.name.lower() in bodies)
            for s in speakers
        )

    def of(
        self,
        topic: str,
        hit: Hit,
        said: Said,
        speaker: Speaker,
        read: Sequence[Said],
        sentence: Range,
        parties: Sequence[str],
    ) -> Position:
        """The position: that of the speaker's own act in what is said ("said it accepts"), else the saying's.

        `parties` are those of the ceasefire that is spoken of.
        """
        cue = said.saying.cue
        if isinstance(hit.what, Deed):
            cue = Cue((), "deed", hit.what.stance.value, Stance.REJECT.value)
        sides = self.sides([speaker])
        party = not sides.isdisjoint(parties)
        found, settled = self._by_words(topic, hit, said.saying, cue, sides, said.saying.negated, party)
        denies = self._view.low[said.saying.start : said.saying.end] in self._grammar.denials
        for inner in read:
            act = inner.saying
            if inner.around is not said or act.cue.kind != "act" or not self._topics.about(topic, act, sentence):
                continue
            if denies and inner.own and act.cue.stance == Stance.REJECT and not act.negated:
                found = (Stance(act.cue.negated or Stance.ASSESS), "denies the refusal")
            elif denies and inner.others:
                found = (Stance.ASSESS, "denies what others did")
            elif cue.kind != "say" or cue.stance:
                continue
            elif inner.others:
                found = told(found, act.cue, several=len(inner.speakers) > 1 and not act.negated and not act.modal)
            elif inner.own and not settled and (not act.modal or act.modal in self._grammar.future):
                (how, rule), _ = self._by_words(topic, hit, said.saying, act.cue, sides, act.negated, party)
                found = how, f"{rule}, {self._view.plain[act.start : act.end]!r}"
        if not isinstance(hit.what, Term) or not hit.what.holder:
            return found
        if self._denied(hit):
            return Stance.REJECT, "says whose it is not"
        holder = self._holder(hit, said.saying, hit.what.holder)
        if settled and holder and holder not in sides and found[0] in (Stance.DEMAND, Stance.ASSESS):
            return found  # "Israel has to get out of": asked of it, not told that it takes
        return held(found, hit.what.holder, holder, sides, foreseen=self._foreseen(hit))

    def _foreseen(self, hit: Hit) -> bool:
        """Whether it is told of a time to come whose a land is: "will stay with"."""
        before = self._view.low[max(0, hit.start - NEAR_NEGATION) : hit.start].split()
        return bool(before) and before[-1] in self._grammar.future

    def _denied(self, hit: Hit) -> bool:
        """Whether a negation stands right beside the words of belonging: "is not Russian", "never part of"."""
        near = self._view.low[max(0, hit.start - NEAR_NEGATION) : hit.end + NEAR_NEGATION]
        return any(w in self._negations or w.endswith("n't") for w in WORD.findall(near))

    def _holder(self, hit: Hit, saying: Saying, where: str) -> str:
        """The party that stands where the holder of a land does, "" if none."""
        if where == "after":
            names: Iterable[Name] = self._names_in(hit.end, hit.end + NEAR_HOLDER)
        else:
            begin = next((a for a, b in saying.content if a <= hit.start < b), saying.end)
            names = (n for n in reversed(self._names_in(begin, hit.start)) if n.end <= hit.start)
        found = next((n.actor for n in names if n.actor is not None), None)
        return (found.of or found.name if found.kind == "person" else found.name) if found is not None else ""

    def _names_in(self, start: int, end: int) -> Sequence[Name]:
        return self._names[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _by_words(
        self, topic: str, hit: Hit, saying: Saying, cue: Cue, sides: Set[str], negated: bool, party: bool
    ) -> tuple[Position, bool]:
        near = ((max(a, hit.start - AROUND), min(b, hit.end + AROUND)) for a, b in saying.content)
        content = " ".join(self._view.low[a:b].strip() for a, b in near if a < b).replace('"', "")
        if cue.kind == "act":
            content = f"{self._view.low[saying.start : saying.end]} {content}"  # "ruled out … until"
        said = next(((a, b) for a, b in saying.content if a <= hit.start < b), (hit.start, hit.start))
        told = self._whose.of(said, (hit.start, hit.end), sides)
        if cue.stance:
            told = Told(told.whose)  # the verb is the cue itself
        fitting = self._topics.fitting(topic, content, told)
        found = stance(cue, fitting, negated=negated, towards=self._towards(cue, saying.end, hit.end), party=party)
        hears = self._view.low[saying.start : saying.end] in self._grammar.hearing
        threat = bool(fitting) and fitting[0].stance == Stance.THREATEN  # "told X to sign or be crushed"
        if hears and not cue.stance and not threat and self._whose.asked(saying.end):
            return (Stance.DEMAND, "asks it of another"), True
        return found, not cue.stance and bool(fitting) and fitting[0].verb

    def _towards(self, cue: Cue, start: int, end: int) -> str:
        """The cue's stance on the first thing that is named up to the topic's words and right after ("truce plan")."""
        if not cue.towards:
            return ""
        after = WORD.search(self._view.low, end)
        words = WORD.findall(self._view.low[start : after.end() if after is not None else end])
        kinds = [(self._language.words.get(kind, ()), how) for kind, how in cue.towards]
        return next((how for word in words for nouns, how in kinds if word in nouns), "")
