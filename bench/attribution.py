"""The attribution layer alone against labelled attributions: who is quoted, and what with.

usage: python -m bench.attribution [FILE]     (default: ../shared/eval/polnear-dev.jsonl beside the project)

Every attribution of a text has a source, a cue and a content, direct or indirect, whatever it is about; our layer only
looks for cues of its own lexicon. A source or content counts as found exactly when its span is the same but for
articles, marks and spaces at its ends; as overlapping when the two share half of the letters of the shorter one (a
labelled source holds its whole apposition, ours the name).
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.analysis.attribution import sayings
from bot.analysis.clause import Clause
from bot.analysis.lexicon import Language
from bot.analysis.match import Names
from bot.analysis.phrase import phrases
from bot.analysis.text import View, quotes, sentences
from bot.analysis.units import Grammar, headline_case
from bot.lexicons import load_lexicon

LABELLED = Path(__file__).resolve().parents[2] / "shared" / "eval" / "polnear-dev.jsonl"
CAP = 200_000
EDGES = " \t\n\"'“”‘’.,:;—-"
LEADS = ("that ", "the ", "a ", "an ")
Span = tuple[int, int]


class Reader:
    """Reads texts with the packaged English lexicon."""

    def __init__(self) -> None:
        lexicon = load_lexicon()
        self.language: Language = lexicon.languages["en"]
        self.grammar, self.names = Grammar(self.language), Names(lexicon)

    def attributions(self, text: str) -> list[tuple[Span, Span]]:
        """The source and the content of every attribution with content."""
        view = View.of(text, cap=CAP)
        names, marked = self.names.find(view), quotes(view)
        abbreviations = frozenset(self.language.words.get("abbreviation", ()))
        out = []
        for start, end in sentences(view, abbreviations=abbreviations):
            inside = [n for n in names if start <= n.start < end]
            units = self.grammar.units(view, start, end, inside)
            found = phrases(units, self.grammar, capitals=not headline_case(view, start, end))
            within = [q for q in marked if q.start < end and q.end > start]
            for saying in sayings(Clause(start, end, units, found, within, self.grammar, {})):
                content = max(saying.content, key=lambda c: c[1] - c[0], default=None)
                if saying.speakers and content is not None:
                    speaker = saying.speakers[0].units
                    source = view.span(speaker[0].start, saying.speakers[-1].units[-1].end)
                    said = view.span(*content)
                    out.append(((source.start, source.end), (said.start, said.end)))
        return out


def trimmed(text: str, span: Span) -> Span:
    """The span without marks, spaces and a leading article or "that"."""
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


def f1(ours: Sequence[Span], labels: Sequence[Span], at_least: float) -> tuple[int, int, int]:
    """Right, false and missed spans, each label matched once."""
    left, right = list(labels), 0
    for span in ours:
        best = max(left, key=lambda label: shared(span, label), default=None)
        if best is not None and shared(span, best) >= at_least:
            left.remove(best)
            right += 1
    return right, len(ours) - right, len(left)


def whole(part: dict[str, Any] | None) -> Span | None:
    """From the first to the last span of a labelled part."""
    spans = (part or {}).get("spans") or []
    return (min(s[0] for s in spans), max(s[1] for s in spans)) if spans else None


def main() -> None:
    """Print source and content F1, exact and overlapping."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else LABELLED
    if not path.exists():
        print("attribution  ../shared/eval is not here: nothing to measure against")
        return
    reader = Reader()
    totals = {(what, how): [0, 0, 0] for what in ("source", "content") for how in ("exact", "overlapping")}
    for line in path.read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        text, found = article["text"], reader.attributions(article["text"])
        for n, what in enumerate(("source", "content")):
            ours = sorted({trimmed(text, pair[n]) for pair in found})
            labels = [trimmed(text, s) for a in article["attributions"] if (s := whole(a.get(what))) is not None]
            for how, share in (("exact", 1.0), ("overlapping", 0.5)):
                for i, count in enumerate(f1(ours, sorted(set(labels)), share)):
                    totals[what, how][i] += count
    for (what, how), (right, false, missed) in totals.items():
        p, r = right / max(1, right + false), right / max(1, right + missed)
        print(f"{what:8} {how:12} precision {p:.3f}  recall {r:.3f}  F1 {2 * p * r / max(1e-9, p + r):.3f}")


if __name__ == "__main__":
    main()
