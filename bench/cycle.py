"""Whole poll cycles of N feeds, each client a fresh process: `python -m bot once` beside the least that can be done.

Cold: an empty state. Warm: nothing has changed. Mixed: a tenth of the feeds has two new items of 30. CPU seconds are
user + system of the process and of the children it waited for. What a cycle costs beyond the start is, of a client,
what it takes beyond its cycle of one feed; of the bot, which stays, a round of one that runs already (`running`),
beside the least that such a round can cost (bench/fetch.py). The trimming loop and `reader` are those of the measuring
rig beside the project (../shared/bench), `reader` in an environment that --peers makes in a temporary folder.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.fetch import fetch_only
from bench.rig import Rig, ask
from bench.server import FeedServer
from bench.start import ROOT, settings
from bench.watch import cpu

SHARED = Path(os.environ.get("BENCH_SHARED", ROOT.parent / "shared")) / "bench"
# Feeds live on many hosts, and the bot asks two at a time of one: on a single host its queue would be measured, which
# the others do not keep. So many hosts take as many connections as the other clients have.
HOSTS = 25
ROUNDS = 5
ONES = 3  # it is subtracted from the rest, so its noise is theirs


@dataclass(frozen=True, slots=True)
class Client:
    """A program that polls the addresses in a file once; `command` has {urls} and {state} filled in."""

    name: str
    command: tuple[str, ...]
    setup: tuple[str, ...] = ()


BOT = Client("bot", (sys.executable, "-m", "bot", "once"))
TRIM = Client("trim loop", (sys.executable, str(SHARED / "poll_min.py"), "{urls}", "{state}", "--parser", "trim"))


def reader(python: Path) -> Client:
    """The feed reader library `reader`, in an environment of its own."""
    command = (str(python), str(SHARED / "poll_reader.py"), "{urls}", "{state}")
    return Client("reader", (*command, "10"), setup=(*command, "0"))


def make_reader_environment(folder: Path) -> Path:
    """A virtual environment with `reader`; its Python. It wants sgmllib3k, which it does not name (reader 3.26)."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603  # ourselves
    python = folder / "bin" / "python"
    install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "reader", "sgmllib3k"]
    subprocess.run([str(python), *install], check=True)  # noqa: S603  # the environment just made
    return python


class Course:
    """One client's state in a folder of its own, over its cycles."""

    def __init__(self, client: Client, urls: Sequence[str], folder: Path) -> None:
        folder.mkdir()
        (folder / "urls").write_text("\n".join(urls) + "\n")
        self._folder = folder
        self._environment = settings(folder, list(urls), every="1m")
        self._words = {"urls": str(folder / "urls"), "state": str(folder / "state.db")}
        self._command = client.command
        if client.setup:
            self._run(client.setup)

    def cycle(self) -> float:
        """Poll once; CPU seconds."""
        return self._run(self._command)

    def _run(self, command: Sequence[str]) -> float:
        filled = [word.format(**self._words) for word in command]
        log = (self._folder / "log").open("ab")
        with log, subprocess.Popen(filled, cwd=self._folder, env=self._environment, stdout=log, stderr=log) as process:  # noqa: S603
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{filled} failed:\n{(self._folder / 'log').read_text()[-2000:]}")
        return usage.ru_utime + usage.ru_stime


def pair(clients: Sequence[Client], feeds: int, folder: Path) -> dict[str, dict[str, float]]:
    """CPU seconds by client and phase, and its cycle of one feed (`one`): all against one server, one after another."""
    folder.mkdir()
    found: dict[str, dict[str, float]] = {}
    with FeedServer(flagged_share=0, hosts=HOSTS) as server:
        urls = [server.url(i) for i in range(feeds)]
        courses = {c.name: Course(c, urls, folder / c.name.replace(" ", "-")) for c in clients}
        for name, course in courses.items():
            found[name] = {"cold": course.cycle(), "warm": course.cycle()}
        asyncio.run(ask(server, "/round?every=10"))
        for name, course in courses.items():
            found[name]["mixed"] = course.cycle()
        for client in clients:
            single = Course(client, urls[:1], folder / f"one-{client.name.replace(' ', '-')}")
            single.cycle()
            found[client.name]["one"] = statistics.median(single.cycle() for _ in range(ONES))
    return found


async def running(feeds: int, folder: Path) -> dict[str, float]:
    """CPU seconds of a bot that runs already, its children warm, for a round of each phase after the first.

    Warm rounds come by turns with rounds of `fetch_only` in the same process (`fetch`), since the difference of two
    whole processes is noise for the most part; the median of each. `loop` is what the event loop's thread took of
    the bot's; the rest is the storage's threads.
    """
    with FeedServer(flagged_share=0, hosts=HOSTS) as server:
        urls, known = [server.url(i) for i in range(feeds)], dict[str, str]()
        rig = Rig(urls, folder)
        await rig.open()
        await fetch_only(urls, known)
        rounds: list[dict[str, float]] = []
        for _ in range(ROUNDS):
            before, loop = cpu(without=server.pid), time.thread_time()
            await rig.poller.round()
            between, looped = cpu(without=server.pid), time.thread_time()
            await fetch_only(urls, known)
            fetched = cpu(without=server.pid) - between
            rounds.append({"warm": between - before, "loop": looped - loop, "fetch": fetched})
        found = {what: statistics.median(one[what] for one in rounds) for what in rounds[0]}
        await ask(server, "/round?every=10")
        before = cpu(without=server.pid)
        await rig.poller.round()
        found["mixed"] = cpu(without=server.pid) - before
        await rig.close()
    return found
