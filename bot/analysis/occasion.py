"""When and where something was said: the words for a day, a place or a medium beside the words that report it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from re import Match, Pattern

from bot.analysis.clause import Range, Saying
from bot.analysis.lexicon import Language, spelled
from bot.analysis.match import Name
from bot.analysis.text import View

NEAR = 90  # letters between a cue and the words for when and where
CAPITAL = r"[A-Z](?:[\w&'-]|\.(?=\w))*"
NEVER = "(?!)"


class Occasions:
    """Finds them by a language's words. A language without words for the days of the week has none."""

    def __init__(self, language: Language) -> None:
        words = language.words
        self._weekdays = {w: n for n, day in enumerate(words.get("weekday", ())) for w in spelled(day)}
        self._months = {w: n for n, month in enumerate(words.get("month", ()), 1) for w in spelled(month)}
        self._ago = {w: n for n, key in enumerate(("today", "yesterday")) for w in words.get(key, ())}
        self._before = frozenset(words.get("preposition", ())) | frozenset(words.get("speaking", ()))
        self._elsewhen = frozenset(words.get("elsewhen", ()))
        self._past_of = frozenset(words.get("stop", ())) | frozenset(words.get("relative", ()))
        self._tongues = frozenset(words.get("tongue", ()))  # "in Arabic" is no place
        self._hearing = frozenset(words.get("hearing", ()))
        month, weekday, ordinal = _any(self._months), _any(self._weekdays), _any(words.get("ordinal_ending", ()))
        link, determiner = _any(words.get("name_link", ())), _any(words.get("determiner", ()))
        self._when = re.compile(
            rf"\b(?:(?P<weekday>{weekday})|(?P<day>\d{{1,2}})(?:{ordinal})?\s(?:(?:{link})\s)?(?P<month>{month})"
            rf"|(?P<month2>{month})\.?\s(?P<day2>\d{{1,2}})(?:{ordinal})?(?!\d)|(?P<ago>{_any(self._ago)})"
            rf"|(?P<words>{_any(words.get('some_time', ()))}))\b(?:,?\s(?P<year>(?:19|20)\d\d)\b)?"
        )
        small = rf"{_any(words.get('preposition', ()))}|{determiner}|{_any(words.get('conjunction', ()))}"
        capitals = rf"{CAPITAL}(?:\s(?:(?:{link})\s)?{CAPITAL})*"
        other = rf"(?!(?i:{weekday}|{month})\b){capitals}"
        article = rf"(?:(?i:{_any(words.get('article', ()))})\s)?"
        named = rf"(?:\s(?:{_any(words.get('medium_link', ()))})\s{article}{other})"
        medium = rf"(?:(?!(?i:{small})\b)[\w.&'-]+\s){{0,3}}?(?i:{_any(words.get('medium', ()))})\b{named}*"
        outlet = rf"(?:{capitals}\s)?(?i:{_any(words.get('outlet', ()))})\b"
        before = rf"(?:(?i:{determiner})\s)?"
        self._medium = re.compile(rf"\b(?i:{_any(words.get('led_by', ()))})\s{before}(?P<what>{medium})")
        self._told = re.compile(rf"\s{before}(?P<what>{medium}|{outlet})")
        self._platform = re.compile(
            rf"\b(?:{_any(words.get('posted_on', ()))})\s(?P<what>{_any(words.get('platform', ()))})\b"
        )
        self._place = re.compile(rf"\b(?i:{_any(words.get('placed_in', ()))})\s{article}(?P<what>{other})")
        self._known = bool(self._weekdays)

    def of(
        self, view: View, saying: Saying, sentence: Range, quoted: Sequence[Range], names: Sequence[Name], day: str
    ) -> tuple[str | None, str | None]:
        """The day (ISO where it can be told, else the article's words) and the place or medium of one saying."""
        if not self._known:
            return None, None
        free = list(_without(sentence, [*saying.content, *quoted]))
        when = next(self._beside(view, saying, sentence, free, self._when, view.low), None)
        when = when or self._closing(view, saying, sentence)
        return (self._date(view, when, day) if when is not None else None), self._where(
            view, saying, sentence, free, names
        )

    def _where(
        self, view: View, saying: Saying, sentence: Range, free: Sequence[Range], names: Sequence[Name]
    ) -> str | None:
        told = self._told.match(view.plain, saying.end) if self._heard(view, saying) else None
        if told is not None:
            return view.shown[told.start("what") : told.end("what")]
        for pattern in (self._medium, self._platform):
            found = next(self._beside(view, saying, sentence, free, pattern, view.plain), None)
            if found is None and saying.cue.kind != "say":
                found = pattern.search(view.plain, saying.end, sentence[1])  # "rejected the truce in a statement"
            if found is not None:
                return view.shown[found.start("what") : found.end("what")]
        subject = saying.speakers[0].units[0].start
        for found in self._beside(view, saying, sentence, free, self._place, view.plain):
            if subject <= found.start() < saying.start:
                continue  # "The army in Gaza said": there it stands
            name = next((n for n in names if n.start == found.start("what")), None)
            if not (name.adjective if name is not None else found["what"].lower() in self._tongues):
                return view.shown[found.start("what") : name.end if name is not None else found.end("what")]
        return None

    def _heard(self, view: View, saying: Saying) -> bool:
        return view.low[saying.start : saying.end] in self._hearing

    def _beside(
        self, view: View, saying: Saying, sentence: Range, free: Iterable[Range], pattern: Pattern[str], text: str
    ) -> Iterator[Match[str]]:
        """What stands outside the words said and belongs to the cue, the nearest first."""
        found = [m for a, b in free for m in pattern.finditer(text, a, b)]
        found.sort(key=lambda m: max(m.start() - saying.end, saying.start - m.end()))
        return (m for m in found if self._belongs(view, saying, sentence, m))

    def _belongs(self, view: View, saying: Saying, sentence: Range, found: Match[str]) -> bool:
        subject, last = saying.speakers[0].units, saying.speakers[-1]
        ends = (last.owner or last).units[-1].end
        if found.start() >= saying.end:
            behind = max(saying.end, ends) if subject[0].start > saying.start else saying.end
            return self._plainly(view, behind, found.start())
        if subject[0].start <= found.start():
            return (
                found.start() >= ends
                and "," not in view.plain[found.end() : saying.start]
                and self._plainly(view, ends, found.start())
            )
        lead = view.low[sentence[0] : found.start()].split()[:1]
        opens = not lead or lead[0] in self._before  # "In Doha on Monday, X said", "Speaking in Doha, X said"
        return opens and self._plainly(view, sentence[0], found.start(), far=True)

    def _plainly(self, view: View, start: int, end: int, *, far: bool = False) -> bool:
        """Whether no other clause begins between two offsets, and they are near."""
        between = view.low[start:end] if start < end else ""
        return (far or len(between) < NEAR) and self._past_of.isdisjoint(re.findall(r"[\w']+", between))

    def _closing(self, view: View, saying: Saying, sentence: Range) -> Match[str] | None:
        """The day at the end of an act: "rejected the truce on Monday", not "called for a truce on Monday"."""
        if saying.cue.kind == "say" or saying.modal:
            return None
        for found in self._when.finditer(view.low, saying.end, sentence[1]):
            between = re.findall(r"[\w']+", view.low[saying.start : found.start()])
            if self._elsewhen.isdisjoint(between) and self._past_of.isdisjoint(between):
                return found
        return None

    def _date(self, view: View, found: Match[str], day: str) -> str:
        """The ISO date that the words mean in an article of this day, else the words."""
        try:
            today = date.fromisoformat(day)
            if found["weekday"]:
                return (today - timedelta(days=(today.weekday() - self._weekdays[found["weekday"]]) % 7)).isoformat()
            if found["ago"]:
                return (today - timedelta(days=self._ago[found["ago"]])).isoformat()
            month = self._months.get(found["month"] or found["month2"] or "")
            if month:
                number = int(found["day"] or found["day2"])
                on = date(int(found["year"] or today.year), month, number)
                late = not found["year"] and on > today + timedelta(days=1)
                return (on.replace(year=on.year - 1) if late else on).isoformat()
        except (ValueError, OverflowError):
            pass  # no day is known, "30 February", or a day beyond the calendar's ends
        return view.shown[found.start() : found.end()]


def _any(words: Iterable[str]) -> str:
    """A pattern for any of the words, the longest first; nothing where there are none."""
    each = sorted({s for w in words for s in spelled(w)}, key=len, reverse=True)
    return "|".join(re.escape(w).replace(r"\ ", r"\s") for w in each) or NEVER


def _without(whole: Range, parts: Iterable[Range]) -> Iterator[Range]:
    """The pieces of a range outside of some others."""
    at = whole[0]
    for start, end in sorted(parts):
        if start > at:
            yield at, min(start, whole[1])
        at = max(at, end)
    if at < whole[1]:
        yield at, whole[1]
