"""A sentence as units: names, roles, cues, and the small words between them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.analysis.lexicon import Cue, Language, Role, spelled
from bot.analysis.match import Name
from bot.analysis.text import View, unified

TOKEN = re.compile(
    r"(?:[A-Za-z]\.){2,}|'s\b|[A-Z][a-z]{1,3}\.(?=\s[A-Z])|[^\W_]+(?:[-.&/][^\W_]+|'(?!s\b)[^\W_]+)*|[^\w\s]"
)
PUNCTUATION = {
    ",": "comma",
    ":": "colon",
    ";": "semicolon",
    "(": "open",
    ")": "close",
    "-": "dash",
    "|": "dash",
    "—": "dash",
    "[": "open",
    "]": "close",
}
# Closed classes in the order in which they win where one word is in several.
CLASSES = (
    "possessive", "negation", "auxiliary", "source", "relative", "subordinator", "contrast", "conjunction",
    "preposition", "determiner", "number", "pronoun_m", "pronoun_f", "pronoun_it", "pronoun_they", "pronoun_we",
    "title", "adverb",
)  # fmt: skip
PRONOUNS = ("pronoun_m", "pronoun_f", "pronoun_it", "pronoun_they", "pronoun_we")
LEADING = ("determiner", "possessive", "title", "modifier", "that", "focus")  # what may stand before a clause's subject
BODIES = ("organ", "group", "official")
MOST_KINDS = 30_000  # words remembered; a hostile text may hold no other
SHORT = 3  # letters of a role that is an abbreviation
APART = 25  # words from a verb to the particle that belongs to it
CLOSING = frozenset(",.;:!?")


@dataclass(slots=True, eq=False)
class Unit:
    """One word or one fixed phrase of a sentence, [start, end) in the view."""

    kind: str
    start: int
    end: int
    low: str
    name: Name | None = None
    role: Role | None = None
    cue: Cue | None = None
    modifier: bool = False


class Grammar:
    """The closed classes, roles and cues of one language, looked up longest first."""

    def __init__(self, language: Language) -> None:
        self._glued = frozenset(language.words.get("glued", ()))
        self._table: dict[tuple[str, ...], Unit] = {}
        self._longest: dict[str, int] = {}  # the most words of an entry that begins with this one
        self._follows: dict[str, set[str]] = {}  # what follows any word of an entry of several
        self._second: dict[str, set[str]] = {}  # what follows the first word of an entry of several
        self._kinds: dict[str, str] = {}  # of words met that no list holds
        self._parting: set[str] = set()  # the first words of cues of two, between which an adverb may stand
        for role in language.roles:
            self._add(role.forms, Unit("role", 0, 0, "", role=role))
        for cue in language.cues:
            self._add(cue.forms, Unit("cue", 0, 0, "", cue=cue))
        for kind in reversed(CLASSES):
            self._add(language.words.get(kind, ()), Unit(kind, 0, 0, ""))
        for word in language.words.get("modifier", ()):
            key = tuple(word.split())
            self._table.setdefault(key, Unit("word", 0, 0, "")).modifier = True
        particles = frozenset(language.words.get("particle", ()))
        self._separable: dict[str, dict[str, Unit]] = {}  # a verb -> the particles that may close its clause
        self._joining = frozenset(language.words.get("conjunction", ()))
        self._single = {key[0]: unit for key, unit in self._table.items() if len(key) == 1}
        for key, unit in self._table.items():
            self._longest[key[0]] = max(len(key), self._longest.get(key[0], 0))
            if len(key) > 1:
                self._second.setdefault(key[0], set()).add(key[1])
            for word, after in pairwise(key):
                self._follows.setdefault(word, set()).add(after)
            if len(key) == 2 and unit.cue is not None:
                self._parting.add(key[0])
                if key[1] in particles:
                    self._separable.setdefault(key[0], {})[key[1]] = unit
        traits = language.words.get("trait", ())
        self.behind, self.dropped = "subject behind" in traits, "subject dropped" in traits
        self.last, self.capitals = "verb last" in traits, "nouns in capitals" not in traits
        self.denied_behind = "negation behind" in traits
        self.merely = frozenset(language.words.get("merely", ()))
        self.bridges = frozenset(language.words.get("bridge", ()))
        self._participle = tuple(language.words.get("participle_ending", ()))
        self._irregular = frozenset(language.words.get("irregular_past", ()))
        self._past = tuple(language.words.get("past_ending", ()))
        self._adverb = tuple(language.words.get("adverb_ending", ()))
        self.inside = frozenset(language.words.get("inside", ()))
        self._plural = tuple(language.words.get("plural_ending", ()))
        words = language.words.get
        self.themselves = frozenset(w for kind in ("infinitive", *PRONOUNS) for w in words(kind, ()))
        self.leading = frozenset(w for kind in LEADING for w in words(kind, ()))
        self.bodies = frozenset(w for role in language.roles if role.kind in BODIES for w in role.forms)
        self.by, self.trailing = frozenset(words("by", ())), frozenset(words("trailing", ()))
        self.agents = frozenset(language.words.get("agent", ()))
        self.sources = frozenset(language.words.get("from", ()))
        self.infinitives = frozenset(language.words.get("infinitive", ()))
        self.stops = frozenset(language.words.get("stop", ()))
        self.gerunds = frozenset(language.words.get("gerund", ()))
        self.passives = frozenset(language.words.get("passive", ()))
        self.modals = frozenset(language.words.get("modal", ()))
        self.absolute = frozenset(language.words.get("absolute", ()))
        self.younger = frozenset(language.words.get("younger", ()))
        self.events = frozenset(language.words.get("event", ()))
        self.future = frozenset(language.words.get("future", ()))
        self.denials = frozenset(language.words.get("denial", ()))
        self.asked = frozenset(language.words.get("asked", ()))
        self.floating = frozenset(language.words.get("floating", ()))
        self.blamed = tuple(language.words.get("blamed", ()))
        self.retold = frozenset(language.words.get("retold", ()))
        self.that = frozenset(language.words.get("that", ()))
        self.possible = frozenset(language.words.get("possible", ()))
        self.months = frozenset(s for form in language.words.get("month", ()) for s in spelled(form))
        self.undone = frozenset(words("undone", ()))
        self.undergone = frozenset(s for form in language.words.get("undergone", ()) for s in spelled(form))
        self.hearing = frozenset(language.words.get("hearing", ()))
        self.newly = frozenset(s for form in language.words.get("newly", ()) for s in spelled(form))
        self.promises = frozenset(language.words.get("promise", ()))
        self.mentions, self.causing = frozenset(words("mention", ())), frozenset(words("causing", ()))
        self.spoken_nouns = frozenset(words("spoken_noun", ()))
        self.neither, self.told_of = frozenset(words("neither", ())), frozenset(words("told_of", ()))
        self.inserted = frozenset(words("inserted", ()))
        self.mediators, self.seeking = frozenset(words("mediator", ())), frozenset(words("seeking", ()))
        self.recognising = tuple(words("recognising", ()))
        self.wishes = frozenset(language.words.get("wish", ()))
        self.hearsay = frozenset(language.words.get("hearsay", ()))
        self.afterthoughts = tuple(f"{s} " for form in words("afterthought", ()) for s in spelled(form))
        self.meanwhile = frozenset(language.words.get("meanwhile", ()))
        self.measured = frozenset(words("measured", ()))
        self.pending = frozenset(s for form in words("pending", ()) for s in spelled(form))
        self.quoting, self.likening = frozenset(words("quoting", ())), frozenset(words("likening", ()))
        self.setting, self.clock = frozenset(words("setting", ())), frozenset(words("clock", ()))
        self.matters = frozenset(w for kind in ("pause", "deal", "plan") for w in words(kind, ()))
        self.wheres = frozenset(language.words.get("where", ()))

    def participle(self, low: str) -> bool:
        """Whether a verb's first word has the ending of a participle that shares its subject ("calling for")."""
        return low.partition(" ")[0].endswith(self._participle)

    def nobody(self, low: str) -> bool:
        """Whether a verb can stand without a subject and mean those of a house ("в Кремле заявили")."""
        return low.endswith(self._plural)

    def past(self, low: str) -> bool:
        """Whether a verb's first word has the ending of the past and of the passive ("called for")."""
        first = low.partition(" ")[0]
        return first.endswith(self._past) or first in self._irregular

    def _parts(self, word: str) -> tuple[str, ...]:
        """The tokens of a word as it stands in an entry; a little word that glues itself to the next is one ("d'")."""
        return (word,) if word in self._glued else tuple(t.group() for t in TOKEN.finditer(word))

    def _add(self, forms: Sequence[str], like: Unit) -> None:
        for form in forms:
            for spelling in spelled(form):
                low = unified(spelling).lower()
                key = tuple(part for word in low.split() for part in self._parts(word))
                old = self._table.get(key)
                self._table[key] = Unit(
                    like.kind, 0, 0, "", role=like.role or (old.role if old else None), cue=like.cue
                )

    def units(self, view: View, start: int, end: int, names: Sequence[Name]) -> list[Unit]:
        """The units of one sentence."""
        plain, text = view.plain, view.low
        tokens = [m.span() for m in TOKEN.finditer(plain, start, end)]
        at_name = {n.start: n for n in names}
        if self._glued:
            tokens = self._unglued(text, tokens, at_name)
        low = [text[a:b] for a, b in tokens]
        single, second, kinds = self._single, self._second, self._kinds
        out: list[Unit] = []
        i, quoted = 0, False
        while i < len(tokens):
            a, b = tokens[i]
            if (name := at_name.get(a)) is not None:
                while i < len(tokens) and tokens[i][0] < name.end:
                    i += 1
                out.append(Unit("name", a, name.end, text[a : name.end], name))
                continue
            word = low[i]
            like, end = self._fixed(low, i) if word in second else (single.get(word), i + 1)
            if like is None:
                shown = plain[a:b]
                kind = kinds.get(shown) or self._kind(shown, word)
                if word == "'":
                    owning = not quoted and _owning(plain, a)  # else it closes what another has opened
                    quoted, kind = not quoted and not owning, "possessive" if owning else "mark"
                out.append(Unit(kind, a, b, word))
            elif like.cue is not None and _hyphened(plain, a):
                out.append(Unit("word", a, b, word))
                end = i + 1
            elif like.role is not None:
                out.append(self._post(like, view, a, tokens[end - 1][1], named=bool(out) and out[-1].kind == "cap"))
            else:
                b = tokens[end - 1][1]
                out.append(Unit(like.kind, a, b, text[a:b], None, None, like.cue, like.modifier))
            i = end
        return out

    def _fixed(self, low: Sequence[str], i: int) -> tuple[Unit | None, int]:
        """The longest entry of the table that begins at token i, and the token behind it."""
        if i + 1 < len(low) and low[i + 1] in self._second[low[i]]:
            for size in range(min(self._longest[low[i]], len(low) - i), 1, -1):
                if (like := self._table.get(tuple(low[i : i + size]))) is not None:
                    return like, i + size
        if low[i] in self._parting and (wide := self._parted_cue(low, i)) is not None:
            return wide
        if low[i] in self._separable and (apart := self._apart(low, i)) is not None:
            return apart, i + 1
        return self._single.get(low[i]), i + 1

    def _apart(self, low: Sequence[str], i: int) -> Unit | None:
        """A verb whose particle closes its clause: "schließt einen Rückzug aus"."""
        particles = self._separable[low[i]]
        for j in range(i + 2, min(len(low), i + APART)):
            if low[j] in CLOSING:
                return None
            ends = j + 1 == len(low) or not low[j + 1][0].isalnum() or low[j + 1] in self._joining
            if ends and low[j] in particles:
                return particles[low[j]]
        return None

    def _parted_cue(self, low: Sequence[str], i: int) -> tuple[Unit, int] | None:
        """A cue of several words with one adverb inside ("called on Sunday for"), and the token behind it."""
        longest = self._longest.get(low[i + 1], 0) if i + 2 < len(low) else 0
        for size in range(min(longest, len(low) - i - 2), 0, -1):
            inside = self._table.get(tuple(low[i + 1 : i + 1 + size]))
            if inside is not None and inside.kind == "adverb":
                end = i + 1 + size
                like = self._table.get((low[i], low[end]))
                return (like, end + 1) if like is not None and like.cue is not None else None
        return None

    def _unglued(
        self, text: str, tokens: Sequence[tuple[int, int]], at_name: Mapping[int, Name]
    ) -> list[tuple[int, int]]:
        """The tokens, parted from their little words, but for the inner words of an entry ("رئيس الوزراء")."""
        out: list[tuple[int, int]] = []
        for a, b in tokens:
            inner = bool(out) and text[a:b] in self._follows.get(text[out[-1][0] : out[-1][1]], ())
            out.extend([(a, b)] if inner else self._parted(text, a, b, at_name))
        return out

    def _parted(self, text: str, a: int, b: int, at_name: Mapping[int, Name]) -> Iterator[tuple[int, int]]:
        """A token without the little words glued to it ("l'Iran"), which become tokens of their own."""
        if a not in at_name and text[a:b] not in self._longest:
            for cut in range(a + 1, min(b, a + 7)):
                if text[a:cut] in self._glued and (cut in at_name or text[cut:b] in self._longest):
                    yield a, cut
                    a = cut
                    break
        yield a, b

    def _post(self, like: Unit, view: View, start: int, end: int, *, named: bool) -> Unit:
        """A role noun; `named`: an unknown name stands before it."""
        low = view.low[start:end]
        if end - start <= SHORT and view.plain[start:end].islower():
            return Unit("word", start, end, low)  # "11 pm" is no prime minister
        if named and like.role is not None and like.role.kind == "crowd" and view.plain[start].isupper():
            return Unit("cap", start, end, low)  # "United Steel Workers"
        return Unit(like.kind, start, end, low, None, like.role, like.cue, like.modifier)

    def _kind(self, text: str, low: str) -> str:
        """What a word is that no list holds, by its looks; remembered, as most words come again."""
        if text[0].isupper():
            kind = "cap"
        elif not text[0].isalnum():
            kind = PUNCTUATION.get(text, "mark")
        elif text[0].isdigit():
            kind = "number"
        elif self._adverb and low.endswith(self._adverb):
            kind = "adverb"
        else:
            kind = "cap" if "-" in low and text != low else "word"  # al-Thani
        if len(self._kinds) < MOST_KINDS:
            self._kinds[text] = kind
        return kind


def _owning(text: str, at: int) -> bool:
    """Whether an apostrophe stands behind an owner in the plural: "the rebels' leader"."""
    return at > 1 and text[at - 1] == "s" and text[at + 1 : at + 2] == " " and text[at + 2 : at + 3].isalpha()


def _hyphened(text: str, at: int) -> bool:
    """Whether a word is the second part of another: "US-backed forces" back nothing."""
    return at > 1 and text[at - 1] == "-" and not text[at - 2].isspace()
