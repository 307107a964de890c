"""Feed: an address that is polled, and what polling it has taught us so far."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.pace import SAYS_NOTHING, Said, learnt_rhythm
from bot.domain.standing import Standing

# How the error of a feed ends whose server named a time (Retry-After): not even a restart asks it before.
PAUSE_ASKED = "; it asks for a pause"
# Redirects for good that are believed: the first may be a slip or a captive network.
MOVED_FOR_GOOD = 3
# Fields of a FetchState by name, for dataclasses.replace: of all that one answer changes at once, for a copy of so many
# fields takes 5 µs, and nearly every poll is a quiet one.
Changes = dict[str, Any]


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
    """A feed as the operator configured it. `url` is its identity.

    It is asked once in `every` at the most, and once in `at_most` (or `every`, where that is longer) at the least.
    """

    name: str
    url: str
    publisher: str
    affiliation: Affiliation = Affiliation.INDEPENDENT
    language: str | None = None
    every: timedelta = timedelta(minutes=5)
    at_most: timedelta = timedelta(minutes=15)
    full_text: FullText = FullText.NEVER

    @property
    def slowest(self) -> timedelta:
        """The longest time between two polls while the feed works."""
        return max(self.every, self.at_most)


@dataclass(frozen=True, slots=True)
class FetchState:
    """What the last polls of one feed left behind; moves only together with the entries it stands for.

    `items` holds an 8-byte digest of every raw item of the last body: what lets the parser skip them.
    `next_check` None means "never polled": due at once, and its first poll is silent; `reason` says why it is then.
    `last_change` is when its bytes were others, `last_news` when there was something to read in them; `rhythm` is the
    usual time between two news (domain/pace.py). `moved_times` counts answers in a row that came from `moved_to`.
    `body_size` is what the last body took on the wire (bytes), `unchanged` counts the 304 answers and `saved` the bytes
    that did not come with them.
    `failing_since` is when the first of the failures in a row was, `standing` what its channels know of that.
    `pushed_until`: its hub has pushed, and has not missed anything since; its lease ends then (domain/push.py).
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
    last_news: datetime | None = None
    rhythm: timedelta | None = None
    said: Said = SAYS_NOTHING
    reason: str = ""
    moved_to: str | None = None
    moved_times: int = 0
    body_size: int = 0
    unchanged: int = 0
    saved: int = 0
    failing_since: datetime | None = None
    standing: Standing = Standing.WORKING
    pushed_until: datetime | None = None

    @property
    def learnt_address(self) -> str | None:
        """Where the feed is asked instead of its configured url: it was sent there for good, often enough in a row."""
        return self.moved_to if self.moved_times >= MOVED_FOR_GOOD else None

    def sent_to(self, address: str | None) -> Changes:
        """What an answer changes that came by redirects for good to this address; None: by no such redirect.

        A learnt address that answers itself stays. One that leads on is forgotten: the configured url is asked again.
        """
        if address is None:
            return {} if self.learnt_address else {"moved_to": None, "moved_times": 0}
        again = address == self.moved_to and self.learnt_address is None
        return {"moved_to": address, "moved_times": self.moved_times + 1 if again else 1}

    def heard(self, *, now: datetime, news: bool) -> Changes:
        """The feed's rhythm after an answer: what a first poll finds is old, so that the first gap begins there."""
        if self.last_news is None:
            return {"last_news": now}
        return {"last_news": now, "rhythm": learnt_rhythm(self.rhythm, now - self.last_news)} if news else {}

    def counted(self, size: int | None) -> Changes:
        """What came over the wire (bytes), or did not: a 304 (None) saves what the last body took."""
        if size is not None:
            return {"body_size": size}
        return {"unchanged": self.unchanged + 1, "saved": self.saved + self.body_size}

    @property
    def first_poll(self) -> bool:
        """Whether no poll of this feed has ever succeeded: what it then holds is not news."""
        return self.last_success is None
