"""Whether a place in dispute stands where a topic's words need one: as their object, as their subject, or near them."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from bot.analysis.lexicon import Language, Lexicon
from bot.analysis.match import Hit, Name
from bot.analysis.text import View

JOINED = 3  # letters between a place and the noun that belongs to it ("the Kashmir issue", "Kashmir's status")
NEXT = 30  # letters from a word to the place it is about
NOW = 12  # the same, where only an article may stand between
PHRASE = 80  # letters that a phrase of small words and adjectives may take
STRANGE = 1  # words unknown to the language's classes in such a phrase ("hand over the *strategic* Donbas region")
TOKEN = re.compile(r"[^\W_](?:[\w-]|['’.](?=\w))*|[^\w\s]")
MARKS = ".,;:!?'\"()"
BEFORE = 200  # letters before a sentence in which a place may be named that it is about
PARTY = 60  # letters before a word in which it is told who leaves
QUOTED = "\"'"
PARTS = ("determiner", "number", "land_part")
STOPS = ("preposition", "conjunction", "contrast", "subordinator", "relative", "infinitive", "auxiliary", "pronoun_m")
BEHIND = (*STOPS, "negation", "adverb", "determiner", "land_behind")
LINKS = ("auxiliary", "modal", "negation", "adverb", "infinitive", "land_link")


class Land:
    """The places of one article: disputed ones, those of a conflict, and words such as "territory"."""

    def __init__(self, lexicon: Lexicon, language: Language, view: View, names: Sequence[Name]) -> None:
        self._lexicon, self._view, self._names, self._language = lexicon, view, names, language
        self.places = [n for n in names if n.place and (n.place.disputed or lexicon.conflicts_of(n.place.name))]
        self._starts = [n.start for n in self.places]
        self._name_starts = [n.start for n in names]
        self._near_nouns = language.any_of("place")
        self._nouns = language.any_of("land")
        self._parts, self._stops, self._behind, self._links = (
            language.any_of(*keys) for keys in (PARTS, STOPS, BEHIND, LINKS)
        )
        self._titled = self._within(0, max(0, view.low.find("\n")))
        self._past = language.words.get("past_ending", ())
        self._endings = language.words.get("adverb_ending", ())

    def stands(self, near: str, hit: Hit, start: int, end: int) -> bool:
        """Whether what a term's `near` asks for is there; [start, end) is the sentence. True for any other `near`."""
        match near:
            case "place":
                return self._near(start, end, nouns=True)
            case "place_next":
                return self._near(hit.end, min(end, hit.end + NEXT), nouns=True)
            case "place_now":
                return bool(self._within(hit.end, min(end, hit.end + NOW)))
            case "place_joined":
                return any(n.end <= hit.start <= n.end + JOINED for n in self._within(hit.start - NEXT, hit.start))
            case "place_before":
                return self._near(max(start, hit.start - NEXT), hit.start, nouns=False)
            case "nation_last":
                return self._nation(hit.end)
            case "state_next":
                after = self._between(hit.end, hit.end + NOW)
                return any(n.actor and n.actor.kind == "state" for n in after)
            case "object" | "object_state":
                return self._object(hit.end, min(end, hit.end + PHRASE), states=near == "object_state")
            case "object_only":
                return self._object(hit.end, min(end, hit.end + PHRASE), states=False, verbs=False)
            case "thing":
                return self._word(hit.end, end) not in self._language.any_of("telling")
            case "subject" | "subject_state":
                return self._subject(max(start, hit.start - PHRASE), hit.start, states=near == "subject_state")
            case "land":
                return self._told(max(0, start - BEFORE), end) or self._noun(start, end)
            case "party":
                return self._party(max(start, hit.start - PARTY), hit.start)
        return True

    def _within(self, start: int, end: int) -> Sequence[Name]:
        return self.places[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def _near(self, start: int, end: int, *, nouns: bool) -> bool:
        """Whether a place is named in [start, end), or with `nouns` a word such as "territory"."""
        return bool(self._within(start, end)) or (nouns and self._noun(start, end))

    def _told(self, start: int, end: int) -> bool:
        """Whether a place in dispute, or a party that is called by it, is named in [start, end) or in the title."""
        if any(self._counts(n, False) for n in (*self._within(start, end), *self._titled)):
            return True
        owners = (self._lexicon.territories.get(n.actor.name) for n in self._between(start, end) if n.actor)
        return any(place is not None and place.disputed for place in owners)

    def _noun(self, start: int, end: int) -> bool:
        return any(w.strip(MARKS) in self._near_nouns for w in self._view.low[start:end].split())

    def _party(self, start: int, end: int) -> bool:
        """Whether a party or its force is told of, no people: "told Palestinians to leave Gaza" is no withdrawal."""
        names = [n for n in self._between(start, end) if n.actor is not None]
        lived = any(n.actor and self._view.plain[n.start : n.end] in n.actor.demonyms for n in names)
        words = [w for w, _, _ in self._tokens(start, end)]
        if lived or any(w in self._language.any_of("people") for w in words):
            return False
        party = any(n.actor and n.actor.kind in ("state", "organ", "group") for n in names)
        return party or any(w in self._language.any_of("force") for w in words)

    def _nation(self, at: int) -> bool:
        """Whether a people's adjective comes next and closes the clause or says what land it is ("is Ukrainian")."""
        after = next(iter(self._between(at, at + NOW)), None)
        if after is None or after.actor is None or not (after.adjective or after.actor.kind == "state"):
            return False
        word = self._view.low[after.end : after.end + NEXT].partition("\n")[0].split()[:1]
        return not word or not word[0][0].isalnum() or word[0].strip(MARKS) in self._language.any_of("nation_goes_on")

    def _object(self, start: int, end: int, *, states: bool, verbs: bool = True) -> bool:
        """Whether a phrase whose head is land begins here: "the rest of Donetsk", "any Ukrainian land".

        Without `verbs` no verb of its own may follow: "claims Kherson", not "claims Kherson is quiet".
        """
        strange, skip = STRANGE, start
        names = {n.start: n for n in self._between(start, end)}
        for word, at, after in self._tokens(start, end):
            if at < skip:
                continue
            if (name := names.get(at)) is not None:
                if not name.adjective and self._counts(name, states) and self._ends(name.end):
                    return verbs or not self._verb(name.end)
                skip = name.end
            elif word in self._nouns:
                if self._ends(after):
                    return verbs or not self._verb(after)
            elif word in self._parts or word in QUOTED:
                continue
            elif word in self._stops or not word[0].isalnum() or not strange:
                return False
            else:
                strange -= 1
        return False

    def _word(self, start: int, end: int) -> str:
        return next((w for w, _, _ in self._tokens(start, min(end, start + PHRASE))), "")

    def _verb(self, at: int) -> bool:
        """Whether a verb comes next, whose subject ends here."""
        word = self._word(at, len(self._view.low))
        return word in self._language.any_of("auxiliary", "negation") or word.endswith(self._past)

    def _ends(self, at: int) -> bool:
        """Whether a phrase ends here: at Gaza in "leave Gaza at once", not in "leave Gaza hospitals"."""
        if self._view.low.startswith("'s", at):
            return False
        line = self._view.low.find("\n", at, at + PHRASE)
        word = next((w for w, _, _ in self._tokens(at, line if line >= 0 else at + PHRASE)), ".")
        known = word in self._behind or word in self._nouns or word.endswith(self._endings)
        return known or not word[0].isalnum()

    def _subject(self, start: int, end: int, *, states: bool) -> bool:
        """Whether a place or a word for land is what these words are said of: "Crimea will never be ..."."""
        strange = STRANGE
        names = {n.end: n for n in self._between(start, end)}
        for word, _, after in reversed(list(self._tokens(start, end))):
            name = names.get(after)
            if word in self._nouns or (name is not None and self._counts(name, states)):
                return True
            if word in self._links:
                continue
            if name is not None or word in self._stops or not word[0].isalnum() or not strange:
                return False
            strange -= 1
        return False

    def _counts(self, name: Name, states: bool) -> bool:
        """Whether a name is that of a place in dispute; states count only where `states` asks for them."""
        place = name.place
        i = bisect_left(self._starts, name.start)
        known = i < len(self._starts) and self._starts[i] == name.start
        return known and place is not None and (states or place.disputed or place.kind != "country")

    def _between(self, start: int, end: int) -> Sequence[Name]:
        return self._names[bisect_left(self._name_starts, start) : bisect_left(self._name_starts, end)]

    def _tokens(self, start: int, end: int) -> Iterator[tuple[str, int, int]]:
        """The words and marks in [start, end): each with its start and end."""
        for found in TOKEN.finditer(self._view.low, start, end):
            word = found[0].removesuffix("'s")
            yield word, found.start(), found.start() + len(word)
