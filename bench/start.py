"""What a start costs with 10,000 feeds in the settings and in the database, none of them due: until ready, and idle.

usage: python -m bench.start [FEEDS]     (default: 10000)
"""

import asyncio
import contextlib
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from bench.watch import cpu_of, memory
from bot.config import Settings, load_settings
from bot.storage import open_storage, upgrade

ROOT = Path(__file__).resolve().parents[1]
IDLE_SECONDS = 5
# Each costs a start a second or two and tens of megabytes; whoever needs them imports them then.
HEAVY = ("matplotlib", "trafilatura", "feedparser", "lxml", "discord", "slack_bolt")


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds until ready, CPU seconds until then, megabytes (RSS) once idle, CPU seconds a minute when idle."""

    wall: float
    cpu: float
    rss: float
    idle: float


def settings(folder: Path, urls: list[str], *, every: str = "24h") -> dict[str, str]:
    """A feeds.toml and the environment of a bot that reads it; its console is its channel."""
    feeds = (
        f'[[feed]]\nname = "Feed {i}"\nurl = "{url}"\npublisher = "P{i}"\nlanguage = "en"\n'
        for i, url in enumerate(urls)
    )
    channel = '[[channel]]\nplatform = "console"\nid = "bench"\ncatch_up = "off"\n'
    head = f'[defaults]\nevery = "{every}"\n'
    (folder / "feeds.toml").write_text(head + "".join(feeds) + channel)
    return environment(folder)


def environment(folder: Path) -> dict[str, str]:
    """Of a bot whose settings and database are in `folder`, and which may reach this machine."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PARLEY_CONFIG": str(folder / "feeds.toml"),
        "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}",
        "PARLEY_ALLOW_ADDRESSES": "127.0.0.0/8",
        "PARLEY_HTTP": "off",
        "PARLEY_LOG_LEVEL": "ERROR",
    }


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def prepare(folder: Path, environment: dict[str, str]) -> None:
    """Fill the database with the feeds, each read a moment ago and due in hours."""
    again = {**environment, "PARLEY_HTTP": "off"}
    fill = "import sys; from bench.start import fill; fill()"
    subprocess.run([sys.executable, "-c", fill], cwd=folder, env=again, check=True)  # noqa: S603  # ourselves


def fill() -> None:
    """Runs in a process of its own, with the bot's environment."""
    loaded = load_settings(os.environ)
    asyncio.run(_fill(loaded))


async def _fill(loaded: Settings) -> None:
    url = loaded.database_url.reveal()
    await upgrade(url)
    storage = await open_storage(url)
    await storage.sync_settings(loaded.feeds, loaded.subscriptions)
    await storage.close()
    now = int(time.time() * 1e6)
    with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE feeds SET last_success = ?, next_check = ?", (now, now + 20 * 3_600_000_000))


async def ready(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the bot calls itself healthy, a minute at most."""
    async with asyncio.timeout(60), aiohttp.ClientSession() as session:
        while process.poll() is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"http://127.0.0.1:{port}/health") as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.01)
    raise SystemExit("the bot ended instead of starting")


def start(feeds: int) -> Start:
    """Start the bot once, on a database that knows its feeds, and end it."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        environment = settings(folder, [f"http://127.0.0.1:9/feed/{i}" for i in range(feeds)])
        environment["PARLEY_HTTP"] = f"127.0.0.1:{port}"
        prepare(folder, environment)
        began = time.monotonic()
        command = [sys.executable, "-m", "bot", "run"]
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            asyncio.run(ready(port, process))
            wall, used = time.monotonic() - began, cpu_of(process.pid)
            time.sleep(IDLE_SECONDS)
            idle = (cpu_of(process.pid) - used) * 60 / IDLE_SECONDS
            return Start(wall, used, memory(process.pid), idle)
        finally:
            process.terminate()
            process.wait()


def imported() -> list[str]:
    """Which of the heavy libraries a start imports."""
    script = f"import sys, bot.__main__, bot.app; print(*(m for m in {HEAVY} if m in sys.modules))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout.split()


def main() -> None:
    """Print the figures."""
    feeds = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    starts = [start(feeds) for _ in range(3)]
    one = Start(*(statistics.median(getattr(s, f) for s in starts) for f in ("wall", "cpu", "rss", "idle")))
    print(
        f"start     {one.wall:.2f} s ({one.cpu:.2f} s CPU) until ready with {feeds} feeds known; idle {one.rss:.0f} MB,"
    )
    print(f"          {one.idle:.2f} s CPU a minute; imported of {', '.join(HEAVY)}: {', '.join(imported()) or 'none'}")


if __name__ == "__main__":
    main()
