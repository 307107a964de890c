"""The attribution layer alone against labelled attributions: who is quoted, and what with.

usage: python -m bench.attribution [FILE]     (default: ../shared/eval/polnear-dev.jsonl beside the project)

Every attribution of a text has a source, a cue and a content, direct or indirect, whatever it is about; our layer only
looks for cues of its own lexicon. A label holds all of the source ("Carla Reyes, a lawyer from Lima") and all that is
said, up to the end of a quotation some sentences on: `bench.extent` brings our spans to that extent, as statements
carry only the speaker's name and the sentence. A source or content counts as found exactly when its span is the same
but for articles, "that", "to", marks and spaces at its ends; as overlapping when the two share half of the letters of
the shorter one.

The figures are printed for all attributions, and for those where our topics are concerned: a word of a topic stands in
them, or the names in them show a conflict of the lexicon (two of its parties, or a place that is fought over).
"""

import hashlib
import json
import sys
from bisect import bisect_left
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.extent import carried, content, source
from bot.analysis.attribution import sayings
from bot.analysis.clause import Clause
from bot.analysis.conflict import Conflicts
from bot.analysis.dateline import behind_dateline
from bot.analysis.joining import join
from bot.analysis.lexicon import Language, Term
from bot.analysis.match import Names, TopicHits
from bot.analysis.phrase import phrases
from bot.analysis.text import View, headline_case, quotes, sentences
from bot.analysis.units import Grammar
from bot.lexicons import load_lexicon

LABELLED = Path(__file__).resolve().parents[2] / "shared" / "eval" / "polnear-dev.jsonl"
CAP = 200_000
EDGES = " \t\n\"'“”‘’.,:;—-"
LEADS = ("that ", "to ", "the ", "a ", "an ")
ALL, OURS = "all   ", "topics"
WHICH = (ALL, OURS)
PARTS = ("source", "content")
SHARES = {"exact": 1.0, "overlapping": 0.5}
Span = tuple[int, int]
Pair = tuple[Span, Span]
Labelled = tuple[Span | None, Span | None]
Key = tuple[str, str, str]


class Reader:
    """Reads texts with the packaged English lexicon."""

    def __init__(self) -> None:
        self.lexicon = load_lexicon()
        self.language: Language = self.lexicon.languages["en"]
        self.grammar, self.names = Grammar(self.language), Names(self.lexicon)
        self.topics = TopicHits(self.lexicon, "en")

    def attributions(self, text: str) -> list[Pair]:
        """The source and the content of every attribution with content."""
        view = View.of(text, cap=CAP)
        names, marked = self.names.find(view), quotes(view)
        abbreviations = frozenset(self.language.words.get("abbreviation", ()))
        found: list[list[Span]] = []
        told, spoken = 0, 1  # where the last sentence ends in which somebody speaks, and how many sayings it holds
        for start, end in sentences(view, abbreviations=abbreviations):
            begin = behind_dateline(view, [n for n in names if start <= n.start < end], start, end)
            inside = [n for n in names if begin <= n.start < end]
            units = self.grammar.units(view, begin, end, inside)
            parts = phrases(units, self.grammar, capitals=not headline_case(view, start, end))
            join(parts, units, self.grammar)
            within = [q for q in marked if q.start < end and q.end > start]
            clause = Clause(begin, end, units, parts, within, self.grammar, {})
            said = [s for s in sayings(clause) if s.speakers and s.content]
            further = carried(clause, told) if told and not said else 0
            if further:
                quoting = next(
                    (f for f in reversed(found[-spoken:]) if any(f[1][0] <= q.start < f[1][1] for q in marked)),
                    found[-1],
                )
                quoting[1] = (quoting[1][0], further)
            told = end if said or further else 0
            spoken = len(said) or spoken
            found += [[source(clause, s), content(clause, s)] for s in said]
        spans = [[view.span(*part) for part in pair] for pair in found]
        return [((a.start, a.end), (b.start, b.end)) for a, b in spans]

    def concerned(self, text: str) -> Callable[[Span], bool]:
        """Tells of a part of an attribution whether our topics are concerned in it."""
        view = View.of(text, cap=CAP)
        conflicts = Conflicts(self.lexicon, self.names.find(view))
        words = [h.start for h in self.topics.find(view) if isinstance(h.what, Term) and not h.what.near]

        def tells(span: Span) -> bool:
            start, end = span if view.origin is None else (bisect_left(view.origin, at) for at in span)
            return any(start <= word < end for word in words) or bool(conflicts.shown((start, end)))

        return tells


def trimmed(text: str, span: Span) -> Span:
    """The span without marks, spaces and a leading article, "that" or "to"."""
    start, end = span
    while start < end and text[end - 1] in EDGES:
        end -= 1
    moved = True
    while moved:
        moved = False
        while start < end and text[start] in EDGES:
            start, moved = start + 1, True
        for lead in LEADS:
            if text[start:end].lower().startswith(lead):
                start, moved = start + len(lead), True
    return start, end


def shared(a: Span, b: Span) -> float:
    """The share of the shorter span that both cover; 1 only for the very same span."""
    both = max(0, min(a[1], b[1]) - max(a[0], b[0]))
    return 1.0 if a == b else min(0.99, both / max(1, min(a[1] - a[0], b[1] - b[0])))


def matches(ours: Sequence[Span], labels: Sequence[Span], at_least: float) -> list[tuple[Span | None, Span | None]]:
    """Ours with its label, the closest pairs first, each once; None for the other where ours is false or one missed."""
    near = [(shared(o, label), o, label) for o in ours for label in labels if o[0] < label[1] and label[0] < o[1]]
    left, missed = dict.fromkeys(ours), dict.fromkeys(labels)
    out: list[tuple[Span | None, Span | None]] = []
    for share, own, label in sorted(near, key=lambda pair: -pair[0]):
        if share >= at_least and own in left and label in missed:
            del left[own], missed[label]
            out.append((own, label))
    return [*out, *((own, None) for own in left), *((None, label) for label in missed)]


def labelled(text: str, part: dict[str, Any] | None) -> Span | None:
    """A labelled part from the first to the last of its spans, in whole words; None where the text does not give it."""
    spans = (part or {}).get("spans") or []
    if not spans:
        return None
    start, end = min(s[0] for s in spans), max(s[1] for s in spans)
    while start > 0 and text[start - 1 : start + 1].isalnum():
        start -= 1
    while end < len(text) and text[end - 1 : end + 1].isalnum():
        end += 1
    return trimmed(text, (start, end))


def topical(pairs: Sequence[Labelled], n: int, tells: Callable[[Span], bool]) -> set[Span]:
    """The sources (n = 0) or contents (n = 1) of those attributions of which a part concerns our topics."""
    return {part for pair in pairs if (part := pair[n]) is not None and any(s is not None and tells(s) for s in pair)}


def measure(reader: Reader, articles: Sequence[dict[str, Any]]) -> dict[Key, list[int]]:
    """Right, false and missed by which attributions, which part and how it is compared."""
    totals: dict[Key, list[int]] = {(w, p, h): [0, 0, 0] for w in WHICH for p in PARTS for h in SHARES}
    for article in articles:
        text, tells = article["text"], reader.concerned(article["text"])
        found: list[Labelled] = [(trimmed(text, a), trimmed(text, b)) for a, b in reader.attributions(text)]
        labels: list[Labelled] = [
            (labelled(text, a.get("source")), labelled(text, a.get("content"))) for a in article["attributions"]
        ]
        for n, part in enumerate(PARTS):
            ours, theirs = ({s for pair in pairs if (s := pair[n]) is not None} for pairs in (found, labels))
            about = topical(labels, n, tells), topical(found, n, tells)
            for how, share in SHARES.items():
                for own, label in matches(sorted(ours), sorted(theirs), share):
                    outcome = 2 if own is None else 1 if label is None else 0
                    totals[ALL, part, how][outcome] += 1
                    concerned = label in about[0] if label is not None else own in about[1]
                    totals[OURS, part, how][outcome] += concerned
    return totals


def aside(article: dict[str, Any]) -> bool:
    """Whether an article belongs to the third that is for nobody's eyes."""
    return int(hashlib.sha256(article["doc_id"].encode()).hexdigest(), 16) % 3 == 0


def main() -> None:
    """Print source and content F1, exact and overlapping, over all attributions and over those on our topics."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else LABELLED
    if not path.exists():
        print("attribution  ../shared/eval is not here: nothing to measure against")
        return
    articles = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    unseen, reader = [a for a in articles if aside(a)], Reader()
    for name, some in (("all articles", articles), ("the third kept aside", unseen)):
        print(f"{name}: {len(some)}")
        for (which, part, how), (right, false, missed) in measure(reader, some).items():
            p, r = right / max(1, right + false), right / max(1, right + missed)
            f1 = 2 * p * r / max(1e-9, p + r)
            print(f"{which} {part:8} {how:12} precision {p:.3f}  recall {r:.3f}  F1 {f1:.3f}  of {right + missed}")


if __name__ == "__main__":
    main()
