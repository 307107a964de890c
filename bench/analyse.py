"""Articles analysed per second on one core, engine alone; what loading it costs in time and memory."""

import json
import resource
import time
from pathlib import Path

from bench.server import words
from bot.domain.statement import Document

LABELLED = Path(__file__).resolve().parents[2] / "shared" / "eval" / "dev.jsonl"
WORDS = 300


def documents() -> tuple[str, list[Document]]:
    """Labelled English articles padded or cut to 300 words; dull made-up ones where that file is absent."""
    if not LABELLED.exists():
        made = [
            Document(
                words(f"t{i}", 9), f"Ukraine rejected the ceasefire, its ministry said. {words(f'b{i}', WORDS)}", "en"
            )
            for i in range(500)
        ]
        return "made-up articles", made
    rows = [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]
    english = [r for r in rows if r["lang"] == "en"]
    texts = []
    for i, row in enumerate(english):
        body = row["text"]
        for other in english[i + 1 :] + english:
            if len(body.split()) >= WORDS:
                break
            body += "\n" + other["text"]
        texts.append(Document(row["title"], " ".join(body.split(" ")[:WORDS]), "en", row["published"]))
    return "the labelled English articles, filled up to 300 words", texts


def main() -> None:
    """Print the figures."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    from bot.lexicons import default_engine

    engine = default_engine()
    engine.analyse(Document("A title", "A text.", "en"))
    loaded = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    what, texts = documents()
    rates = []
    for _ in range(3):
        started = time.process_time()
        for text in texts:
            engine.analyse(text)
        rates.append(len(texts) / (time.process_time() - started))
    print(f"analyse   {sorted(rates)[1]:7.0f} articles/s on one core (median of 3; {len(texts)} texts: {what})")
    print(f"          engine loaded in {loaded:.2f} s, {grown:.0f} MB")


if __name__ == "__main__":
    main()
