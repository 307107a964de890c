"""One article being read, sentence by sentence, into statements."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.analysis.attribution import sayings
from bot.analysis.clause import Clause, Range, Saying
from bot.analysis.lexicon import Cue, Deed, Language, Lexicon
from bot.analysis.match import Hit, Name
from bot.analysis.phrase import Phrase, phrases
from bot.analysis.speakers import Memory, Speaker
from bot.analysis.stance import SPOKEN_OF, stance
from bot.analysis.subject import CALL, DONE
from bot.analysis.text import Quote, View, quotes, sentences
from bot.analysis.topics import Topics
from bot.analysis.units import Grammar, headline_case
from bot.domain.statement import CEASEFIRE, Span, Stance, Statement

# "CAIRO, Egypt (AP) - ": where and by whom the report was written.
DATELINE = re.compile(
    r"[A-Z][A-Z'. -]{2,30}"
    r"(?:[A-Za-z., ]{0,40}\([^)\n]{2,40}\)\s*(?:-{1,2}|—)|[A-Za-z., /0-9]{0,30}(?:: | --? | ?— ?))\s*"
)
AROUND = 200  # letters before and after the topic's words in which its stance is looked for
GOES_ON = Cue((), "say")


@dataclass(frozen=True, slots=True)
class _Said:
    """A saying and whom its subjects mean."""

    saying: Saying
    speakers: list[Speaker]


class Reading:
    """Reads one article. `topics.reasons` tells afterwards what did not count, and why."""

    def __init__(
        self,
        lexicon: Lexicon,
        language: Language,
        grammar: Grammar,
        view: View,
        hits: Sequence[Hit],
        names: Sequence[Name],
        *,
        day: str,
    ) -> None:
        self.topics = Topics(lexicon, language, view, hits, names, day=day)
        self._lexicon, self._language, self._grammar = lexicon, language, grammar
        self._view, self._names = view, names
        self._starts = [n.start for n in names]
        self._quotes = quotes(view)
        self._memory = Memory(lexicon, view, language, day)
        self._found: list[tuple[Statement, str]] = []
        self._carried: list[Speaker] = []
        self._dictated = False  # "The minister said:", and his words follow without marks

    def statements(self) -> list[Statement]:
        """Every statement read, in order of appearance; several may have one gist."""
        abbreviations = frozenset(self._language.words.get("abbreviation", ()))
        for start, end in sentences(self._view, abbreviations=abbreviations):
            self._sentence(start, end)
        return [
            replace(statement, speaker=name) if post and (name := self._memory.holder(post)) else statement
            for statement, post in self._found
        ]

    def _sentence(self, start: int, end: int) -> None:
        view = self._view
        dateline = DATELINE.match(view.plain, start, end)
        begin = dateline.end() if dateline else start
        names = self._names[bisect_left(self._starts, begin) : bisect_left(self._starts, end)]
        units = self._grammar.units(view, begin, end, names)
        found = phrases(units, self._grammar, capitals=self._grammar.capitals and not headline_case(view, start, end))
        inside = [q for q in self._quotes if q.start < end and q.end > start]
        said = sayings(Clause(start, end, units, found, inside, self._grammar, self.topics.deeds(start, end)))
        outer: list[_Said] = []
        for saying in sorted(said, key=_says_first):
            outer.append(_Said(saying, self._saying(saying, (start, end), found, outer)))
        self._carry(said, inside, start, end)
        for phrase in found:
            self._memory.note(phrase)
        for speaker in outer[-1].speakers if outer else ():
            self._memory.subject(speaker)

    def _saying(self, saying: Saying, sentence: Range, found: list[Phrase], outer: list[_Said]) -> list[Speaker]:
        """Resolve the speakers, knowing whom the sentence has named so far; keep what they say about each topic."""
        for phrase in found:
            if phrase.units[0].start < saying.start and phrase not in saying.speakers:
                self._memory.note(phrase)
        speakers = [s for p in saying.speakers for s in self._memory.speakers(p)]
        around = next((o for o in outer if any(a <= saying.start < b for a, b in o.saying.content)), None)
        if around is None or saying.cue.kind == "say" or not self._retells(around, speakers, saying):
            self._keep(saying, speakers, sentence)
        return speakers

    def _retells(self, outer: _Said, inner: Sequence[Speaker], saying: Saying) -> bool:
        """Whether an act inside another is no statement of its own.

        It is the speaker's own ("Lavrov said Russia backs it"), a wish ("must accept"), or what is demanded or refused.
        """
        parted = any(mark in self._view.plain[outer.saying.end : saying.start] for mark in ",;—")
        demanded = outer.saying.cue.kind == "act" and saying.rule not in (CALL, DONE) and not parted
        if saying.modal or demanded:
            return True
        sides = {name for s in outer.speakers for name in (s.name, s.actor.of if s.actor else "")}
        return any(s.name in sides or (s.actor is not None and s.actor.of in sides and s.actor.of) for s in inner)

    def _keep(self, saying: Saying, speakers: Sequence[Speaker], sentence: Range) -> None:
        for topic in self._lexicon.topics:
            hit = self.topics.about(topic, saying, sentence)
            if hit is not None:
                self._found += [(self._statement(topic, hit, saying, s, sentence), s.post) for s in speakers]

    def _statement(self, topic: str, hit: Hit, saying: Saying, speaker: Speaker, sentence: Range) -> Statement:
        view, cue = self._view, saying.cue
        if isinstance(hit.what, Deed):
            cue = Cue((), "deed", hit.what.stance.value, Stance.REJECT.value)
        near = ((max(a, hit.start - AROUND), min(b, hit.end + AROUND)) for a, b in saying.content)
        content = " ".join(view.low[a:b] for a, b in near if a < b)
        how, rule = stance(cue, content, self.topics.rules(topic), negated=saying.negated)
        # The weakest sign of all is measured right in half of the cases.
        sure = 0.95 * saying.sure * speaker.sure * (0.7 if rule == SPOKEN_OF else 1.0)
        if speaker.bare and cue.kind != "say":
            sure *= 0.7  # a single unknown word is a speaker only where it says something
        words = f"{view.plain[saying.start : saying.end]!r} about {self.topics.text(hit)!r}"
        first = min([sentence[0], *(a for a, b in saying.content if a <= hit.start < b)])
        return Statement(
            speaker=speaker.name,
            speaker_span=view.span(speaker.start, speaker.end),
            topic=topic,
            stance=how,
            target=self._target(topic, saying, sentence),
            evidence=view.span(first, max(sentence[1], hit.end)),
            quote=self._quote(saying.content, hit),
            cue=view.span(saying.start, saying.end),
            confidence=round(min(1.0, sure), 2),
            reason=f"{saying.rule}, {words}; stance: {rule}",
            conflicts=self._conflicts(sentence),
        )

    def _quote(self, content: Sequence[Range], hit: Hit) -> Span | None:
        """The quotation in what is said, that about the topic first; without its marks."""
        inside = [q for q in self._quotes if any(a <= q.start < b for a, b in content)]
        if not inside:
            return None
        best = next((q for q in inside if q.start <= hit.start < q.end), inside[0])
        return self._view.span(best.start + 1, best.end - 1)

    def _target(self, topic: str, saying: Saying, sentence: Range) -> tuple[str, ...]:
        """The parties of a ceasefire where the article names them, else the places spoken of."""
        sides = self._memory.sides() if topic == CEASEFIRE else ()
        return sides or self.topics.places_in(saying.content) or self.topics.places_in([sentence])

    def _conflicts(self, sentence: Range) -> tuple[str, ...]:
        """The conflicts that the sentence's names stand in, else the article's; the most named only."""
        low, high = (bisect_left(self._starts, at) for at in sentence)
        for names in (self._names[low:high], self._names):
            known = [k.name for n in names for k in (n.actor, n.place) if k is not None]
            counts = Counter(c for name in known for c in self._lexicon.conflicts_of(name))
            if counts:
                most = max(counts.values())
                return tuple(c for c in counts if counts[c] == most)
        return ()

    def _carry(self, said: Sequence[Saying], inside: Sequence[Quote], start: int, end: int) -> None:
        """A quotation that goes on after its speaker was named: the sentence is the same speaker's."""
        spoken = [s for s in said if s.cue.kind == "say"]
        if spoken:
            self._carried = self._memory.speakers(spoken[-1].speakers[0])
            self._dictated = self._view.plain[start:end].endswith(":")
            return
        opens = any(q.start <= start + 1 and q.end > start for q in inside)
        others = any(p.pronoun != "we" for s in said for p in s.speakers)
        if self._carried and not others and (opens or self._dictated):
            whole = Saying(GOES_ON, start, start + 1, (), ((start, end),), False, False, 0.8, "quotation goes on")
            self._keep(whole, self._carried, (start, end))
        elif not inside and not self._dictated:
            self._carried = []


def _says_first(saying: Saying) -> tuple[bool, int]:
    """Verbs of speech before the acts they may report."""
    return (saying.cue.kind != "say", saying.start)
