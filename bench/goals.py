"""The goals of cost in one table, every ratio from one run: medians of three pairs (one with --quick).

usage: scripts/bench goals [--quick] [--peers] [--feeds 1000] [--pairs 3] [--seconds 60] [--rows 1000000]

--quick     fewer feeds and rows, one pair each: to see that it works; starts outweigh 200 feeds, so believe no ratio
--peers     beside `reader` as well, installed for the time being into a temporary folder (asks PyPI)
--feeds, --pairs, --seconds (of load for the latency), --rows (of the archive): less, for who has less time
BENCH_SHARED names the folder whose bench/ holds the measuring rig (default: ../shared); rows that need it are left out
where it is missing. An hour of load is scripts/soak; ten minutes of 10,000 feeds, scripts/soak --minutes 15 --faults 0.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import latency, reading, start, store
from bench.cycle import BOT, HOSTS, SHARED, TRIM, Client, make_reader_environment, pair, reader, running

Pair = dict[str, dict[str, float]]
SIZES = {"feeds": (1000, 200), "pairs": (3, 1), "seconds": (60, 10), "rows": (1_000_000, 20_000)}  # whole, quick


def row(goal: str, what: str, value: float, unit: str, bound: float, *, least: bool = False) -> None:
    """One line of the table; `least`: the bound is the least that will do."""
    kept = value >= bound if least else value <= bound
    sign = ">=" if least else "<="
    print(f"{goal:4} {what:58} {value:8.2f} {unit:3} {sign} {bound:<6g} {'kept' if kept else 'MISSED'}", flush=True)


def left_out(goal: str, what: str, why: str) -> None:
    """A line that says what was not measured."""
    print(f"{goal:4} {what:58} not measured: {why}", flush=True)


def doing(what: str) -> None:
    """Progress, for whoever watches."""
    print(f"{time.strftime('%H:%M:%S')} … {what}", file=sys.stderr, flush=True)


def cycles(options: argparse.Namespace, folder: Path) -> None:
    """G1, G2 and the whole cold cycle."""
    clients: list[Client] = [BOT]
    clients += [TRIM] if SHARED.exists() else []
    if options.peers and SHARED.exists():
        doing("installing reader")
        clients.append(reader(make_reader_environment(folder / "reader")))
    pairs: list[Pair] = []
    for number in range(options.pairs):
        doing(f"poll cycles of {options.feeds} feeds on {HOSTS} hosts, pair {number + 1} of {options.pairs}")
        found = pair(clients, options.feeds, folder / f"cycles{number}")
        found["running"] = asyncio.run(running(options.feeds, folder))
        pairs.append(found)

    def median(of: Callable[[Pair], float]) -> float:
        return statistics.median(of(p) for p in pairs)

    def more(p: Pair, name: str, phase: str) -> float:
        return max(p[name][phase] - p[name]["one"], 0.01)

    each = "warm cycle, marginal CPU: the running bot / fetch only"
    row("G1", each, median(lambda p: p["running"]["warm"] / p["running"]["fetch"]), "x", 1.5)
    fetch, loop = median(lambda p: p["running"]["fetch"]), median(lambda p: p["running"]["loop"])
    storage = median(lambda p: p["running"]["warm"] - p["running"]["loop"])
    parts = f"fetch only {fetch:.2f} s, the rest of the loop's thread {loop - fetch:.2f} s, storage {storage:.2f} s"
    print(f"     of that: {parts}", flush=True)
    peers = "reader" in pairs[0]
    for goal, phase, bound in (("G1", "warm", 3), ("G2", "mixed", 4), ("G3", "cold", 1.3)):
        what = f"{phase} cycle, whole process: reader / bot"
        if peers:
            row(goal, what, median(lambda p, f=phase: p["reader"][f] / p["bot"][f]), "x", bound, least=True)  # type: ignore[misc]
        else:
            left_out(goal, what, "needs --peers and the rig beside the project")
    # A whole process is mostly start where little has changed; this is what each feed costs who runs all day.
    for goal, phase, bound in (("G1", "warm", 3), ("G2", "mixed", 4)) if peers else ():
        what = f"{phase} cycle, marginal CPU: reader / the running bot"
        value = median(lambda p, f=phase: more(p, "reader", f) / p["running"][f])  # type: ignore[misc]
        row(goal, what, value, "x", bound, least=True)
    what = "mixed cycle, marginal CPU: the running bot / fetch + trim loop"
    if "trim loop" in pairs[0]:
        row("G2", what, median(lambda p: p["running"]["mixed"] / more(p, "trim loop", "mixed")), "x", 1.3)
    else:
        left_out("G2", what, f"the rig is not in {SHARED}")


def others(options: argparse.Namespace, folder: Path) -> None:
    """G3, G6, G10 to G12."""
    doing("reading new feeds")
    row(
        "G3",
        "a new feed read, CPU: ours / feedparser",
        reading.ratio(min(options.feeds, 200), options.pairs),
        "x",
        1.15,
    )
    # Of the mixed cycle above the reading alone, against a loop of our own: the rig's fetches as well.
    changed = reading.changed_ratio(min(options.feeds, 200), options.pairs)
    row("G2", "a changed feed read, CPU: ours / trim + plain feedparser", changed, "x", 1.3)
    for what, analyst in (("without engine", latency.OneWord()), ("with engine", None)):
        doing(f"latency {what}")
        rate, found = asyncio.run(latency.waits(options.seconds, folder, analyst))
        for share, bound in ((0.5, 10), (0.99, 50)):
            name = f"answer to alert, {what}, p{share * 100:.0f} at {rate:.0f} requests/s"
            row("G6", name, found[int(len(found) * share)], "ms", bound)
    doing(f"the archive: {options.rows} rows")
    figures = store.measure(options.rows, options.pairs, folder)
    row("G10", "articles stored, CPU: ours / sqlite3 with FTS5", figures.ratio, "x", 1.5)
    row("G10", f"newest first among {options.rows} articles, p50", figures.latest_p50, "ms", 50)
    row("G10", f"newest first among {options.rows} articles, p99", figures.latest_p99, "ms", 50)
    doing("starts")
    starts = [start.start(10_000) for _ in range(options.pairs)]
    row("G11", "start with 10,000 feeds", statistics.median(s.wall for s in starts), "s", 2)
    row("G12", "start with 10,000 feeds, CPU", statistics.median(s.cpu for s in starts), "s", 3.5)
    row("G12", "idle with 10,000 feeds", statistics.median(s.rss for s in starts), "MB", 110)
    row("G12", f"imported at the start of {', '.join(start.HEAVY[:3])}, …", len(start.imported()), "", 0)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--peers", action="store_true")
    for name in SIZES:
        parser.add_argument(f"--{name}", type=int)
    options = parser.parse_args(arguments)
    for name, (whole, quick) in SIZES.items():
        if getattr(options, name) is None:
            setattr(options, name, quick if options.quick else whole)
    scale = f"{options.feeds} feeds on {HOSTS} hosts of this machine for the cycles, medians of {options.pairs} pairs"
    print(f"{scale}: too few to believe a ratio" if options.quick else scale, flush=True)
    with tempfile.TemporaryDirectory() as name:
        cycles(options, Path(name))
        others(options, Path(name))


if __name__ == "__main__":
    main()
