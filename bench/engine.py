"""The engine against the labelled articles beside the project: flags, statements, stance, target, confidence, speed.

usage: python -m bench.engine [FOLDER]     (default: ../shared/eval beside the project)

A sixth of the English articles (sha256 of the id divisible by six) is kept aside: its figures are printed, its
articles are for nobody's eyes, so that it says what to expect of articles that nobody tuned to. FOLDER's own score.py
counts flags and matches; what it does not count is counted here.
"""

import hashlib
import importlib.util
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from bot.analysis.match import Names
from bot.analysis.text import View
from bot.domain.statement import CEASEFIRE, DEFAULT_TOPICS, Analysis, Document, Statement
from bot.lexicons import default_engine, load_lexicon

EVAL = Path(__file__).resolve().parents[2] / "shared" / "eval"
Item = dict[str, Any]
Pair = tuple[Statement, Item | None]  # ours, and the label that it matches


def aside(item: Item) -> bool:
    """Whether an article belongs to the kept-aside sixth."""
    return int(hashlib.sha256(item["id"].encode()).hexdigest(), 16) % 6 == 0


def scorer(folder: Path) -> ModuleType:
    """The labels' own score.py."""
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pairs(items: Iterable[Item], verdicts: dict[str, Analysis], same: Callable[[Item, Item], bool]) -> list[Pair]:
    """Every statement of ours with the label of the same speaker and topic, the one of the same stance first."""
    out: list[Pair] = []
    for item in items:
        gold = item["gold"]
        left = [s for s in gold["statements"] if s["topic"] in DEFAULT_TOPICS and gold[s["topic"]] != "b"]
        for ours in verdicts[item["id"]].statements:
            if ours.topic not in DEFAULT_TOPICS or gold[ours.topic] == "b":
                continue
            as_label = {"speaker": ours.speaker, "speaker_text": ours.speaker_span.text}
            fitting = [s for s in left if s["topic"] == ours.topic and same(as_label, s)]
            best = next((s for s in fitting if s["stance"] == ours.stance), fitting[0] if fitting else None)
            if best is not None:
                left.remove(best)
            out.append((ours, best))
    return out


class Targets:
    """Whether two lists of targets name a common party or place, by any spelling the lexicon knows."""

    def __init__(self) -> None:
        self.lexicon = load_lexicon()
        self.names = Names(self.lexicon)

    def canonical(self, targets: Iterable[str]) -> set[str]:
        """The canonical names in these words; the words themselves where there is none."""
        out: set[str] = set()
        for target in targets:
            found = [n.actor or n.place for n in self.names.find(View.of(target, cap=200))]
            out |= {n.name for n in found if n is not None} or {target.casefold()}
        return out

    def right(self, ours: Statement, label: Item) -> bool:
        """Whether they meet; a place stands for its conflict's parties, and for the place that it lies in."""
        mine, gold = self.canonical(ours.target), self.canonical(label["target"])
        if ours.topic == CEASEFIRE:
            gold |= {p for g in gold for c in self.lexicon.conflicts_of(g) for p in self.lexicon.conflicts[c].parties}
        wide = {self.lexicon.territories[t].parent for t in mine | gold if t in self.lexicon.territories} - {""}
        return bool(mine & gold) or bool(mine & wide and gold & wide)


def bands(found: Iterable[Pair]) -> list[str]:
    """Of the statements of each tenth of confidence, the share right in speaker and topic; and in stance."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for ours, label in found:
        row = counts[min(9, int(ours.confidence * 10 + 1e-9))]
        row[0] += 1
        row[1] += label is not None
        row[2] += label is not None and label["stance"] == ours.stance
    return [
        f"  {band / 10:.1f}-{band / 10 + 0.1:.1f}  {n:4} statements  right {right / n:.2f}  with stance {full / n:.2f}"
        for band, (n, right, full) in sorted(counts.items())
    ]


def confusion(found: Iterable[Pair]) -> list[str]:
    """The commonest mistakes of stance: label, then ours."""
    wrong = Counter((label["stance"], ours.stance.value) for ours, label in found if label is not None)
    return [f"  {gold:10} read as {ours:10} {n:3}" for (gold, ours), n in wrong.most_common() if gold != ours][:12]


def report(name: str, items: list[Item], verdicts: dict[str, Analysis], score: ModuleType, targets: Targets) -> None:
    """Print one part's figures."""
    print(f"\n== {name}: {len(items)} articles")
    found = pairs(items, verdicts, score.same_speaker)
    answers = {i: _answer(v) for i, v in verdicts.items()}
    flags, quiet, statements, invented, _ = score.score(items, answers)
    for (language, topic), counts in flags.items():
        if sum(counts):
            p, r, f = score.prf(*counts)
            print(f"flag {language:5} {topic:9} precision {p:.3f} recall {r:.3f} F1 {f:.3f}")
    print("quiet", "  ".join(f"{kind} {kept}/{n}" for kind, (n, kept) in sorted(quiet.items())))
    for language, (*counts, right) in statements.items():
        if sum(counts):
            p, r, f = score.prf(*counts)
            stance = right / max(1, counts[0])
            print(f"statement {language:5} precision {p:.3f} recall {r:.3f} F1 {f:.3f}; stance right {stance:.3f}")
    matched = [(ours, label) for ours, label in found if label is not None and label["target"]]
    for topic in DEFAULT_TOPICS:
        fits = [targets.right(ours, label) for ours, label in matched if ours.topic == topic]
        print(f"target {topic:9} right {sum(fits) / max(1, len(fits)):.3f} of {len(fits)}")
    print(f"invented {len(invented)}", "confidence:", *bands(found), "stance:", *confusion(found), sep="\n")


def _answer(analysis: Analysis) -> Item:
    """A verdict as score.py reads it."""
    rows = [
        {
            "speaker": s.speaker,
            "speaker_text": s.speaker_span.text,
            "topic": s.topic,
            "stance": s.stance.value,
            "evidence": s.evidence.text,
            "quote": s.quote.text if s.quote else None,
        }
        for s in analysis.statements
    ]
    return {"topics": list(analysis.topics), "statements": rows}


def main() -> None:
    """Print the figures of what was looked at, of the kept-aside sixth, and of the other languages."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else EVAL
    if not (folder / "dev.jsonl").exists():
        print("engine    ../shared/eval is not here: nothing to measure against")
        return
    items = [json.loads(line) for line in (folder / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    engine = default_engine()
    started = time.process_time()
    verdicts = {
        i["id"]: engine.analyse(Document(i["title"], i["text"], i["lang"], i["published"], i["source"])) for i in items
    }
    spent = time.process_time() - started
    score, targets = scorer(folder), Targets()
    english = [i for i in items if i["lang"] == "en"]
    report("English, dev", [i for i in english if not aside(i)], verdicts, score, targets)
    report("English, kept aside", [i for i in english if aside(i)], verdicts, score, targets)
    report("other languages", [i for i in items if i["lang"] != "en"], verdicts, score, targets)
    print(f"\n{len(items) / spent:.0f} articles/s on one core, as they are (mean of all languages)")


if __name__ == "__main__":
    main()
