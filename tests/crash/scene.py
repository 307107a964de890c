"""A feed server, a settings folder and a real bot in a process of its own, for tests that break it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds until a test gives up on a process; nothing is asserted about time


class FeedServer:
    """Serves what `items` says: for each feed's name, (guid, title, text) of its items. Each begins with `head`."""

    def __init__(self) -> None:
        self.items: dict[str, list[tuple[str, str, str]]] = {}
        self.head = ""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version: ClassVar[str] = "HTTP/1.1"

            def do_GET(self) -> None:
                body = rss(owner.items.get(self.path.strip("/"), []), head=owner.head)
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator["FeedServer"]:
        thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()


def rss(items: list[tuple[str, str, str]], *, head: str = "") -> bytes:
    """A feed's bytes."""
    rows = "".join(
        f"<item><guid isPermaLink='false'>{escape(guid)}</guid><title>{escape(title)}</title>"
        f"<link>https://outlet.example/{escape(guid)}</link><description>{escape(text)}</description>"
        f"<pubDate>{format_datetime(datetime.now(UTC))}</pubDate></item>"
        for guid, title, text in items
    )
    return f"<rss version='2.0'><channel><title>A feed</title>{head}{rows}</channel></rss>".encode()


def settings(folder: Path, base: str, channel: tuple[str, str]) -> dict[str, str]:
    """feeds.toml in a folder, and the environment for a bot that uses it."""
    feeds = "".join(
        f'[[feed]]\nname = "{name}"\nurl = "{base}/{name}"\npublisher = "{name}"\nlanguage = "en"\nevery = "1s"\n'
        for name in ("wire", "radio")
    )
    platform, place = channel
    (folder / "feeds.toml").write_text(f'{feeds}[[channel]]\nplatform = "{platform}"\nid = "{place}"\n')
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "PARLEY_CONFIG": str(folder / "feeds.toml"),
        "PARLEY_DATABASE_URL": f"sqlite:///{folder / 'parley.db'}",
        "PARLEY_ALLOW_ADDRESSES": "127.0.0.0/8",
        "PARLEY_HTTP": "off",
    }


@contextmanager
def bot(folder: Path, environment: Mapping[str, str], *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    """`python -m ARGUMENTS`, its output in a file of the folder; killed at the end if it still runs."""
    with (folder / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=dict(environment), cwd=folder, stdout=output, stderr=output
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


def stop(process: "subprocess.Popen[bytes]") -> int:
    """SIGTERM, and the exit code."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=PATIENCE)


def told(folder: Path) -> str:
    """What the bots of this folder have printed, for a failing test's message."""
    return (folder / "output.txt").read_text(errors="replace")[-4000:]
