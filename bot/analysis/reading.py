"""One article being read, sentence by sentence, into statements."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.analysis.attribution import sayings
from bot.analysis.clause import Clause, Range, Saying
from bot.analysis.conflict import Conflicts
from bot.analysis.dateline import behind_dateline
from bot.analysis.joining import join
from bot.analysis.lexicon import Cue, Language, Lexicon, Term
from bot.analysis.match import Hit, Name
from bot.analysis.occasion import Occasions
from bot.analysis.phrase import Phrase, phrases, subject_of
from bot.analysis.position import Position, Positions, Said, means, voiced
from bot.analysis.rules import Rulebook
from bot.analysis.speakers import AHEAD, Memory, Speaker
from bot.analysis.stance import SPOKEN_OF
from bot.analysis.subject import CALL, DONE
from bot.analysis.text import Quote, View, headline_case, quotes, sentences
from bot.analysis.topics import TOLD_AGAIN, Topics
from bot.analysis.units import Grammar
from bot.domain.statement import CEASEFIRE, Span, Statement

SUREST = 0.88
NEWS = timedelta(days=7)  # an act done earlier is told again
Targets = tuple[str, ...]
GOES_ON = Cue((), "say")


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
        books: Mapping[str, Rulebook],
        occasions: Occasions,
        *,
        day: str,
    ) -> None:
        self.topics = Topics(lexicon, language, view, hits, names, books, day=day)
        self._lexicon, self._language, self._grammar = lexicon, language, grammar
        self._occasions, self._day = occasions, day
        self._positions = Positions(lexicon, language, grammar, view, names, self.topics)
        self._view, self._names = view, names
        self._starts = [n.start for n in names]
        self._quotes = quotes(view)
        self._quote_starts, self._quote_ends = [q.start for q in self._quotes], [q.end for q in self._quotes]
        self._clauses: dict[int, Clause] = {}  # sentences read ahead, by where they start
        self._conflicts = Conflicts(lexicon, names)
        self._memory = Memory(lexicon, view, language, day)
        self._found: list[tuple[Statement, str]] = []
        self._carried: list[Speaker] = []
        self._pointing = tuple(f"{w} " for w in language.words.get("told_before", ()))
        self._unsaid: Range | None = None  # the sentence before, if nobody says it
        self._dictates = False  # whether a sentence ends in a colon
        self._dictated = False  # "The minister said:", and his words follow without marks

    def statements(self) -> list[Statement]:
        """Every statement read, in order of appearance; several may have one gist."""
        teasers = tuple(f"{words} " for words in self._language.words.get("teaser", ()))
        every = sentences(self._view, abbreviations=self._language.any_of("abbreviation"))
        found = [s for s in every if not self._view.low.startswith(teasers, s[0])]
        self._dictates = any(self._view.plain[end - 1] == ":" or self._points_back(start) for start, end in found)
        last, behind = self._last_telling(found)
        last += last + 1 < len(found) and self._points_back(found[last + 1][0])
        for at, (start, end) in enumerate(found):
            if at > last and not any(post for _, post in self._found):
                break  # nobody speaks about a topic any more, and nobody is left to be named
            self._sentence(start, end)
        self.topics.reasons += behind
        held = ((statement, post, self._memory.holder(post) if post else "") for statement, post in self._found)
        return [
            replace(statement, speaker=name) if name else statement
            for statement, post, name in held
            if name or post not in AHEAD
        ]

    def _last_telling(self, found: Sequence[Range]) -> tuple[int, list[str]]:
        """The number of the last sentence in which a topic is spoken about, -1 if none, and why none is behind it."""
        behind: list[list[str]] = []
        last = len(found) - 1
        while last >= 0 and not self._tells(*found[last]):
            behind.append(self.topics.reasons)
            self.topics.reasons = []
            last -= 1
        self.topics.reasons = []  # the sentences up to there are still to be read
        return last, [reason for reasons in reversed(behind) for reason in reasons]

    def _points_back(self, start: int) -> bool:
        """Whether a sentence names who said the one before it ("Об этом заявил ...")."""
        return self._view.low.startswith(self._pointing, start)

    def _may_tell(self, start: int, end: int) -> bool:
        first = bisect_right(self._quote_ends, start)
        begin = min([start, *self._quote_starts[first : first + 1]])
        return self.topics.may_count(begin, end, (start, end))

    def _tells(self, start: int, end: int) -> bool:
        """Whether a topic is spoken about in a sentence, be it by whom spoke before it."""
        if not self._may_tell(start, end):
            return False  # most sentences, which need not be looked into
        clause = self._clauses[start] = self._clause(start, end)
        said = [*clause.found]
        if self._dictates or any(q.start <= start + 1 for q in clause.quotes):
            said.append(_going_on(start, end))
        return any(self.topics.about(topic, s, (start, end)) for s in said for topic in self._lexicon.topics)

    def _clause(self, start: int, end: int) -> Clause:
        """A sentence and what is said in it, before anybody knows by whom."""
        view = self._view
        begin = behind_dateline(view, self._names_in(start, end), start, end)
        names = self._names_in(begin, end)
        units = self._grammar.units(view, begin, end, names)
        named = self._grammar.capitals and any(u.kind == "cap" for u in units)  # else nothing asks for capitals
        capitals = named and not headline_case(view, start, end)
        found = join(phrases(units, self._grammar, capitals=capitals), units, self._grammar)
        inside, deeds = self._quotes_in(start, end), self.topics.deeds(start, end)
        clause = Clause(start, end, units, found, inside, self._grammar, deeds)
        sayings(clause)
        return clause

    def _sentence(self, start: int, end: int) -> None:
        clause = self._clauses.pop(start, None) or self._clause(start, end)
        found, said = clause.phrases, clause.found
        read: list[Said] = []
        noted: set[Phrase] = set()
        for phrase in found:
            self._memory.sides.count(phrase)
        for saying in sorted(said, key=_says_first):
            read.append(self._resolved(saying, found, read, noted))
        voices = [one.around for one in read if one.around is not None and voiced(one, one.around)]
        for one in read if read and self._may_tell(start, end) else ():
            if any(one is voice for voice in voices):
                continue
            if one.around is None or one.saying.cue.kind == "say" or not self._retells(one, one.around):
                self._keep(one, read, (start, end))
        back = read[-1].speakers if read and self._points_back(start) else []
        speakers = [s for s in back if not s.bare]  # an agency's name is no speaker
        if self._unsaid is not None and speakers:
            self._keep(Said(_going_on(*self._unsaid), speakers), (), self._unsaid)
        self._unsaid = None if said else (start, end)
        self._carry(said, clause.quotes, start, end)
        for phrase in found:
            if phrase not in noted:
                self._memory.note(phrase)
        if not (read and read[-1].speakers) and (subject := subject_of(found)) is not None:
            self._memory.note(subject, subject=True)  # "It", "he" in the next sentence
        if read and read[-1].speakers:
            self._memory.spoke(read[-1].speakers)

    def _resolved(self, saying: Saying, found: list[Phrase], read: list[Said], noted: set[Phrase]) -> Said:
        """A saying with its speakers, knowing whom the sentence has named so far."""
        ahead = any(p.pronoun not in ("", "dropped") for p in saying.speakers)
        for phrase in found:
            at = phrase.units[0].start
            told = ahead and any(a <= at < b for a, b in saying.content)  # "... Putin ...", he said
            if at < saying.start and phrase not in saying.speakers and not told and phrase not in noted:
                self._memory.note(phrase)
                noted.add(phrase)
        outer = [o for o in read if any(a <= saying.start < b for a, b in o.saying.content)]
        around = next((o for o in outer if o.speakers), outer[0] if outer else None)  # no agency that quotes another
        if around is not None and any(self._self(p, around.speakers) for p in saying.speakers):
            return Said(saying, around.speakers, around, own=True)  # "Hamas told Egypt it accepts"
        speakers = [s for p in saying.speakers for s in self._memory.speakers(p)]
        sides = self._positions.sides(around.speakers) if around is not None else set()
        own = bool(sides) and self._positions.ours(sides, speakers)
        return Said(saying, speakers, around, own)

    def _self(self, phrase: Phrase, speakers: Sequence[Speaker]) -> bool:
        """Whether a phrase in what somebody says means the speaker: "it", "we", "his government"."""
        role = phrase.role
        owned = role is not None and role.kind == "organ" and len(phrase.units) == 2
        own = owned and bool(speakers) and phrase.units[0].low in self._memory.own
        return own or means(phrase.pronoun, speakers)

    def _retells(self, inner: Said, outer: Said) -> bool:
        """Whether an act inside another is no statement of its own.

        It is the speaker's own ("Lavrov said Russia backs it"), a wish ("must accept"), or what is demanded or refused.
        """
        parted = any(mark in self._view.plain[outer.saying.end : inner.saying.start] for mark in ",;—")
        demanded = outer.saying.cue.kind == "act" and inner.saying.rule not in (CALL, DONE) and not parted
        wished = bool(inner.saying.modal and outer.speakers)  # "ready to accept, sources said": nobody's wish
        verb = self._view.low[inner.saying.start : inner.saying.end]
        behind = outer.saying.cue.kind == "say" and inner.saying.start > outer.saying.end
        supposed = behind and verb in self._grammar.wishes and bool(outer.speakers)
        return wished or demanded or (inner.own and not voiced(inner, outer)) or supposed

    def _keep(self, said: Said, read: Sequence[Said], sentence: Range) -> None:
        for topic in self._lexicon.topics:
            hit = self.topics.about(topic, said.saying, sentence)
            if hit is not None:
                parties = self._conflicts.parties(self._conflicts.of(sentence)) if topic == CEASEFIRE else ()
                for speaker in said.speakers:
                    how = self._positions.of(topic, hit, said, speaker, read, sentence, parties)
                    found = self._statement(hit, said.saying, how, speaker, sentence)
                    if not (said.saying.cue.kind == "act" and how[0] in TOLD_AGAIN and self._long_past(found.said_on)):
                        self._found.append((found, speaker.post))

    def _long_past(self, said_on: str | None) -> bool:
        """Whether an act was done weeks before the article."""
        try:
            return date.fromisoformat(self._day) - date.fromisoformat(said_on or "") > NEWS
        except ValueError:
            return False  # a day that is not known, or only told in words

    def _names_in(self, start: int, end: int) -> Sequence[Name]:
        return self._names[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _quotes_in(self, start: int, end: int) -> list[Quote]:
        """The quotations of which a part lies in [start, end)."""
        return self._quotes[bisect_right(self._quote_ends, start) : bisect_left(self._quote_starts, end)]

    def _statement(self, hit: Hit, saying: Saying, position: Position, speaker: Speaker, sentence: Range) -> Statement:
        view, (how, rule) = self._view, position
        # Measured on labelled articles (python -m bench.engine): that share of the surest is right.
        sure = SUREST * saying.sure * speaker.sure * (0.67 if rule == SPOKEN_OF else 1.0)
        if speaker.bare and saying.cue.kind != "say":
            sure *= 0.7  # a single unknown word is a speaker only where it says something
        words = f"{view.plain[saying.start : saying.end]!r} about {self.topics.text(hit)!r}"
        conflicts = self._conflicts.of(sentence)
        said_on, said_in = self._occasion(saying, sentence)
        first = min([sentence[0], *(a for a, b in saying.content if a <= hit.start < b)])
        return Statement(
            speaker=speaker.name,
            speaker_span=view.span(speaker.start, speaker.end),
            topic=hit.topic,
            stance=how,
            target=self._target(hit, speaker.name, saying, sentence, conflicts),
            evidence=view.span(first, max(sentence[1], hit.end)),
            quote=self._quote(saying.content, hit),
            cue=view.span(saying.start, saying.end),
            confidence=round(min(1.0, sure), 2),
            reason=f"{saying.rule}, {words}; stance: {rule}",
            conflicts=conflicts,
            said_on=said_on,
            said_in=said_in,
        )

    def _occasion(self, saying: Saying, sentence: Range) -> tuple[str | None, str | None]:
        if not saying.speakers:
            return None, None  # a quotation that goes on
        quoted = [(q.start, q.end) for q in self._quotes_in(*sentence)]
        return self._occasions.of(self._view, saying, sentence, quoted, self._names_in(*sentence), self._day)

    def _quote(self, content: Sequence[Range], hit: Hit) -> Span | None:
        """The quotation in what is said, that about the topic first; without its marks."""
        starts = self._quote_starts
        inside = [q for a, b in content for q in self._quotes[bisect_left(starts, a) : bisect_left(starts, b)]]
        if not inside:
            return None
        best = next((q for q in inside if q.start <= hit.start < q.end), inside[0])
        return self._view.span(best.start + 1, best.end - 1)

    def _target(self, hit: Hit, speaker: str, saying: Saying, sentence: Range, conflicts: tuple[str, ...]) -> Targets:
        """The parties of a ceasefire, else the places spoken of; of states never the speaker alone."""
        if hit.topic == CEASEFIRE and (sides := self._conflicts.sides(conflicts)):
            return sides
        if isinstance(hit.what, Term) and hit.what.about:
            return hit.what.about
        found = self._conflicts.places([*saying.content, sentence], conflicts, self._view.low.find("\n"))
        own = self._lexicon.territories.get(speaker)
        return found if found != (speaker,) or (own is not None and own.disputed) else ()

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
            self._keep(Said(_going_on(start, end), self._carried), (), (start, end))
        elif not inside and not self._dictated:
            self._carried = []


def _going_on(start: int, end: int) -> Saying:
    """A whole sentence, as said by whom spoke before it."""
    return Saying(GOES_ON, start, start + 1, (), ((start, end),), False, "", 0.8, "quotation goes on")


def _says_first(saying: Saying) -> tuple[bool, int]:
    """Verbs of speech before the acts they may report."""
    return (saying.cue.kind != "say", saying.start)
