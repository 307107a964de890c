"""Whether a topic's words mean the topic where they stand, and whether they are what somebody speaks about."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from bot.analysis.classes import OTHER
from bot.analysis.clause import Range, Saying
from bot.analysis.land import Land
from bot.analysis.lexicon import Cue, Deed, Forbid, Language, Lexicon, StanceRule, Term
from bot.analysis.match import Hit, Name
from bot.analysis.rules import Rulebook
from bot.analysis.stance import stance
from bot.analysis.text import View
from bot.analysis.whose import Told
from bot.domain.statement import CEASEFIRE, Stance

WORD = 7  # letters of a word and its space, on average
REACH = 12  # words from an act to what it is about
LEAD, LEADING = 60, 6  # letters and words before a topic's words in which is looked for what makes them background
REACH_AGREE = 8  # nearer: "approves sanctions in a push for a ceasefire" approves no ceasefire
LATELY = 250  # letters before a word in which that was named which "it" means
TOLD_AGAIN = (Stance.AGREE, Stance.RECOGNISE, Stance.CLAIM)


class Topics:
    """The topics' words found in one article. `reasons` collects why some of them did not count."""

    def __init__(
        self,
        lexicon: Lexicon,
        language: Language,
        view: View,
        hits: Sequence[Hit],
        names: Sequence[Name],
        books: Mapping[str, Rulebook],
        *,
        day: str,
    ) -> None:
        self._lexicon, self._view, self._words, self._day = lexicon, view, language.words, day
        self._books = books
        self._war = [h.start for h in hits if h.what is None]
        self._forbids = [(h, h.what) for h in hits if isinstance(h.what, Forbid)]
        self._terms = [h for h in hits if isinstance(h.what, Term | Deed)]
        self._starts = [h.start for h in self._terms]
        self._named = {h.topic for h in self._terms if _names(h)}
        self._land = Land(lexicon, language, view, names)
        dispute = any(n.actor and lexicon.conflicts_of(n.actor.name) for n in names)
        self._conflict = bool(self._war or self._land.places or dispute)
        self._between = language.any_of("determiner", "between")
        self._past = language.any_of("past")
        self._talks, self._efforts, self._infinitive, self._behind = (
            language.any_of(key) for key in ("talks", "efforts", "infinitive", "background")
        )
        self._owned = language.any_of("retold", "beside")  # background over an owner as well
        self._plainly: dict[tuple[Range, ...], Stance] = {}  # of words said
        self._fitting: dict[tuple[str, str, Told], list[StanceRule]] = {}  # to words said by several
        self.reasons: list[str] = []

    def fitting(self, topic: str, words: str, told: Told) -> list[StanceRule]:
        """The stance rules of a topic that fit the words said, in their order."""
        key = (topic, words, told)
        if key not in self._fitting:
            self._fitting[key] = self._books[topic].fitting(words, told.whose, told.verb, told.clause)
        return self._fitting[key]

    def deeds(self, start: int, end: int) -> dict[int, int]:
        """Where in [start, end) a verb stands that is cue and topic at once, and its end."""
        found = (h for h in self._within(start, end) if isinstance(h.what, Deed))
        return {h.start: h.end for h in found if all(self._stands(near, h, start, end) for near in _near(h))}

    def about(self, topic: str, saying: Saying, sentence: Range) -> Hit | None:
        """The first of the topic's words that counts in what is said."""
        deed = saying.cue.kind == "deed"
        own: tuple[Range, ...] = ((saying.start, saying.end),)
        says = saying.cue.kind == "say"
        for start, end in own if deed else own + saying.content:
            for hit in self._within(start, end):
                if says and hit.start == saying.start and hit.end <= saying.end:
                    continue  # "claims" is speech, "claims as its own" is about land
                if hit.topic == topic and isinstance(hit.what, Deed) == deed and self._meant(hit, saying, sentence):
                    return hit
        return None

    def text(self, hit: Hit) -> str:
        """The words of a hit."""
        return self._view.plain[hit.start : hit.end]

    def may_count(self, start: int, end: int, sentence: Range) -> bool:
        """Whether a topic's words in [start, end) may count in a saying, or there is a reason why they do not."""
        hits, before = self._within(start, end), len(self.reasons)
        if not hits:
            return False
        counts = any(self._counts(hit, sentence) for hit in hits)
        told = len(self.reasons) > before
        del self.reasons[before:]
        return counts or told

    def _within(self, start: int, end: int) -> Sequence[Hit]:
        return self._terms[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _meant(self, hit: Hit, saying: Saying, sentence: Range) -> bool:
        act = saying.cue.kind == "act"
        if saying.cue.stance == Stance.RECOGNISE and hit.topic == CEASEFIRE:
            return False  # "while recognising Israel's right to ..., urged it to stop"
        if act and (self._beyond(hit, saying) or self._old(saying, sentence)):
            return False
        near, takes = _near(hit), bool(saying.cue.stance) or saying.cue.kind == "deed"
        if "position" in near and saying.cue.kind == "say" and self._plain(saying) == Stance.ASSESS:
            return False
        if ("article" in near or "named" in near) and hit.topic not in self._named:
            return False
        if "article" in near and not takes:
            return False
        if "named" in near and not takes and self._plain(saying) == Stance.ASSESS:
            return False
        return self._counts(hit, sentence) and (saying.cue.kind == "deed" or not self._background(hit, saying))

    def _old(self, saying: Saying, sentence: Range) -> bool:
        """Whether the sentence tells of an act of former years ("signed in 1994", "recognised it decades ago")."""
        if saying.cue.stance not in TOLD_AGAIN:
            return False
        words = self._view.low[sentence[0] : sentence[1]].replace(",", " ").replace(".", " ").split()
        years = [w for w in words if len(w) == 4 and w.isdigit() and "1500" < w < (self._day[:4] or "0")]
        return bool(years) or not self._past.isdisjoint(words)

    def _beyond(self, hit: Hit, saying: Saying) -> bool:
        """Whether an act is about something nearer, or about mediating, which is nobody's position."""
        reach = REACH_AGREE if saying.cue.stance == Stance.AGREE else REACH
        between = self._view.low[saying.end : hit.start]
        if len(between) > reach * WORD:
            return True
        if saying.cue.stance == Stance.REJECT:
            return False
        offers = saying.cue.stance in (Stance.AGREE, Stance.PROPOSE)  # "offers to help end the war"
        words = (*self._words.get("mediation", ()), *(self._words.get("helping", ()) if offers else ()))
        padded = f" {' '.join(between.split())} "
        return any(f" {w} " in padded for w in words)

    def _background(self, hit: Hit, saying: Saying) -> bool:
        """Whether the words only say when, where or on what: "freed under the truce", "talks on a truce"."""
        lead = self._lead(hit, next((a for a, b in saying.content if a <= hit.start < b), 0))
        if not lead or (lead in self._talks and saying.cue.kind != "say"):
            return False
        how = self._plain(saying)
        if lead in self._talks:
            return how == Stance.ASSESS
        if lead in self._efforts:
            return saying.cue.kind == "say" and how in (Stance.ASSESS, Stance.PROPOSE)
        return how not in (Stance.ACCUSE, Stance.THREATEN)

    def _plain(self, saying: Saying) -> Stance:
        """The stance of the words said, whatever they are about."""
        if saying.content not in self._plainly:
            content = " ".join(self._view.low[a:b] for a, b in saying.content)
            book = self._books[""]
            rules = [*book.fitting(content), *book.fitting(content, OTHER)]  # be it of his own side or another's
            self._plainly[saying.content] = stance(Cue((), "say"), rules)[0]
        return self._plainly[saying.content]

    def _lead(self, hit: Hit, begin: int) -> str:
        """The word that makes a hit background, over small words and adjectives before it; "" if there is none.

        The words said begin at `begin`: "after the meeting | the truce is dead".
        """
        infinitive = owned = False
        for word in reversed(self._view.low[max(begin, hit.start - LEAD) : hit.start].split()[-LEADING:]):
            if word in self._talks or word in self._efforts:
                return word
            if word in self._behind:
                return "" if infinitive or (owned and word not in self._owned) else word  # "in Gaza to lay down arms"
            infinitive = infinitive or word in self._infinitive
            owned = owned or word.endswith("'s")  # "since November's truce", but not "in Gaza's buffer zone"
            if word.endswith((",", ";", ".")) or not (word in self._between or "-" in word or owned):
                return ""
        return ""

    def _counts(self, hit: Hit, sentence: Range) -> bool:
        """Whether what the words need is near, and nothing that makes them another thing."""
        if self._lexicon.topics[hit.topic].war and not self._conflict:
            self.reasons.append(f"quiet: {self.text(hit)!r} with no sign of an armed conflict")
            return False
        if not all(self._stands(near, hit, *sentence) for near in _near(hit)):
            return False
        for other, forbid in self._forbids:
            if other.topic != hit.topic or abs(other.start - hit.start) >= forbid.window * WORD:
                continue
            if not any(self._stands(near, hit, *sentence) for near in forbid.without):
                self.reasons.append(f"quiet: {self.text(hit)!r} next to {self.text(other)!r} ({forbid.meaning})")
                return False
        return True

    def _stands(self, near: str, hit: Hit, start: int, end: int) -> bool:
        """Whether what a term's `near` asks for is there; [start, end) is the sentence."""
        if near == "war":
            return bisect_left(self._war, start) < bisect_left(self._war, end)
        if near == "conflict":
            return self._conflict
        if near == "named_before":
            first = bisect_left(self._starts, hit.start - LATELY)
            lately = self._terms[first : bisect_left(self._starts, hit.start)]
            return any(h.topic == hit.topic and _names(h) for h in lately)
        return self._land.stands(near, hit, start, end)


def _names(hit: Hit) -> bool:
    """Whether words bring their topic up by themselves."""
    return isinstance(hit.what, Term) and not set(hit.what.near) - {"conflict"}


def _near(hit: Hit) -> tuple[str, ...]:
    return hit.what.near if isinstance(hit.what, Term | Deed) else ()
