"""The command line: what each verb calls, prints and exits with."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import cli
from bot.config import Settings
from bot.domain.feed import Feed, FetchState
from bot.domain.statement import Analysis, Document
from bot.errors import ConfigError, LexiconError, Mistake, StorageError
from bot.lexicons import HeldLexicon
from bot.secret import Secret
from bot.service.storage import FeedHealth

ROOT = Path(__file__).resolve().parents[1]
TOPICS = ("ceasefire", "control", "sanctions")
FEED = '[[feed]]\nname = "A"\nurl = "https://a.example/rss"\n'


class FakeApp(types.ModuleType):
    """Stands in for bot.app: remembers what it was given, does what it is told."""

    def __init__(self) -> None:
        super().__init__("bot.app")
        self.settings: Settings | None = None
        self.result: Any = None

    async def _end(self, settings: Settings | None = None, *, reread: Callable[[], Settings] | None = None) -> Any:
        self.settings = settings
        await asyncio.sleep(0)
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    run = once = check = demo = _end

    async def feeds(self, database_url: Secret, name: str | None = None) -> Any:
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    revive = feeds

    async def try_out(self, settings: Settings, address: str) -> Any:
        self.settings = settings
        return self.result == address


class FakeLexicons(types.ModuleType):
    """Stands in for bot.lexicons."""

    def __init__(self) -> None:
        super().__init__("bot.lexicons")

    def own_files(self, place: Path | None) -> Path | None:
        return place

    def held_lexicon(self, own: Path | None) -> HeldLexicon:
        if own is not None and own.name == "broken":
            raise LexiconError([Mistake(f"{own}/actors/a.toml", 3, "is wrong", "mend it")])
        return HeldLexicon({id_: id_ == "control" for id_ in TOPICS}, {"ukraine": "Ukraine"}, b"")

    def default_engine(self, own: Path | None) -> "FakeLexicons":
        self.held_lexicon(own)
        return self

    def analyse(self, document: Document) -> Analysis:
        if document.text == "interrupt":
            raise KeyboardInterrupt
        return Analysis(reasons=(document.title,))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeApp:
    """A world with one good feeds.toml and nothing else set."""
    fake = FakeApp()
    for name, module in (
        ("app", fake),
        ("archive", fake),
        ("check", fake),
        ("tryout", fake),
        ("lexicons", FakeLexicons()),
    ):
        monkeypatch.setitem(sys.modules, f"bot.{name}", module)
        monkeypatch.setattr(f"bot.{name}", module, raising=False)
    monkeypatch.setattr("bot.log.setup_logging", lambda *_args, **_more: None)
    for name in list(os.environ):
        if name.startswith("PARLEY_"):
            monkeypatch.delenv(name)
    (tmp_path / "feeds.toml").write_text(FEED)
    monkeypatch.setenv("PARLEY_CONFIG", str(tmp_path / "feeds.toml"))
    return fake


def called(*arguments: str, text: str | bytes = "") -> Result:
    return CliRunner().invoke(cli, arguments, input=text)


@pytest.mark.parametrize(
    ("verb", "returned", "code"),
    [("run", None, 0), ("once", 0, 0), ("once", 3, 1), ("check", 0, 0), ("check", 2, 1), ("demo", None, 0)],
)
def test_verbs_call_the_app(
    app: FakeApp, monkeypatch: pytest.MonkeyPatch, verb: str, returned: int | None, code: int
) -> None:
    app.result = returned
    monkeypatch.setattr("os._exit", lambda code: None)  # how `run` leaves
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    assert called(verb).exit_code == code
    assert (app.settings is None) == (verb == "demo")


@pytest.mark.parametrize("verb", ["run", "once", "check"])
def test_mistakes_in_settings_are_a_list_and_no_traceback(
    app: FakeApp, verb: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "feeds.toml").write_text(
        FEED + 'every = "soon"\n[[channel]]\nplatform = "console"\nid = "t"\ntopics = ["peace"]\n'
    )
    monkeypatch.setenv("PARLEY_HTPP", "x")
    result = called(verb)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "3 mistakes in the settings:\n"
        '  environment: PARLEY_HTPP is no setting (did you mean "PARLEY_HTTP"?)\n'
        '  feeds.toml:4: feed "A": every = "soon" is not a time span '
        '(write a number and s, m, h or d in quotes, for example "5m")\n'
        '  feeds.toml:8: channel "t": topics holds "peace", which is unknown (known: ceasefire, control, sanctions)\n'
    )
    assert app.settings is None


def test_mistakes_in_settings_and_lexicons_are_told_together(
    app: FakeApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken").mkdir()
    monkeypatch.setenv("PARLEY_LEXICONS", str(tmp_path / "broken"))
    told = f"{tmp_path}/broken/actors/a.toml:3: is wrong (mend it)\n"
    assert called("check").stderr == f"1 mistake in the lexicons:\n  {told}"
    monkeypatch.setenv("PARLEY_HTPP", "x")
    both = called("check").stderr
    assert both.startswith("2 mistakes in the settings:\n  environment: PARLEY_HTPP")
    assert both.endswith(told)
    assert app.settings is None


def test_a_folder_that_is_not_there_is_told_once(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_LEXICONS", "/absent")
    told = '  environment: PARLEY_LEXICONS = "/absent" is not there (name a folder, or unset it)\n'
    assert called("check").stderr == f"1 mistake in the settings:\n{told}"
    assert called("analyse", text="").stderr == f"1 mistake in the settings:\n{told}"


def test_a_topic_of_ones_own_goes_where_none_is_named_and_an_optional_one_does_not(app: FakeApp) -> None:
    assert called("check").exit_code == 0
    assert app.settings is not None
    assert app.settings.subscriptions[0].topics == {"ceasefire", "sanctions"}


@pytest.mark.usefixtures("app")
def test_analyse_reads_the_folder_it_is_given_else_the_one_beside_feeds_toml(tmp_path: Path) -> None:
    assert called("analyse", "--lexicons", str(tmp_path / "other" / "broken"), text="").exit_code == 1
    assert called("analyse", text="").exit_code == 0
    (tmp_path / "lexicons").symlink_to(tmp_path / "broken")
    (tmp_path / "broken").mkdir()
    assert called("analyse", text="").exit_code == 0  # the path is told as it was found
    assert called("analyse", "--explain", "--lexicons", str(tmp_path / "broken"), text="x").exit_code == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StorageError("the disk is full"), "parley: the disk is full\n"),
        (
            ConfigError([Mistake("cues.toml", 3, "is wrong", "mend it")]),
            "1 mistake in the settings:\n  cues.toml:3: is wrong (mend it)\n",
        ),
    ],
)
def test_our_own_errors_are_told_without_a_traceback(app: FakeApp, error: Exception, told: str) -> None:
    app.result = error
    result = called("once")
    assert (result.exit_code, result.stderr) == (1, told)


def test_a_fault_nobody_expected_goes_through_the_log(app: FakeApp, caplog: pytest.LogCaptureFixture) -> None:
    app.result = ZeroDivisionError("oops")
    result = called("run")
    assert result.exit_code == 1
    assert "Traceback" not in result.output
    assert "unexpected fault" in caplog.text
    assert "ZeroDivisionError: oops" in caplog.text


def test_ctrl_c(app: FakeApp) -> None:
    app.result = KeyboardInterrupt()
    assert called("once").exit_code == 130
    assert called("analyse", text='{"text": "interrupt"}\n').exit_code == 130


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["analyse", "/absent/file"], ["run", "--fast"], ["db", "downgrade"]]
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert called(*arguments).exit_code == 2


@pytest.mark.usefixtures("app")
def test_analyse_answers_each_line_in_order(tmp_path: Path) -> None:
    lines = '{"id": 1, "title": "первый", "text": ""}\nnonsense\n{"id": 2, "title": "b"}\n'
    (tmp_path / "in.jsonl").write_text(lines, encoding="utf-8")
    for result in (
        called("analyse", text=lines),
        called("analyse", "-", text=lines),
        called("analyse", str(tmp_path / "in.jsonl")),
    ):
        assert result.exit_code == 1
        first, bad, last = map(json.loads, result.stdout.splitlines())
        assert first == {"id": 1, "topics": [], "statements": [], "reasons": ["первый"]}
        assert bad["line"] == 2
        assert last["id"] == 2
        assert result.stderr == ""
    assert called("analyse", text='{"id": 1, "text": ""}\n').exit_code == 0
    assert called("analyse", text="").stdout == ""


def test_db_upgrade_needs_no_feeds_toml(app: FakeApp, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARLEY_CONFIG", "/absent")
    monkeypatch.setenv("PARLEY_DATABASE_URL", f"sqlite:///{tmp_path}/parley.db")
    first = called("db", "upgrade")
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("applied ")
    assert called("db", "upgrade").stdout == "up to date\n"
    monkeypatch.setenv("PARLEY_DATABASE_URL", "oracle://me:hunter2@db/x")
    wrong = called("db", "upgrade")
    assert wrong.exit_code == 1
    assert "hunter2" not in wrong.output


def test_health_without_a_listener(app: FakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_HTTP", "off")
    assert called("health").exit_code == 1
    monkeypatch.setenv("PARLEY_HTTP", "nonsense")
    assert "is not host:port" in called("health").stderr


# --- real processes ---


def heed_ctrl_c() -> None:
    """A test run in the background of a shell ignores Ctrl-C, and so would what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(*arguments: str, env: dict[str, str] | None = None, **more: Any) -> subprocess.Popen[bytes]:
    base = {k: v for k, v in os.environ.items() if not k.startswith(("PARLEY_", "LC_", "LANG", "PYTHONUTF8"))}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env=base | {"LC_ALL": "C"} | (env or {}),
        preexec_fn=heed_ctrl_c,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def test_analyse_as_a_process_speaks_utf_8_whatever_the_locale() -> None:
    line = '{"id": "Київ", "title": "Погода", "text": "Сьогодні сонячно."}\n'
    with started("analyse", "-", env={"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}) as process:
        out, err = process.communicate(f"{line}nonsense\n{line}".encode())
    first, bad, last = map(json.loads, out.decode().splitlines())
    assert first["id"] == last["id"] == "Київ"
    assert first["topics"] == []
    assert first["reasons"]
    assert bad["error"].startswith("not JSON")
    assert (process.returncode, err) == (1, b"")


def ask(process: subprocess.Popen[bytes], id_: int) -> Any:
    """One line in, one line out."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b'{"id": %d, "text": "x"}\n' % id_)
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def test_analyse_answers_before_the_next_line_comes_and_ends_quietly_with_its_reader() -> None:
    with started("analyse") as process:
        assert [ask(process, n)["id"] for n in range(3)] == [0, 1, 2]
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(b'{"id": 9, "text": "x"}\n')
    assert (process.returncode, err) == (0, b"")


def test_ctrl_c_in_a_process() -> None:
    with started("analyse") as process:
        ask(process, 1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert (process.returncode, err) == (130, b"")


async def test_health_as_a_process() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        env = {"PARLEY_HTTP": f"127.0.0.1:{port}", "PARLEY_CONFIG": "/absent"}
        with started("health", env=env) as well:
            out, err = await asyncio.to_thread(well.communicate)
        assert (well.returncode, out, err) == (0, b"ok\n", b"")
    with started("health", env=env) as ill:
        out, err = await asyncio.to_thread(ill.communicate)
    assert (ill.returncode, err) == (1, b"")
    assert out == f"no answer from 127.0.0.1:{port}: Connection refused\n".encode()


@pytest.mark.parametrize("heavy", ["pydantic", "aiohttp", "sqlalchemy", "rich", "feedparser", "discord", "slack_bolt"])
def test_help_and_health_load_no_library_they_do_not_need(heavy: str) -> None:
    code = f"import bot.__main__, bot.config, bot.probe, bot.log, sys; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_feed_list_shows_the_feeds_asked_for(app: FakeApp) -> None:
    app.result = [
        FeedHealth(Feed("Harbour Wire", "https://wire.example/rss", "Wire"), FetchState()),
        FeedHealth(Feed("Radio", "https://radio.example/rss", "Radio"), FetchState(failures=1, error="no such host")),
    ]
    everything = called("feed", "list").stdout
    assert everything.index("Radio") < everything.index("Harbour Wire"), "the ailing first"
    assert [json.loads(row)["name"] for row in called("feed", "list", "--json").stdout.splitlines()] == [
        "Radio",
        "Harbour Wire",
    ]
    assert json.loads(called("feed", "list", "wire", "harb", "--json").stdout)["state"] == "new"
    assert json.loads(called("feed", "list", "--state", "failing", "--json").stdout)["error"] == "no such host"
    app.result = StorageError("the database is of an older Parley")
    assert called("feed", "list", "--state", "broken").exit_code == 2
    told = called("feed", "list")
    assert (told.exit_code, told.stderr) == (1, "parley: the database is of an older Parley\n")


def test_feed_revive_tells_whether_there_was_one(app: FakeApp) -> None:
    app.result = 1
    assert called("feed", "revive", "Radio").stdout.startswith("Radio: asked again")
    app.result = 0
    told = called("feed", "revive", "Rado")
    assert (told.exit_code, told.stdout) == (1, "")
    assert 'no feed called "Rado" is gone for good' in told.stderr


OPML = (
    '<opml version="2.0"><body>\n<outline type="rss" text="B" xmlUrl="https://b.example/rss"/>\n'
    '<outline type="rss" text="C"/>\n</body></opml>'
)


def test_opml_import_adds_nothing_of_a_file_with_mistakes_unless_told_so(app: FakeApp, tmp_path: Path) -> None:
    (tmp_path / "my.opml").write_text(OPML)
    file = str(tmp_path / "my.opml")
    told = called("opml", "import", file)
    assert (told.exit_code, told.stdout) == (1, "")
    first, wrong, last = told.stderr.splitlines()
    assert first == "1 mistake in the OPML file:"
    assert wrong.startswith('  my.opml:3: outline "C": xmlUrl is missing')
    assert last == "feeds.toml: nothing is added; --skip-bad leaves these out and adds 1 feed"
    assert (tmp_path / "feeds.toml").read_text() == FEED
    told = called("opml", "import", file, "--skip-bad", "--dry-run")
    assert (told.exit_code, told.stdout) == (0, '[[feed]]\nname = "B"\nurl = "https://b.example/rss"\n')
    assert (tmp_path / "feeds.toml").read_text() == FEED
    told = called("opml", "import", file, "--skip-bad")
    assert (told.exit_code, told.stdout) == (0, "feeds.toml: 1 feed added\n")
    assert (tmp_path / "feeds.toml").read_text().startswith(FEED)
    assert 'name = "B"' in (tmp_path / "feeds.toml").read_text()


def test_opml_import_of_what_is_not_there_is_wrong_usage(app: FakeApp, tmp_path: Path) -> None:
    told = called("opml", "import", str(tmp_path / "none.opml"))
    assert told.exit_code == 2
    assert "does not exist" in told.stderr


def test_opml_export_is_what_import_takes(app: FakeApp, tmp_path: Path) -> None:
    written = called("opml", "export").stdout
    assert 'xmlUrl="https://a.example/rss"' in written
    assert called("opml", "export", str(tmp_path / "out.opml")).stdout == ""
    assert (tmp_path / "out.opml").read_text().count("<outline") == 1
    told = called("opml", "import", "-", text=written)
    assert (told.exit_code, told.stdout) == (0, "feeds.toml: 0 feeds added\n")
    assert told.stderr == '-:8: "A" is there already, at feeds.toml:1 ("A")\n'


def test_opml_export_of_settings_with_mistakes_leaves_the_last_one_alone(app: FakeApp, tmp_path: Path) -> None:
    (tmp_path / "out.opml").write_text("the last one")
    (tmp_path / "feeds.toml").write_text("[[feed")
    assert called("opml", "export", str(tmp_path / "out.opml")).exit_code == 1
    assert (tmp_path / "out.opml").read_text() == "the last one"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("example.org/rss", '"example.org/rss" has no https:// before it (did you mean "https://example.org/rss"?)'),
        ("https://user:s3cret@example.org/", "holds a user name or a password"),
        ("", '"" is not an http(s) address'),
    ],
)
def test_check_of_what_is_no_address_is_wrong_usage(app: FakeApp, address: str, told: str) -> None:
    result = called("check", address)
    assert result.exit_code == 2
    assert told in result.stderr
    assert "s3cret" not in result.stderr


def test_check_tries_one_address(app: FakeApp) -> None:
    app.result = "https://a.example/rss"
    assert called("check", "https://a.example/rss").exit_code == 0
    assert called("check", "https://b.example/rss").exit_code == 1
