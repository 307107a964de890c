"""From a feed's answer to its alert handed to the platform, at 167 requests a second, a tenth of them changed.

usage: python -m bench.latency [SECONDS]     (default: 30)

The whole bot but for its chat, 1,670 feeds at 10 s over loopback. Once with the engine, once with a stand-in that
flags by one word, so that what the way itself costs can be told from the reading of texts.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from bench.rig import Rig, ask
from bench.server import FeedServer
from bot.domain.statement import Analysis, Document, Span, Stance, Statement
from bot.service.ports import Analyst

FEEDS = int(os.environ.get("BENCH_FEEDS", "1670"))
EVERY = timedelta(seconds=10)
SETTLE = 5


class OneWord:
    """Satisfies `Analyst` without an engine: whatever rejects something is flagged."""

    async def analyse(self, documents: Sequence[Document]) -> list[Analysis]:
        """One verdict a document, same order."""
        return [_flagged(d) if "rejects" in d.title else Analysis() for d in documents]


def _flagged(document: Document) -> Analysis:
    whole = Span.of(document.body, 0, len(document.title))
    speaker = Span.of(document.body, 0, 7)
    said = Statement(
        speaker="Ukraine",
        speaker_span=speaker,
        topic="ceasefire",
        stance=Stance.REJECT,
        target=(),
        evidence=whole,
        quote=None,
        cue=whole,
        confidence=0.9,
        reason="a word",
        conflicts=("ukraine",),
    )
    return Analysis(("ceasefire",), (said,), ())


async def waits(seconds: float, folder: Path, analyst: Analyst | None) -> tuple[float, list[float]]:
    """Requests a second, and the milliseconds to each alert, sorted."""
    with FeedServer(flagged_share=4, moves_every=10, hosts=50) as server:
        rig = Rig([server.url(i) for i in range(FEEDS)], folder, every=EVERY, analyst=analyst)
        await rig.open()
        rig.spread()
        rig.start()
        await asyncio.sleep(SETTLE)
        first, before = len(rig.stopwatch.at), rig.polls.total()
        await asyncio.sleep(seconds)
        rate = (rig.polls.total() - before) / seconds
        at = rig.stopwatch.at[first:]
        await rig.stop()
        await rig.close()
        served = (await ask(server, "/served"))["items"]
    return rate, sorted((moment - served[item]) * 1000 for item, moment in at)


def told(rate: float, found: Sequence[float]) -> str:
    """One line of figures."""
    p50, p99 = (found[int(len(found) * share)] for share in (0.5, 0.99))
    return (
        f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {found[-1]:.1f} ms ({len(found)} alerts, {rate:.0f} requests/s)"
    )


async def main() -> None:
    """Print the figures."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    with tempfile.TemporaryDirectory() as name:
        for what, analyst in (("without engine", OneWord()), ("with engine", None)):
            print(f"latency   {what:14} {told(*await waits(seconds, Path(name), analyst))}", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
