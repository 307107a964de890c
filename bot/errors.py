"""Every error that Parley raises on purpose.

BotError
+-- ConfigError      settings are wrong: the start stops, every mistake listed
|   +-- LexiconError a lexicon file is wrong
|   +-- OpmlError    an OPML file is wrong
+-- FeedError        this feed only, this time only
|   +-- FetchError   no usable answer (address, network, status, size, time)
|   |   +-- BusyHostError  not asked at all: its host is busy with other feeds
|   +-- ParseError   an answer that is no feed, or that took too long to read
+-- WorkerError      this job in a child process only
|   +-- WorkerTimeout  it took longer than its deadline; its process was killed
|   +-- WorkerDied     its process ended before it answered (crash, memory, closed)
+-- StorageError     this use case failed as a whole; nothing of it was kept
+-- DeliveryError    this delivery; says whether and when another try makes sense
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar


class BotError(Exception):
    """Base of all errors below; its text is fit for a user's eyes and holds no secret."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing wrong in a file or in the environment.

    `line` counts from 1; None where the source has no lines (the environment).
    """

    source: str
    line: int | None
    what: str
    mend: str

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{where}: {self.what}" + (f" ({self.mend})" if self.mend else "")


class ConfigError(BotError):
    """Settings that cannot be used; carries every mistake found, not the first only. `place` is where they are."""

    place: ClassVar = "settings"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(m) for m in mistakes))
        self.mistakes = tuple(mistakes)


class LexiconError(ConfigError):
    """A lexicon file that cannot be used."""

    place: ClassVar = "lexicons"


class OpmlError(ConfigError):
    """An OPML file that cannot be used."""

    place: ClassVar = "OPML file"


class FeedError(BotError):
    """One feed failed, once. The text says why in plain words.

    `retry_after` is what the server asked us to wait (Retry-After), None if it did not say. `gone`: for good (410).
    `no_network`: so fails every address from a machine that is offline.
    """

    def __init__(
        self, message: str, *, retry_after: timedelta | None = None, gone: bool = False, no_network: bool = False
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.gone = gone
        self.no_network = no_network


class FetchError(FeedError):
    """No usable answer came back: refused address, network, status, size or time."""


class BusyHostError(FetchError):
    """The feed was not asked: other feeds of its host took too long. No failure of its own."""


class ParseError(FeedError):
    """The answer is not a feed, or reading it took longer than its deadline."""


class WorkerError(BotError):
    """A job in a child process gave no answer; the process is replaced, so other jobs go on."""


class WorkerTimeout(WorkerError):  # noqa: N818  # as asyncio's and subprocess' timeouts are named
    """The job took longer than its deadline; its process was killed."""


class WorkerDied(WorkerError):  # noqa: N818  # says what happened
    """The process ended before it answered: a crash, too much memory, or the pool was closed."""


class StorageError(BotError):
    """The database refused or vanished; the transaction was rolled back as a whole."""


class Fate(StrEnum):
    """What is known of a message after a failed send."""

    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class DeliveryError(BotError):
    """A message was not confirmed by its platform.

    `fate` is UNKNOWN when the platform may have stored the message all the same (lost answer, 5xx).
    `permanent` says that the same message will never be taken (bad card, no such channel).
    `retry_after` is the platform's own wish (429), None if it did not say.
    """

    def __init__(
        self,
        message: str,
        *,
        fate: Fate = Fate.NOT_SENT,
        permanent: bool = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.fate = fate
        self.permanent = permanent
        self.retry_after = retry_after
