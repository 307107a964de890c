"""The engine: an article's words to its statements, the topics they flag, and the reasons for both."""

import re
from bisect import bisect_left
from dataclasses import dataclass, replace

from bot.analysis.attribution import Clause, Range, Saying, sayings
from bot.analysis.language import guess
from bot.analysis.lexicon import Cue, Deed, Forbid, Lexicon, StanceRule, Term, TopicWords
from bot.analysis.match import Hit, Name, Names, TopicHits
from bot.analysis.phrase import Grammar, Phrase, headline_case, phrases
from bot.analysis.speakers import Memory, Speaker
from bot.analysis.stance import SPOKEN_OF, stance
from bot.analysis.text import Quote, View, quotes, sentences
from bot.domain.statement import CEASEFIRE, Analysis, Document, Span, Stance, Statement

# More than a long read; beyond it a page repeats itself.
CAP = 20_000
WORD = 7  # letters of a word and its space, on average
THRESHOLD = 0.5
# "CAIRO, Egypt (AP) - ": where and by whom the report was written.
DATELINE = re.compile(
    r"[A-Z][A-Z'. -]{2,30}"
    r"(?:[A-Za-z., ]{0,40}\([^)\n]{2,40}\)\s*(?:-{1,2}|—)|[A-Za-z., /0-9]{0,30}(?:: | --? | ?— ?))\s*"
)
REACH_AGREE = 8
REACH = 12  # words from an act to what it is about
NEXT = 30  # letters from a word to the place it is about


@dataclass(frozen=True, slots=True)
class _Tools:
    """What one language needs, built once."""

    grammar: Grammar
    topics: TopicHits
    words: dict[str, TopicWords]
    abbreviations: frozenset[str]
    place: frozenset[str]
    opinion: tuple[str, ...]
    background: frozenset[str]
    between: frozenset[str]
    rules: tuple[StanceRule, ...]
    own: dict[str, str]
    adversary: frozenset[str]
    mediation: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Said:
    """A saying and whom its subjects mean."""

    saying: Saying
    speakers: list[Speaker]


class Engine:
    """The statement engine over one lexicon. Pure: the same document always gets the same verdict."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._names = Names(lexicon)
        self._tools = {
            code: _Tools(
                Grammar(language),
                TopicHits(lexicon, code),
                {t.id: t.words[code] for t in lexicon.topics.values() if code in t.words},
                frozenset(language.words.get("abbreviation", ())),
                frozenset(language.words.get("place", ())),
                language.words.get("opinion", ()),
                frozenset(language.words.get("background", ())),
                frozenset((*language.words.get("determiner", ()), *language.words.get("between", ()))),
                language.rules,
                {w: kind for kind in ("m", "f", "it") for w in language.words.get(f"own_{kind}", ())},
                frozenset(language.words.get("adversary", ())),
                frozenset(language.words.get("mediation", ())),
            )
            for code, language in lexicon.languages.items()
        }

    def analyse(self, document: Document) -> Analysis:
        """The verdict on one article. Never raises for what a document holds; linear in its length."""
        code = (document.language or guess(f"{document.title}\n{document.text[:1000]}")).lower()[:2]
        tools = self._tools.get(code)
        if tools is None:
            return Analysis(reasons=(f"quiet: no lexicon for the language {code!r}",))
        view = View.of(document.body, cap=CAP)
        hits = tools.topics.find(view)
        if not any(isinstance(h.what, Term | Deed) for h in hits):
            return Analysis(reasons=("quiet: no word of any topic",))
        title = view.low[: view.low.find("\n") + 1]
        if mark := next((w for w in tools.opinion if w in title), ""):
            return Analysis(reasons=(f"quiet: the title says {mark!r} (opinion)",))
        return _Reading(self._lexicon, tools, document, view, hits, self._names.find(view)).verdict()


class _Reading:
    """One article being read."""

    def __init__(
        self, lexicon: Lexicon, tools: _Tools, document: Document, view: View, hits: list[Hit], names: list[Name]
    ) -> None:
        self._lexicon, self._tools, self._view, self._names = lexicon, tools, view, names
        self._quotes = quotes(view)
        self._war = [h.start for h in hits if h.what is None]
        self._forbids = [h for h in hits if isinstance(h.what, Forbid)]
        self._terms = [h for h in hits if isinstance(h.what, Term | Deed)]
        self._places = [
            n for n in names if n.place is not None and (n.place.disputed or lexicon.conflicts_of(n.place.name))
        ]
        self._at_war = bool(self._war or self._places) or any(
            n.actor and lexicon.conflicts_of(n.actor.name) for n in names
        )
        self._memory = Memory(lexicon, view, (document.published or "")[:10], own=tools.own, adversary=tools.adversary)
        self._found: list[tuple[Statement, str]] = []
        self._reasons: list[str] = []
        self._carried: list[Speaker] = []
        self._dictated = False  # "The minister said:", and his words follow without marks

    def verdict(self) -> Analysis:
        """Read every sentence, then weigh what was found."""
        for start, end in sentences(self._view, abbreviations=self._tools.abbreviations):
            self._sentence(start, end)
        best: dict[tuple[str, str, Stance], Statement] = {}
        for statement, post in self._found:
            if post and (name := self._memory.holder(post)):
                statement = replace(statement, speaker=name)
            if statement.gist not in best or _telling(statement) > _telling(best[statement.gist]):
                best[statement.gist] = statement
        taken = {(s.speaker, s.topic) for s in best.values() if s.stance != Stance.ASSESS}
        for gist in [g for g in best if g[2] == Stance.ASSESS and g[:2] in taken]:
            del best[gist]  # who takes a position also speaks of it
        kept = [s for s in best.values() if s.confidence >= THRESHOLD]
        topics = tuple(dict.fromkeys(t for t in self._lexicon.topics if any(s.topic == t for s in kept)))
        reasons = [f"{s.topic}: {s.speaker} {s.stance.value}: {s.reason}" for s in kept]
        quiet = list(dict.fromkeys(self._reasons)) or ["quiet: nobody is reported to speak about a topic's words"]
        return Analysis(topics, tuple(sorted(kept, key=lambda s: s.evidence.start)), tuple(reasons or quiet))

    def _sentence(self, start: int, end: int) -> None:
        view, low = self._view, bisect_left(self._names, start, key=lambda n: n.start)
        names = []
        while low < len(self._names) and self._names[low].end <= end:
            names.append(self._names[low])
            low += 1
        dateline = DATELINE.match(view.plain, start, end)
        begin = dateline.end() if dateline else start
        units = self._tools.grammar.units(view, begin, end, [n for n in names if n.start >= begin])
        found = phrases(units, self._tools.grammar, capitals=not headline_case(view, start, end))
        inside = [q for q in self._quotes if q.start < end and q.end > start]
        deeds = {h.start: h.end for h in self._terms if start <= h.start < end and isinstance(h.what, Deed)}
        clause = Clause(start, end, units, found, inside, self._tools.grammar, deeds, [])
        said = sayings(clause)
        outer: list[_Said] = []
        spoken = [self._saying(saying, (start, end), found, outer) for saying in sorted(said, key=_says_first)]
        self._carry(said, inside, start, end)
        for phrase in found:
            self._memory.note(phrase)
        for speaker in spoken[-1] if spoken else ():
            self._memory.subject(speaker)

    def _saying(self, saying: Saying, sentence: Range, found: list[Phrase], outer: list[_Said]) -> list[Speaker]:
        """Resolve the speakers, knowing whom the sentence has named so far; keep what they say about each topic."""
        for phrase in found:
            if phrase.units[0].start < saying.start and phrase not in saying.speakers:
                self._memory.note(phrase)
        speakers = [s for p in saying.speakers for s in self._memory.speakers(p)]
        around = next((o for o in outer if any(a <= saying.start < b for a, b in o.saying.content)), None)
        if around is not None and saying.cue.kind != "say" and _retells(around.speakers, speakers, saying):
            outer.append(_Said(saying, speakers))
            return speakers
        for topic in self._lexicon.topics:
            hit = self._about(topic, saying, sentence)
            if hit is None:
                continue
            for speaker in speakers:
                self._state(topic, hit, saying, speaker, sentence)
        outer.append(_Said(saying, speakers))
        return speakers

    def _about(self, topic: str, saying: Saying, sentence: Range) -> Hit | None:
        """The first of the topic's words that counts in what is said."""
        deed = saying.cue.kind == "deed"
        own: tuple[Range, ...] = ((saying.start, saying.end),) if saying.cue.kind != "say" else ()
        ranges = own if deed else own + saying.content
        for hit in self._terms:
            if (
                hit.topic != topic
                or isinstance(hit.what, Deed) != deed
                or not any(a <= hit.start < b for a, b in ranges)
            ):
                continue
            if saying.cue.kind == "act" and self._beyond(saying, hit):
                continue
            if (
                isinstance(hit.what, Term)
                and "article" in hit.what.near
                and (saying.cue.kind != "act" or not self._named(topic))
            ):
                continue
            if self._counts(hit, sentence) and (deed or not self._background(hit, saying)):
                return hit
        return None

    def _beyond(self, saying: Saying, hit: Hit) -> bool:
        """Whether an act is about something nearer, or about mediating, which is nobody's position."""
        reach = REACH_AGREE if saying.cue.stance == Stance.AGREE else REACH
        between = self._view.low[saying.end : hit.start]
        return len(between) > reach * WORD or any(w in self._tools.mediation for w in between.split())

    def _named(self, topic: str) -> bool:
        """Whether the article names the topic by words that need nothing beside them."""
        return any(h.topic == topic and isinstance(h.what, Term) and not h.what.near for h in self._terms)

    def _background(self, hit: Hit, saying: Saying) -> bool:
        """Whether the words only say when or where ("freed under the truce"): nobody speaks about them."""
        before = self._view.low[max(0, hit.start - 40) : hit.start].split()[-4:]
        for word in reversed(before):
            if word in self._tools.background:
                break
            if word.endswith((",", ";", ".")) or (word not in self._tools.between and "-" not in word):
                return False
        else:
            return False
        content = " ".join(self._view.low[a:b] for a, b in saying.content)
        how, _ = stance(Cue((), "say"), content, self._tools.rules, negated=False)
        return how not in (Stance.ACCUSE, Stance.THREATEN)

    def _rules(self, topic: str) -> tuple[StanceRule, ...]:
        own = self._tools.words[topic].rules
        return (*(r for r in own if not r.last), *self._tools.rules, *(r for r in own if r.last))

    def _counts(self, hit: Hit, sentence: Range) -> bool:
        """Whether the words mean the topic here: what they need is near, and nothing that makes them another thing."""
        if self._lexicon.topics[hit.topic].war and not self._at_war:
            self._reasons.append(f"quiet: {self._text(hit)!r} with no sign of an armed conflict")
            return False
        near = hit.what.near if isinstance(hit.what, Term | Deed) else ()
        start, end = sentence
        if "war" in near and not any(start <= w < end for w in self._war):
            return False
        if "place" in near and not (
            any(start <= n.start < end for n in self._places)
            or any(w in self._tools.place for w in self._view.low[start:end].split())
        ):
            return False
        reach = {
            "place_next": (hit.end, min(end, hit.end + NEXT)),
            "place_before": (max(start, hit.start - NEXT), hit.start),
        }
        for place in set(near) & set(reach):
            first, last = reach[place]
            if not any(first <= n.start < last for n in self._places) and not (
                place == "place_next" and any(w in self._tools.place for w in self._view.low[first:last].split())
            ):
                return False
        for other in self._forbids:
            if (
                other.topic == hit.topic
                and isinstance(other.what, Forbid)
                and abs(other.start - hit.start) < other.what.window * WORD
            ):
                self._reasons.append(f"quiet: {self._text(hit)!r} next to {self._text(other)!r} ({other.what.meaning})")
                return False
        return True

    def _text(self, hit: Hit) -> str:
        return self._view.plain[hit.start : hit.end]

    def _state(self, topic: str, hit: Hit, saying: Saying, speaker: Speaker, sentence: Range) -> None:
        cue = saying.cue
        if isinstance(hit.what, Deed) and cue.kind == "deed":
            cue = Cue((), "deed", hit.what.stance.value, Stance.REJECT.value)
        content = " ".join(self._view.low[a:b] for a, b in saying.content)
        how, rule = stance(cue, content, self._rules(topic), negated=saying.negated)
        start = min([sentence[0], *(a for a, b in saying.content if a <= hit.start < b)])
        end = max(sentence[1], hit.end)
        view = self._view
        words = f"{view.plain[saying.start : saying.end]!r} about {self._text(hit)!r}"
        sure = 0.95 * saying.sure * speaker.sure
        if rule == SPOKEN_OF:  # the weakest sign of all: measured right in half of the cases
            sure *= 0.7
        confidence = round(max(0.0, min(1.0, sure)), 2)
        statement = Statement(
            speaker=speaker.name,
            speaker_span=view.span(speaker.start, speaker.end),
            topic=topic,
            stance=how,
            target=self._targets(topic, saying, sentence),
            evidence=view.span(start, end),
            quote=self._quote(saying.content, hit),
            cue=view.span(saying.start, saying.end),
            confidence=confidence,
            reason=f"{saying.rule}, {words}; stance: {rule}",
            conflicts=self._conflicts(sentence),
        )
        self._found.append((statement, speaker.post))

    def _quote(self, content: tuple[Range, ...], hit: Hit) -> Span | None:
        """The quotation in what is said, that about the topic first; without its marks."""
        inside = [q for q in self._quotes if any(a <= q.start < b for a, b in content)]
        if not inside:
            return None
        best = next((q for q in inside if q.start <= hit.start < q.end), inside[0])
        return self._view.span(best.start + 1, best.end - 1)

    def _targets(self, topic: str, saying: Saying, sentence: Range) -> tuple[str, ...]:
        ranges = saying.content or (sentence,)
        places = [n.place.name for n in self._places if n.place and any(a <= n.start < b for a, b in ranges)]
        if not places:
            places = [n.place.name for n in self._places if n.place and sentence[0] <= n.start < sentence[1]]
        if topic == CEASEFIRE:
            sides = self._memory.sides()
            return tuple(sides) or tuple(dict.fromkeys(places))
        return tuple(dict.fromkeys(places))

    def _conflicts(self, sentence: Range) -> tuple[str, ...]:
        """The conflicts that the sentence's names stand in, else the article's; the most named first."""
        for start, end in (sentence, (0, len(self._view.plain))):
            counts: dict[str, int] = {}
            for name in self._names:
                if start <= name.start < end:
                    for known in (name.actor, name.place):
                        for conflict in self._lexicon.conflicts_of(known.name) if known else ():
                            counts[conflict] = counts.get(conflict, 0) + 1
            if counts:
                most = max(counts.values())
                return tuple(c for c in counts if counts[c] == most)
        return ()

    def _carry(self, said: list[Saying], inside: list[Quote], start: int, end: int) -> None:
        """A quotation that goes on after its speaker was named: the sentence is the same speaker's."""
        spoken = [s for s in said if s.cue.kind == "say"]
        if spoken:
            self._carried = self._memory.speakers(spoken[-1].speakers[0])
            self._dictated = self._view.plain[start:end].endswith(":")
            return
        opens = next((q for q in inside if q.start <= start + 1 and q.end > start), None)
        if not self._carried or said or not (opens or self._dictated):
            if not inside and not self._dictated:
                self._carried = []
            return
        cue = Cue((), "say")
        saying = Saying(cue, start, start + 1, (), ((start, end),), False, False, 0.8, "quotation goes on")
        for topic in self._lexicon.topics:
            if (hit := self._about(topic, saying, (start, end))) is not None:
                for speaker in self._carried:
                    self._state(topic, hit, saying, speaker, (start, end))


def _says_first(saying: Saying) -> tuple[bool, int]:
    """Verbs of speech before the acts they may report."""
    return (saying.cue.kind != "say", saying.start)


def _retells(outer: list[Speaker], inner: list[Speaker], saying: Saying) -> bool:
    """Whether an act inside a speech is the speaker's own ("Lavrov said Russia backs it") or a wish ("must accept")."""
    if saying.modal:
        return True
    sides = {name for s in outer for name in (s.name, s.actor.of if s.actor else "")}
    return any(s.name in sides or (s.actor is not None and s.actor.of in sides and s.actor.of) for s in inner)


def _telling(statement: Statement) -> tuple[float, bool, bool]:
    """Of two reports of one statement the surer, then the one that names places and quotes."""
    return (statement.confidence, bool(statement.target), statement.quote is not None)
