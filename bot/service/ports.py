"""What the use cases need from the outside, in their own words. EDGE classes satisfy these Protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.domain.article import Entry
from bot.domain.delivery import Delivery, Message
from bot.domain.feed import Feed, FetchState
from bot.domain.pace import SAYS_NOTHING, Said
from bot.domain.push import Offer
from bot.domain.statement import Analysis, Document
from bot.domain.subscription import Platform

T = TypeVar("T")

# --- feeds ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer of a feed's server.

    `body` None: unchanged (304, or the same bytes as last time). `digest` is of the body's bytes.
    `content_type` is the Content-Type header as received. `asked_to_wait` comes from Retry-After, `fresh_for` (for how
    long the server calls it fresh) from Cache-Control, else Expires. `moved_to` is where
    redirects for good (301, 308) led, if there were any. `size` is what the body took on the wire, in bytes; None: no
    body came (304). `offer` is the hub that the answer's headers name.
    """

    body: bytes | None
    url: str
    etag: str | None = None
    last_modified: str | None = None
    content_type: str | None = None
    digest: bytes | None = None
    asked_to_wait: timedelta | None = None
    fresh_for: timedelta | None = None
    moved_to: str | None = None
    size: int | None = None
    offer: Offer | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a feed's bytes held: the entries that were not in `known`, and the digest of every item, known or not.

    Raw items whose digest was already known are skipped before feedparser sees them; `skipped` counts them.
    `plain` is (title, text) of each entry, HTML removed, in the order of `entries`.
    `said` is what the feed says of how often to come and of its hub. `title` and `format` ("RSS 2.0") are for people;
    empty where nothing is new.
    """

    entries: tuple[Entry, ...]
    items: frozenset[bytes]
    language: str | None = None
    skipped: int = 0
    said: Said = SAYS_NOTHING
    plain: tuple[tuple[str, str], ...] = ()
    title: str = ""
    format: str = ""


class FeedSource(Protocol):
    """Reads feeds and pages from the network, guarded and capped."""

    async def fetch(self, feed: Feed, state: FetchState) -> Fetched:
        """Conditional GET of a feed; ends by itself within a minute, waits for turns included. Raises FetchError."""

    async def parse(self, fetched: Fetched, *, known: frozenset[bytes]) -> Parsed:
        """Entries of a body with their plain words, read in a killable child process. Raises ParseError."""

    async def page_text(self, link: str) -> str | None:
        """The article's full text from its page, robots.txt obeyed; None where there is none to be had."""


class Hubs(Protocol):
    """Asks hubs to push, guarded and capped as all that goes out."""

    async def ask_hub(self, hub: str, form: Mapping[str, str]) -> None:
        """POST a form to a hub, which then confirms by itself. Raises FetchError when it does not take it."""


class Analyst(Protocol):
    """The statement engine, off the event loop."""

    async def analyse(self, documents: Sequence[Document]) -> list[Analysis]:
        """One verdict a document, same order. Never raises for what a document holds."""


# --- chat -----------------------------------------------------------------------------------------


class Messenger(Protocol):
    """One platform's way to show a message. Every method raises DeliveryError, never anything else."""

    platform: Platform

    async def start(self) -> None:
        """Connect (in the background where the platform allows it) and offer the commands."""

    async def post(self, delivery: Delivery, message: Message) -> str:
        """Send a new message (in the thread of `delivery.thread` for a REPLY). Returns the platform's id of it."""

    async def edit(self, delivery: Delivery, message: Message) -> str:
        """Edit the message `delivery.thread`. Returns its id."""

    async def find(self, delivery: Delivery) -> str | None:
        """The id of the message that carries this delivery's id in the channel's own history, if there is one.

        Looks back to a little before `delivery.attempted`. None: it certainly did not arrive.
        """

    async def close(self) -> None:
        """Disconnect within two seconds."""

    def healthy(self) -> bool:
        """Whether the platform is connected, as far as we know."""


class Clock(Protocol):
    """The time, so that tests can own it."""

    def now(self) -> datetime:
        """Now, aware, in UTC."""


class Meter(Protocol):
    """Counts and timings for the metrics page. Labels never hold an address."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record a duration."""


class NoMeter:
    """Satisfies `Meter` where no page shows its figures."""

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Nothing."""

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Nothing."""

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Nothing."""
