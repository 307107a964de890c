"""Text made fit for matching, with the way back to the document's own offsets; sentences and quotes."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from bot.domain.statement import Span

# What no reader sees, or what typesetting adds: dropped before matching, kept in every excerpt.
# A space before a comma or an 's comes from tags cut out of pages.
HIDDEN = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
UNSEEN = re.compile(
    f"[\\s{HIDDEN}](?<!\\n)"  # a set of characters first: the search leaps over letters, which are most of a text
    f"(?:(?<=[{HIDDEN}])[{HIDDEN}]*|(?<=\\s\\s)[^\\S\\n]*|(?<=\\s)[^\\S\\n]*(?=[,;.!?\\n]|[’']s\\b))"
)
OPENING = {"“": "”", "„": "“”", "«": "»", "‘": "’", '"': '"', "'": "'"}
# Letters that writers of Turkish and Arabic put for one another.
ONE_LETTER = {"ı": "i", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي"}
LONGEST_QUOTE = 2_000
# A quotation mark, or the line breaks before one.
MARK = re.compile('[“”„«»‘’"\'\\n](?:(?<!\\n)|(?<!\\n\\n)\\n*(?=[“"]))')
MOST_KNOWN = 5_000  # characters a table remembers; a hostile text may hold a million
LONGEST_SENTENCE = 1_500  # longer ones are lists or noise, and reading costs the square


class _Table(dict[int, str]):
    """A translation table that works a character out when it is first met."""

    def __init__(self, work_out: Callable[[str], str]) -> None:
        super().__init__()
        self._work_out = work_out

    def __missing__(self, code: int) -> str:
        found = self._work_out(chr(code))
        if len(self) < MOST_KNOWN:
            self[code] = found
        return found


def _plain(char: str) -> str:
    """One character as matchers see it: quote marks, dashes and spaces unified, no accents on Latin letters."""
    if char in "’‘ʼ`´′׳":
        return "'"
    if char in "“”„«»″״":
        return '"'
    if char in ONE_LETTER:
        return ONE_LETTER[char]
    if char.isspace():
        return " " if char != "\n" else char
    if unicodedata.category(char) == "Cs":
        return "\ufffd"  # half a surrogate pair: JSON can bring it, nobody can search for it
    if unicodedata.category(char) == "Pd" and char != "—":
        return "-"  # an em dash parts clauses, the others may part the halves of a word
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() and base.isalnum() else char


def _small(char: str) -> str:
    low = char.lower()
    return low if len(low) == 1 else char


_PLAIN, _SMALL = _Table(_plain), _Table(_small)


def unified(text: str) -> str:
    """The text with one spelling for quote marks, dashes, spaces and accented Latin letters; same length."""
    if not text.isascii():
        for char in set(text):  # the few that are not plain, each at once: quicker than to translate every letter
            if not char.isascii() and (plain := _PLAIN[ord(char)]) != char:
                text = text.replace(char, plain)
    return text.replace("`", "'")


def lowered(text: str) -> str:
    """Lower case, same length."""
    low = text.lower()
    return low if len(low) == len(text) else text.translate(_SMALL)


@dataclass(frozen=True, slots=True)
class View:
    """A document for matchers: `plain` keeps case, `low` does not; `shown` keeps its quote marks. All of one length.

    `origin[i]` is where character i stands in the document.
    """

    document: str
    shown: str
    plain: str
    low: str
    origin: list[int] | None

    @classmethod
    def of(cls, document: str, *, cap: int) -> "View":
        """The view of a document's first `cap` characters."""
        head = document[:cap]
        pieces: list[str] = []
        origin: list[int] = []
        at = 0
        for unseen in UNSEEN.finditer(head):
            pieces.append(head[at : unseen.start()])
            origin.extend(range(at, unseen.start()))
            at = unseen.end()
        if not at:
            shown, back = head, None
        else:
            pieces.append(head[at:])
            origin.extend(range(at, len(head)))
            shown, back = "".join(pieces), origin
        plain = unified(shown)
        return cls(document, shown, plain, lowered(plain), back)

    def span(self, start: int, end: int) -> Span:
        """The document's own words behind [start, end)."""
        if self.origin is None or start >= end:
            return Span.of(self.document, start, end)
        return Span.of(self.document, self.origin[start], self.origin[end - 1] + 1)


class Quote(NamedTuple):
    """A quotation, marks included: [start, end); the words inside are [start + 1, end - 1)."""

    start: int
    end: int


def quotes(view: View) -> list[Quote]:
    """Quotations of at least two words, in order, not nested, each within LONGEST_QUOTE characters."""
    found: list[Quote] = []
    text, opened, closers = view.shown, -1, ""
    for mark in MARK.finditer(text):
        at, char = mark.start(), mark.group()
        if char[0] == "\n":  # a paragraph of a longer quotation, closed only after its last
            if opened >= 0 and at - opened <= LONGEST_QUOTE:
                found.append(Quote(opened, at))
            opened = -1
            continue
        before = text[at - 1] if at else " "
        after = text[at + 1] if at + 1 < len(text) else " "
        if opened >= 0 and at - opened > LONGEST_QUOTE:
            opened = -1
        if char == '"' and before.isalpha() and after.isalpha():
            continue  # part of a Hebrew abbreviation
        if opened >= 0 and char in closers:
            apostrophe = char in "’'" and (after.isalnum() or before.isspace())
            if not apostrophe:
                if " " in text[opened:at]:
                    found.append(Quote(opened, at + 1))
                opened = -1
        elif opened < 0 and char in OPENING and not before.isalnum() and not after.isspace():
            opened, closers = at, OPENING[char]
    return found


QUOTED = "\"'”’»"  # what closes a quotation
# Begins with one set of characters, so that the search leaps from one of them to the next.
END = re.compile("[.!?…\\n](?:(?<=\\n)\\n*|(?<!\\n)(?<![.!?…][.!?…])[.!?…]*[\"'”’»)\\]]*(?=\\s))")
SAYS = re.compile(r""" [^\n"?!.;]{3,60}[.,](?=\s|$)""")  # '"... now?" Carla Reyes asked.': one sentence
LONG_WORD = re.compile(r"[^\W\d_]{4,}")
INITIALS = re.compile(r"(?:\w\.)+\w")


def sentences(view: View, *, abbreviations: frozenset[str]) -> list[tuple[int, int]]:
    """Sentences as [start, end) without surrounding space. A line break always ends one; an abbreviation never does."""
    out: list[tuple[int, int]] = []
    text, start = view.plain, 0
    for stop in END.finditer(text):
        if not text[stop.start()].isspace() and not _ends(text, stop, abbreviations):
            continue
        _add(out, text, start, stop.end())
        start = stop.end()
    _add(out, text, start, len(text))
    return out


def _ends(text: str, stop: re.Match[str], abbreviations: frozenset[str]) -> bool:
    after = text[stop.end() : stop.end() + 3].lstrip()
    if after[:1].islower():
        return False
    if stop.group()[0] != "." or len(stop.group()) > 1:
        return stop.group()[0] == "." or stop.group()[-1] not in QUOTED or SAYS.match(text, stop.end()) is None
    word = text[max(0, stop.start() - 12) : stop.start()].split()[-1:] or [""]
    bare = word[0].lstrip("(\"'").lower()
    return not (bare in abbreviations or (len(bare) == 1 and bare.isalpha()) or INITIALS.fullmatch(bare))


def _add(out: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST_SENTENCE:
        cut = text.rfind(" ", start, start + LONGEST_SENTENCE)
        cut = cut if cut > start else start + LONGEST_SENTENCE
        out.append((start, cut))
        start = cut
    if start < end:
        out.append((start, end))


def headline_case(view: View, start: int, end: int) -> bool:
    """Whether most longer words begin with a capital, so that capitals tell nothing; a sentence is no headline."""
    if view.plain[end - 1] == ".":
        return False
    words: list[str] = LONG_WORD.findall(view.plain, start, end)
    return len(words) >= 4 and sum([w[0].isupper() for w in words]) >= 0.8 * len(words)
