"""The engine: an article's words to its statements, the topics they flag, and the reasons for both."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.analysis.language import Tongues
from bot.analysis.lexicon import Deed, Lexicon, Term
from bot.analysis.match import Names, Spellings, TopicHits
from bot.analysis.occasion import Occasions
from bot.analysis.reading import Reading
from bot.analysis.rules import Rulebook, rulebooks
from bot.analysis.text import View
from bot.analysis.units import Grammar
from bot.domain.statement import Analysis, Document, Stance, Statement

# More than a long read; beyond it a page repeats itself.
CAP = 20_000
# Below it a statement is more often wrong than right; the surest are given 0.88.
THRESHOLD = 0.45
NOBODY = "quiet: nobody is reported to speak about a topic's words"


@dataclass(frozen=True, slots=True)
class _Tools:
    """What one language is read with."""

    grammar: Grammar
    topics: TopicHits
    books: Mapping[str, Rulebook]
    occasions: Occasions
    spellings: Spellings | None

    @classmethod
    def of(cls, lexicon: Lexicon, code: str) -> "_Tools":
        words = lexicon.languages[code]
        spellings = Spellings(lexicon, words) if words.names else None
        return cls(Grammar(words), TopicHits(lexicon, code), rulebooks(lexicon, code), Occasions(words), spellings)


class Engine:
    """The statement engine over one lexicon. Pure: the same document always gets the same verdict."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._names = Names(lexicon)
        self._tongues = Tongues(lexicon.languages)
        self._tools: dict[str, _Tools] = {}  # made with a language's first article: few bots read them all

    def analyse(self, document: Document) -> Analysis:
        """The verdict on one article. Never raises for what a document holds; linear in its length."""
        code = self._tongues.of(document.language or "", f"{document.title}\n{document.text[:1000]}")
        language = self._lexicon.languages.get(code)
        if language is None:
            return Analysis(reasons=(f"quiet: no lexicon for the language {code!r}",))
        if code not in self._tools:
            self._tools[code] = _Tools.of(self._lexicon, code)
        tools = self._tools[code]
        view = View.of(document.body, cap=CAP)
        hits = tools.topics.find(view)
        if not any(isinstance(h.what, Term | Deed) for h in hits):
            return Analysis(reasons=("quiet: no word of any topic",))
        title = view.low[: view.low.find("\n") + 1]
        if mark := next((w for w in language.words.get("opinion", ()) if _stands(w, title)), ""):
            return Analysis(reasons=(f"quiet: the title says {mark!r} (opinion)",))
        names, day = self._names.find(view), (document.published or "")[:10]
        if tools.spellings is not None:
            names = tools.spellings.find(view, names)
        reading = Reading(
            self._lexicon, language, tools.grammar, view, hits, names, tools.books, tools.occasions, day=day
        )
        return self._verdict(reading.statements(), reading.topics.reasons)

    def _verdict(self, found: Iterable[Statement], against: Iterable[str]) -> Analysis:
        kept = [s for s in _best(found) if s.confidence >= THRESHOLD]
        if not kept:
            return Analysis(reasons=tuple(dict.fromkeys(against)) or (NOBODY,))
        topics = tuple(t for t in self._lexicon.topics if any(s.topic == t for s in kept))
        reasons = tuple(f"{s.topic}: {s.speaker} {s.stance.value}: {s.reason}" for s in kept)
        return Analysis(topics, tuple(kept), reasons)


def _best(found: Iterable[Statement]) -> list[Statement]:
    """The most telling report of each gist, in order of appearance; who takes a position needs no "assess" as well."""
    best: dict[tuple[str, str, Stance], Statement] = {}
    for statement in found:
        if statement.gist not in best or _telling(statement) > _telling(best[statement.gist]):
            best[statement.gist] = statement
    taken = {(s.speaker, s.topic) for s in best.values() if s.stance != Stance.ASSESS}
    kept = [s for s in best.values() if s.stance != Stance.ASSESS or (s.speaker, s.topic) not in taken]
    return sorted(kept, key=lambda s: s.evidence.start)


def _telling(statement: Statement) -> tuple[float, int, bool]:
    """Of two reports of one statement the surer, then the one that names most places, and quotes."""
    return (statement.confidence, len(statement.target), statement.quote is not None)


def _stands(word: str, text: str) -> bool:
    """Whether a word stands by itself in a text: a columnist quoted in the news is no column."""
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
