"""Replay captured feeds in time order through `python -m bot once`: every entry seen once, none twice.

usage: python -m bench.replay [FOLDER]     (default: ../shared/feeds beside the project)

Files are named OUTLET__KEY__TIME_N.xml; each OUTLET__KEY is a feed, its captures are what it showed from time to time.
Round i serves every feed's i-th capture on loopback and runs the bot's `once` in a process of its own.
"""

import hashlib
import resource
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.start import environment
from bot.domain.article import entry_key
from bot.feeds.parse import parse_feed

ROOT = Path(__file__).resolve().parents[1]
CAPTURES = ROOT.parent / "shared" / "feeds"


def captures(folder: Path) -> dict[str, list[Path]]:
    """Each feed's captures, oldest first."""
    feeds: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.glob("*__*__*.xml"), key=lambda p: p.stem.rsplit("__", 1)[1]):
        feeds[path.stem.rsplit("__", 1)[0]].append(path)
    return dict(feeds)


class Server:
    """Serves each feed's capture of the current round; a feed that has no more keeps showing its last."""

    def __init__(self, feeds: dict[str, list[Path]]) -> None:
        self.round = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                rows = feeds[self.path.strip("/")]
                body = rows[min(owner.round, len(rows) - 1)].read_bytes()
                etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
                same = self.headers.get("If-None-Match") == etag
                self.send_response(304 if same else 200)
                self.send_header("ETag", etag)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", "0" if same else str(len(body)))
                self.end_headers()
                if not same:
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def expected_keys(feeds: dict[str, list[Path]]) -> dict[str, set[str]]:
    """The entry keys that each feed ever showed, read whole and without memory: what the bot should have seen."""
    return {
        name: {
            entry_key(e)
            for path in paths
            for e in parse_feed(
                path.read_bytes(), url="http://127.0.0.1/", content_type="application/rss+xml", known=frozenset()
            ).entries
        }
        for name, paths in feeds.items()
    }


def _settings(folder: Path, base: str, feeds: dict[str, list[Path]]) -> dict[str, str]:
    rows = (
        f'[[feed]]\nname = "{n}"\nurl = "{base}/{n}"\npublisher = "{n.split("__")[0]}"\nlanguage = "en"\nevery = "1s"\n'
        for n in feeds
    )
    (folder / "feeds.toml").write_text("".join(rows))
    return environment(folder)


def main() -> int:
    """Replay, print the figures; 1 when an entry was missed or seen twice."""
    feeds = captures(Path(sys.argv[1]) if len(sys.argv) > 1 else CAPTURES)
    if not feeds:
        print("no captures there: nothing to replay")
        return 0
    rounds = max(map(len, feeds.values()))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as name, Server(feeds) as server:
        folder = Path(name)
        environment = _settings(folder, server.base, feeds)
        for server.round in range(rounds):
            subprocess.run(
                [sys.executable, "-m", "bot", "once"],
                cwd=folder, env=environment, check=False, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            print(f"\rround {server.round + 1} of {rounds}", end="", file=sys.stderr, flush=True)
        spent = time.monotonic() - started
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        with closing(sqlite3.connect(folder / "parley.db")) as database:
            ask = lambda sql: database.execute(sql).fetchall()  # noqa: E731  # four one-line questions
            seen: dict[str, list[str]] = defaultdict(list)
            for feed, key in ask("SELECT feeds.name, entries.key FROM entries JOIN feeds ON feeds.id = entries.feed"):
                seen[feed].append(key)
            ((articles,),) = ask("SELECT count(*) FROM articles")
            ((flagged,),) = ask("SELECT count(DISTINCT article) FROM statements")
            ((stories,),) = ask("SELECT count(*) FROM stories")
            failing = ask("SELECT name, error FROM feeds WHERE failures > 0")
    expected = expected_keys(feeds)
    missed = sum(len(expected[f] - set(seen[f])) for f in feeds)
    twice = sum(len(keys) - len(set(keys)) for keys in seen.values())
    invented = sum(len(set(seen[f]) - expected[f]) for f in feeds)
    print(file=sys.stderr)
    print(f"replay    {len(feeds)} feeds, {sum(map(len, feeds.values()))} captures in {rounds} rounds of `once`")
    print(f"          {sum(map(len, seen.values()))} entries seen, {missed} missed, {twice} twice, {invented} unknown")
    print(f"          {articles} articles, {flagged} flagged, {stories} stories; failing feeds: {failing or 'none'}")
    print(
        f"          {spent:.1f} s in all ({spent / rounds:.1f} s a round, start-up included), "
        f"CPU {usage.ru_utime + usage.ru_stime:.1f} s, largest process {usage.ru_maxrss / 1024:.0f} MB"
    )
    return int(bool(missed or twice or invented))


if __name__ == "__main__":
    sys.exit(main())
