"""The whole bot under load for as long as it is told: nothing lost, nothing told twice, nothing that grows.

usage: scripts/soak [--minutes 60] [--feeds 10000] [--every 60] [--faults 0.05] [--changed 10]

`python -m bot run` in this process, its chat replaced by a list, against a feed server in another: FEEDS feeds, each
asked once in EVERY seconds (10,000 at 60 are 167 requests a second); one answer in CHANGED brings two new items, one
item in sixteen is an alert; FAULTS of the answers are faulty, in every way of bench/faults.py.

A line a minute; the first ones also read every feed for the first time. The last line is the verdict, and the exit code
is 1 when an alert was lost or told twice. Items of the last two intervals are not asked for.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from bench.rig import LOOPBACK, Stopwatch, ask
from bench.server import FeedServer
from bench.watch import STALL, LoopWatch, children, cpu, memory, open_files
from bot import app
from bot.config import Settings
from bot.domain.feed import Feed
from bot.domain.subscription import Channel, Platform, Subscription
from bot.secret import Secret

HOSTS = 250
HEAD = (
    "minute polls failed   told expected twice  p50 ms  p99 ms  late s  CPU %  bot MB  children MB  files"
    "  stall ms  own ms"
)


class Tally:
    """What the server has shown and what the bot has told."""

    def __init__(self, server: FeedServer, told: Stopwatch) -> None:
        self._server = server
        self._told = told
        self.shown: dict[str, float] = {}
        self.times: Counter[str] = Counter()
        self.waits: list[float] = []
        self.answers: Counter[str] = Counter()
        self._unknown: list[tuple[str, float]] = []

    async def count(self) -> None:
        """Take in what is new. The bot's memory is to stay flat: what was counted is let go."""
        at, self._told.at = self._told.at, []
        served = await ask(self._server, f"/served?since={len(self.shown)}")
        self.shown |= served["items"]
        self.answers = Counter(served["answers"])
        self.times.update(item for item, _ in at)
        self.waits = sorted((moment - self.shown[item]) * 1000 for item, moment in at if item in self.shown)

    def wait(self, share: float) -> float:
        """A quantile of the last minute's milliseconds from answer to alert."""
        return self.waits[int(len(self.waits) * share)] if self.waits else 0.0

    def due(self, before: float) -> set[str]:
        """What was shown before that moment."""
        return {item for item, moment in self.shown.items() if moment < before}

    @property
    def twice(self) -> int:
        """Alerts beyond the first of each item."""
        return sum(self.times.values()) - len(self.times)


def late(database: Path) -> float:
    """For how long the feed that waits longest has been due and is not being polled, in seconds."""
    waiting = "SELECT min(next_check) FROM feeds WHERE active AND lease_until IS NULL"
    with contextlib.closing(sqlite3.connect(database)) as asked:
        (first,) = asked.execute(waiting).fetchone()
    return max(time.time() - first / 1e6, 0.0) if first is not None else 0.0


async def soak(options: argparse.Namespace, server: FeedServer, folder: Path) -> int:
    """Run, print, judge."""
    told, every = Stopwatch(), timedelta(seconds=options.every)
    feeds = tuple(
        Feed(f"Feed {i}", server.url(i), f"Publisher {i}", language="en", every=every, at_most=every)
        for i in range(options.feeds)
    )
    settings = Settings(
        feeds=feeds,
        subscriptions=(Subscription(Channel(Platform.CONSOLE, "soak"), catch_up=timedelta(0)),),
        database_url=Secret(f"sqlite:///{folder / 'soak.db'}"),
        config=Path("none"),
        http=None,
        allow_addresses=LOOPBACK,
    )
    watch, tally = LoopWatch(), Tally(server, told)
    running = asyncio.create_task(run(settings, told))
    print(HEAD, flush=True)
    began = time.monotonic()
    for minute in range(1, options.minutes + 1):
        before, used = tally.answers.total(), cpu(without=server.pid)
        await asyncio.wait({running}, timeout=max(began + 60 * minute - time.monotonic(), 0))
        if running.done():
            break
        await tally.count()
        figures = (tally.answers.total() - before, cpu(without=server.pid) - used, late(folder / "soak.db"))
        row(minute, tally, watch, server.pid, *figures)
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    await tally.count()
    return verdict(tally, watch, before=time.monotonic() - 2 * options.every)


async def run(settings: Settings, told: Stopwatch) -> None:
    """The bot, of which one part is not its own: where alerts go."""
    with patch.object(app, "wanted_messengers", lambda *_: [told]):
        await app.run(settings)


def row(minute: int, tally: Tally, watch: LoopWatch, server: int, polls: int, used: float, behind: float) -> None:
    """Print a minute's figures."""
    stall, own = watch.reset()
    failed = tally.answers.total() - tally.answers["ok"]
    helpers = sum(memory(child) for child in children(without=server))
    print(
        f"{minute:6} {polls:5} {failed:6} {len(tally.times):6} {len(tally.shown):8} {tally.twice:5}"
        f"{tally.wait(0.5):8.1f}{tally.wait(0.99):8.1f}{behind:8.1f}{used / 0.6:7.0f}{memory(os.getpid()):8.0f}"
        f"{helpers:13.0f}{open_files():7}{stall * 1000:10.0f}{own * 1000:8.0f}",
        flush=True,
    )


def verdict(tally: Tally, watch: LoopWatch, *, before: float) -> int:
    """Print the last lines; 1 when something was lost or told twice."""
    lost = tally.due(before) - set(tally.times)
    unknown = set(tally.times) - set(tally.shown)
    faults = ", ".join(f"{kind} {n}" for kind, n in sorted(tally.answers.items()) if kind != "ok")
    print(f"answers: {tally.answers.total()}; faulty: {faults or 'none'}")
    print(f"the loop was at work for more than {STALL * 1000:.0f} ms on end: {dict(watch.where) or 'never'}")
    print(f"alerts: {len(tally.times)} told, {len(lost)} lost, {tally.twice} twice, {len(unknown)} never shown as news")
    for item in sorted(lost)[:10]:
        print(f"  lost: {item}")
    return int(bool(lost or tally.twice or unknown))


def main() -> int:
    """Read the options, run."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--feeds", type=int, default=10_000)
    parser.add_argument("--every", type=float, default=60, help="seconds between two polls of a feed")
    parser.add_argument("--faults", type=float, default=0.05, help="share of the answers that are faulty")
    parser.add_argument("--changed", type=int, default=10, help="one answer in so many brings something new")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(name)s: %(message)s")
    with (
        FeedServer(flagged_share=16, moves_every=options.changed, faults=options.faults, hosts=HOSTS) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        return asyncio.run(soak(options, server, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
