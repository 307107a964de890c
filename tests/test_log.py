import io
import logging
from collections.abc import Iterator

import pytest

from bot.log import escaped, setup_logging
from bot.secret import Secret

TOKEN = Secret("not-a-real-token")
log = logging.getLogger("bot.feeds.fetch")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.fixture
def out() -> io.StringIO:
    stream = io.StringIO()
    setup_logging("INFO", [TOKEN], stream=stream)
    return stream


def test_one_plain_line_a_record(out: io.StringIO) -> None:
    log.info("polled %s: %d new", "A", 3)
    stamp, rest = out.getvalue().split(" ", 1)
    assert len(stamp) == len("2026-03-01T12:00:00Z")
    assert stamp.endswith("Z")
    assert rest == "INFO bot.feeds.fetch polled A: 3 new\n"


def test_control_characters_forge_no_lines_and_reach_no_terminal(out: io.StringIO) -> None:
    log.info("title: %s", "a\nERROR fake\r\x1b[31mred\x9b\u202egnp\u2028x")
    assert out.getvalue().count("\n") == 1
    assert "title: a\\nERROR fake\\u000d\\u001b[31mred\\u009b\\u202egnp\\u2028x" in out.getvalue()


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_secrets_are_masked_in_messages_arguments_and_tracebacks(stream: type[io.StringIO]) -> None:
    out = stream()
    setup_logging("INFO", [TOKEN], stream=out)
    log.info("token %s", TOKEN.reveal())
    logging.getLogger("some.library").warning("GET https://me:hunter2@a.example/")
    try:
        try:
            raise ValueError(f"bad {TOKEN.reveal()}")
        except ValueError as error:
            raise RuntimeError("https://hooks.slack.com/services/hunter2") from error
    except RuntimeError:
        log.exception("failed with %r", {"t": TOKEN.reveal()})
    told = out.getvalue()
    assert TOKEN.reveal() not in told
    assert "hunter2" not in told
    assert "RuntimeError" in told
    assert "ValueError: bad ***" in told


def test_a_traceback_stays_on_its_line_where_no_person_reads(out: io.StringIO) -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        log.exception("failed")
    assert out.getvalue().count("\n") == 1
    assert "ValueError: first\\nsecond" in out.getvalue()


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_that_wants_no_colour_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    out = Terminal()
    setup_logging("DEBUG", stream=out)
    log.warning("failed")
    assert "\x1b" not in out.getvalue()
    assert out.getvalue().endswith(" warning failed (feeds.fetch)\n")


def test_a_terminal_gets_colour_and_indented_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    out = Terminal()
    setup_logging("INFO", stream=out)
    try:
        raise ValueError("first\nforged \x1b[2J")
    except ValueError:
        log.exception("failed")
    first, *rest = out.getvalue().rstrip("\n").split("\n")
    assert "\x1b[31merror failed\x1b[0m" in first
    assert "(feeds.fetch)" in first
    assert len(rest) > 2
    assert all(line.startswith("    ") and "\x1b" not in line for line in rest)


def test_levels_and_quiet_libraries(out: io.StringIO) -> None:
    log.debug("unseen")
    for name in ("discord.shard", "slack_bolt.App", "apscheduler.scheduler", "aiohttp.access"):
        logging.getLogger(name).info("unseen")
        logging.getLogger(name).warning("seen")
    assert out.getvalue().count("\n") == 4
    assert "unseen" not in out.getvalue()


def test_wrong_arguments_cost_no_record(out: io.StringIO) -> None:
    log.info("%d of %d", "x")
    assert "%d of %d (arguments do not fit" in out.getvalue()


def test_setting_up_twice_writes_once() -> None:
    first, second = io.StringIO(), io.StringIO()
    setup_logging(stream=first)
    setup_logging(stream=second)
    log.warning("hello")
    assert first.getvalue() == ""
    assert second.getvalue().count("hello") == 1


def test_escaped_keeps_letters_of_every_script() -> None:
    assert escaped("Україна العربية 中文 é\t👍") == "Україна العربية 中文 é 👍"
