"""A PostgreSQL cluster of the tests' own: in a temporary folder, on a free loopback port, thrown away afterwards."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt", "/usr/pgsql")


def binaries() -> Path | None:
    """The folder that holds initdb and postgres, None where PostgreSQL's server is not installed."""
    found = [Path(p).parent for p in [shutil.which("postgres")] if p]
    found += sorted((p.parent for place in PLACES for p in Path(place).glob("**/bin/postgres")), reverse=True)
    return next((p for p in found if (p / "initdb").exists()), None)


def _as_someone() -> dict[str, object]:
    """The server refuses to run as root: run it as its own user, or as nobody."""
    if os.geteuid() != 0:
        return {}
    names = {u.pw_name for u in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of a running server without a database name: postgresql://postgres@127.0.0.1:port."""
    bin_folder = binaries()
    assert bin_folder is not None
    who = _as_someone()
    folder.mkdir(parents=True, exist_ok=True)
    if who:
        for part in (folder, *folder.parents):  # pytest's folders are closed to others
            if part.owner() == "root" and part != Path("/") and str(part).startswith(("/tmp/pytest", str(folder))):
                part.chmod(0o755)
        os.chown(folder, who["user"], who["group"])  # type: ignore[arg-type]  # ints
    data, port = folder / "data", _free_port()
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    subprocess.run(
        [bin_folder / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=True,
        capture_output=True,
        cwd=folder,
        env=environment,
        **who,  # type: ignore[call-overload]
    )
    options = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "max_connections": "60",
        "shared_buffers": "32MB",
    }
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [bin_folder / "postgres", "-D", data, *(f"--{k}={v}" for k, v in options.items())],
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment,
            **who,  # type: ignore[call-overload]
        )
    address = f"postgresql://postgres@127.0.0.1:{port}"
    try:
        _wait(server, address, folder / "log")
        yield address
    finally:
        server.send_signal(signal.SIGINT)  # by SIGTERM it would wait for the connections that a failed test leaves open
        server.wait(timeout=20)


def _wait(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    for _ in range(600):
        try:
            psycopg.connect(f"{address}/postgres", connect_timeout=1).close()
            return
        except psycopg.OperationalError:
            try:
                code = server.wait(timeout=0.05)
            except subprocess.TimeoutExpired:
                continue
            raise AssertionError(f"postgres ended with {code}: {log.read_text()}") from None
    raise AssertionError(f"postgres did not answer: {log.read_text()}")
