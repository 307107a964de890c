"""The log: one line a record on stderr, with control characters escaped and secrets masked."""

import logging
import os
import re
import sys
import time
from collections.abc import Iterable
from typing import Final, TextIO

from bot.secret import Masker, Secret

# Libraries that tell at INFO what nobody who runs a bot asked for.
QUIET: Final = ("aiohttp", "alembic", "apscheduler", "asyncio", "discord", "slack_bolt", "slack_sdk", "sqlalchemy")
DIM: Final = "2"
COLOURS: Final = {logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "1;31", logging.DEBUG: DIM}
# Control characters forge lines and drive terminals; the others reorder the text that stands around them.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def setup_logging(level: str = "INFO", secrets: Iterable[Secret] = (), *, stream: TextIO | None = None) -> None:
    """Send every record to `stream` (stderr by default), replacing whatever handlers the root logger has.

    A terminal gets the time of day, colours (unless NO_COLOR is set) and indented tracebacks; anything else one plain
    line a record.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(HumanFormatter(colour=_coloured()) if stream.isatty() else PlainFormatter())
    handler.addFilter(SafeFilter(secrets))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(True)


class SafeFilter(logging.Filter):
    """Makes a record's message and its traceback fit to be printed; lets every record pass."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        super().__init__()
        self._mask = Masker(secrets)
        self._trace = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Settle the record's texts, so that no handler after this one sees the raw ones."""
        record.msg = escaped(self._mask(_message(record)))
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = self._trace.formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self._mask(record.exc_text)
        if record.stack_info:
            record.stack_info = self._mask(record.stack_info)
        return True


class PlainFormatter(logging.Formatter):
    """`2026-03-01T12:00:00Z WARNING bot.feeds.fetch message`; a traceback follows on the same line."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")

    def format(self, record: logging.LogRecord) -> str:
        """The record on one line."""
        return escaped(super().format(record))


class HumanFormatter(logging.Formatter):
    """`12:00:00 warning message (feeds.fetch)`, coloured by level; a traceback follows, each of its lines indented."""

    def __init__(self, *, colour: bool = True) -> None:
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """The record's line, and its traceback if there is one."""
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()} "
        text = self._painted(f"{level}{escaped(record.getMessage())}", COLOURS.get(record.levelno))
        clock = self._painted(self.formatTime(record, "%H:%M:%S"), DIM)
        name = self._painted(f"({record.name.removeprefix('bot.')})", DIM)
        trace = [t for t in (record.exc_text, record.stack_info) if t]
        return "\n".join([f"{clock} {text} {name}", *(f"    {escaped(row)}" for t in trace for row in t.split("\n"))])

    def _painted(self, text: str, colour: str | None) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if colour and self._colour else text


def _coloured() -> bool:
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def escaped(text: str) -> str:
    """The text on one line, every control character written out."""
    return _UNSAFE.sub(lambda m: {"\n": "\\n", "\t": " "}.get(m[0], f"\\u{ord(m[0]):04x}"), text)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # a library's wrong arguments must not cost the record
        return f"{record.msg} (arguments do not fit: {error})"
