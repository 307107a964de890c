"""Feed: an address that is polled, and what polling it has taught us so far."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

MAX_BACKOFF = timedelta(days=1)
# How the error of a feed ends whose server named a time (Retry-After): not even a restart asks it before.
PAUSE_ASKED = "; it asks for a pause"


class Affiliation(StrEnum):
    """Who stands behind a publisher, shown beside its name."""

    INDEPENDENT = "independent"
    PUBLIC = "public"
    STATE = "state"
    WIRE = "wire"
    GOVERNMENT = "government"


class FullText(StrEnum):
    """When the article's page is fetched besides the feed."""

    NEVER = "never"
    FLAGGED = "flagged"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as the operator configured it. `url` is its identity; `every` the interval asked for."""

    name: str
    url: str
    publisher: str
    affiliation: Affiliation = Affiliation.INDEPENDENT
    language: str | None = None
    every: timedelta = timedelta(minutes=5)
    full_text: FullText = FullText.NEVER


@dataclass(frozen=True, slots=True)
class FetchState:
    """What the last polls of one feed left behind; moves only together with the entries it stands for.

    `items` holds an 8-byte digest of every raw item of the last body: what lets the parser skip them.
    `next_check` None means "never polled": due at once, and its first poll is silent.
    """

    etag: str | None = None
    last_modified: str | None = None
    body_digest: bytes | None = None
    items: frozenset[bytes] = field(default_factory=frozenset)
    failures: int = 0
    error: str | None = None
    next_check: datetime | None = None
    last_success: datetime | None = None
    last_change: datetime | None = None

    @property
    def first_poll(self) -> bool:
        """Whether no poll of this feed has ever succeeded: what it then holds is not news."""
        return self.last_success is None


def next_check(
    now: datetime,
    *,
    every: timedelta,
    failures: int = 0,
    asked_to_wait: timedelta | None = None,
    jitter: float = 0.0,
) -> datetime:
    """When to poll again: the interval, doubled from the second failure on up to a day, never before the server's wish.

    `jitter` in [0, 1) spreads feeds over a tenth of the interval, so that they do not fire in step.
    """
    wait = min(every * (1 << min(max(failures - 1, 0), 20)), max(MAX_BACKOFF, every))
    wait += every * 0.1 * jitter
    if asked_to_wait is not None:
        wait = max(wait, min(asked_to_wait, MAX_BACKOFF))
    return now + wait
