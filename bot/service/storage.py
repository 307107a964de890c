"""What the service stores and asks back: one storage, units of work in it, and the records they hand out."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from bot.domain.article import Article
from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.feed import Feed, FetchState
from bot.domain.push import Offer, Push, PushStatus
from bot.domain.standing import Notice
from bot.domain.statement import Analysis
from bot.domain.story import Story, Summary
from bot.domain.subscription import Channel, Platform, Subscription

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ClaimedFeed:
    """A feed leased to this worker: nobody else polls it until `lease_until`; writes with an old fence are refused."""

    id: int
    feed: Feed
    state: FetchState
    fence: int
    lease_until: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What the archive knows of an entry: the digest last stored, the story its article is in now, the key it has."""

    digest: str
    story: int | None
    key: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the archive knows of some articles, by their keys: under the same key, else under another.

    `by_page`: an entry with the same canonical link, and with the same words or a title alike (titles_alike).
    """

    by_key: Mapping[str, Known]
    by_page: Mapping[str, Known]


@dataclass(frozen=True, slots=True)
class FeedHealth:
    """A feed's real state, for `status`, `check` and the metrics."""

    feed: Feed
    state: FetchState


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """Active feeds in figures. `failing` leaves out the `retired` ones.

    `overdue` have gone unpolled for more than three of their intervals (`every`) although they were due, some of them
    by name. `first_due` is the earliest next check; None: at once, or there is no feed.
    """

    total: int
    failing: int = 0
    retired: int = 0
    overdue: int = 0
    overdue_names: tuple[str, ...] = ()
    first_due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """The outbox in figures. `oldest` is when the longest owed message first fell due; it lies ahead if none did."""

    pending: int
    dead: int
    oldest: datetime | None


class Transaction(Protocol):
    """One unit of work: all of it is kept, or (on any exception) none. The use case owns it; methods never commit.

    It lives in a thread of the storage's, and only while `Storage.write` runs.
    """

    def add_quiet(self, feed_id: int, articles: Sequence[tuple[Article, Analysis]]) -> None:
        """Store new articles without a statement, all at once, and remember their keys as seen."""

    def add_article(self, feed_id: int, article: Article, analysis: Analysis, *, story: Story) -> None:
        """Store a new article with its statements, which get the story's revision, and remember its key as seen."""

    def revise_article(self, feed_id: int, article: Article, analysis: Analysis, *, story: Story | None) -> None:
        """Replace the words and statements of an article seen before under the same key (also a pruned one)."""

    def rename(self, feed_id: int, article: Article, before: Known) -> None:
        """Remember a new key for an entry seen before (the old one stays known); its article goes by the new key."""

    def find_story(self, feed_id: int, article: Article, *, since: datetime) -> Story | None:
        """The story this article joins, by what was seen since then: the same title (words alone), or the same page.

        Within one publisher's feeds the page's title must be alike, too: an address may show one event after another.
        """

    def story(self, story: int) -> Story | None:
        """A story by its id, None if there is no such story."""

    def start_story(self, title: str, *, now: datetime) -> Story:
        """A new story at revision 1."""

    def bump_story(self, story: int) -> Story:
        """The story with its revision grown by one."""

    def new_gists(self, story: int, gists: Collection[tuple[str, str, str]]) -> frozenset[tuple[str, str, str]]:
        """Which of these (speaker, topic, stance) the story has never told; what an edit took back was told."""

    def story_publishers(self, story: int) -> frozenset[str]:
        """Publishers that already report the story."""

    def subscriptions(self) -> tuple[Subscription, ...]:
        """Every active subscription."""

    def alerted(self, story: int) -> Mapping[Channel, DeliveryKind]:
        """Channels that have been, or are owed, a first message about this story: ALERT or CATCH_UP."""

    def queue(self, channel: Channel, kind: DeliveryKind, *, story: int, revision: int, now: datetime) -> bool:
        """Owe a channel one message, unique in (channel, kind, story, revision).

        False, and nothing changes: it is owed or sent already, or an UPDATE or REPLY has no message to follow. An ALERT
        that was given up (DEAD) is owed anew.
        """

    def queue_catch_up(self, channel: Channel, story: int, *, now: datetime, due: datetime) -> None:
        """Add a story to the channel's one pending catch-up message, creating it if there is none."""

    def queue_notice(self, channel: Channel, feed_id: int, notice: Notice, *, now: datetime, due: datetime) -> None:
        """Add a notice to the channel's one message of notices that cannot have arrived yet, creating it if needed.

        It takes the place of one of the same feed. "Works again" and what the channel has not heard yet cancel out.
        """

    def finish_poll(self, claimed: ClaimedFeed, state: FetchState) -> bool:
        """Save the feed's new state and give the lease back. False: the lease was lost, roll everything back."""

    def offers(self) -> Mapping[int, Offer]:
        """The hub that each active feed names, with the feed's own address as topic where it names none."""

    def pushes(self) -> Sequence[Push]:
        """Every subscription at a hub, held against other workers until the end of this transaction."""

    def due_pushes(self, *, now: datetime, limit: int) -> Sequence[Push]:
        """Subscriptions whose hub is to be asked now, longest due first, held as above; not those that others hold."""

    def push(self, push: str) -> Push | None:
        """One subscription by its id, held as above."""

    def save_push(self, push: Push) -> None:
        """Store a subscription, new or changed."""

    def drop_push(self, push: str) -> None:
        """Forget a subscription."""

    def distrust_pushes(self, feed_id: int) -> None:
        """Poll a feed at its own pace again: its hub does not push any more."""


class Storage(Protocol):
    """Everything that outlives the process. All times are aware and in UTC. Raises StorageError."""

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work and return what it returns, committed. Any exception rolls it back and comes out here.

        `work` runs in a thread beside the event loop: it decides and saves, and touches nothing that others use. Once
        begun it is carried through, also when its caller is cancelled.
        """

    async def sync_feeds(self, feeds: Sequence[Feed]) -> None:
        """Make the table match the settings, by url: add, change, retire what is gone (its memory is kept)."""

    async def sync_subscriptions(self, subscriptions: Sequence[Subscription]) -> None:
        """Make the fixed subscriptions (feeds.toml's) match the settings."""

    async def sync_settings(self, feeds: Sequence[Feed], subscriptions: Sequence[Subscription]) -> None:
        """Both at once, in one transaction, without a word: for a bot that runs and tells the differences itself."""

    async def claim_feeds(
        self, *, now: datetime, limit: int, lease: timedelta, early: datetime | None = None
    ) -> list[ClaimedFeed]:
        """Lease feeds that are due, longest due first.

        `early`: also those not yet due that have not succeeded since that moment, unless they are failing.
        """

    async def claim_feed(self, feed_id: int, *, now: datetime, lease: timedelta) -> ClaimedFeed | None:
        """Lease one active feed, due or not; None while somebody else holds it."""

    async def release_feeds(self, claimed: Sequence[ClaimedFeed]) -> None:
        """Give leases back unused (shutdown)."""

    async def finish_poll(self, claimed: ClaimedFeed, state: FetchState) -> bool:
        """`Transaction.finish_poll` for a poll that has read nothing (`items` is as it was); many are saved at once.

        False: the lease was lost, and nothing of it is saved.
        """

    async def recall(self, feed_id: int, shown: Sequence[Article]) -> Recalled:
        """Which of these articles this feed has shown before, however long ago."""

    async def claim_deliveries(
        self, *, now: datetime, limit: int, lease: timedelta, platforms: Sequence[Platform]
    ) -> list[Delivery]:
        """Lease deliveries that are due, oldest first, and mark them SENDING (committed before this returns).

        One that is already SENDING with a lapsed lease comes back with `unsure=True`: its fate is unknown. At most one
        delivery a channel is leased at a time, the oldest, so that a channel's messages keep their order.
        UPDATE and REPLY wait until their story's alert (or catch-up) in that channel is SENT, and carry its message
        id as `thread`; where that message is DEAD they are dropped. Of several pending UPDATEs of one story in one
        channel only the newest is sent. `platforms` are those that can send now.
        """

    async def message(self, delivery: Delivery) -> Message | None:
        """What to show for a delivery, read from the archive as it stands now; None if nothing is left to tell.

        ALERT shows the statements up to its revision (a later one has a REPLY of its own), UPDATE the whole story,
        both with every source known by now; REPLY only statements of the delivery's revision; CATCH_UP its stories,
        newest first; all of it filtered by what the channel wants (its subscription, also a retired one). NOTICE shows
        its notices.
        """

    async def sent(self, delivery: Delivery, message_id: str, *, now: datetime) -> None:
        """Mark a delivery sent (ignored if the fence has moved on)."""

    async def failed(self, delivery: Delivery, error: str, *, next_try: datetime | None, unsure: bool) -> None:
        """Mark a try failed: PENDING again at `next_try`, or DEAD when that is None."""

    async def latest(self, *, limit: int, topic: str | None = None, conflict: str | None = None) -> list[Summary]:
        """The newest stories with at least one matching statement, newest first."""

    async def reclaim(self, *, now: datetime) -> None:
        """Lapse every lease at once. Only for a process that knows it is alone with the database (a fresh start)."""

    async def retry_failing(self, *, now: datetime) -> None:
        """Make failing feeds due at once, but for those whose server asked for a pause (their error ends so).

        For the start of a bot: while it was down, its machine or network may have been mended.
        """

    async def revive(self, name: str) -> int:
        """Have every feed of this name that is retired (410) asked again at once. Returns how many there were.

        Until it has answered, its standing is FAILING: its channels were told that it is gone, and hear what comes.
        """

    async def health(self) -> list[FeedHealth]:
        """Every active feed with its state."""

    async def push(self, push: str) -> Push | None:
        """A subscription at a hub by its id."""

    async def push_counts(self) -> Mapping[PushStatus, int]:
        """Subscriptions at hubs by status."""

    async def count_feeds(self, *, now: datetime, since: datetime) -> FeedCounts:
        """Feeds in figures; none counts as overdue for the time before `since`, when this bot began to poll."""

    async def backlog(self) -> Backlog:
        """The outbox in figures."""

    async def counts(self) -> Mapping[str, int]:
        """Rows by noun, fit to be shown: articles, statements, stories, messages sent."""

    async def prune(self, *, before: datetime) -> int:
        """Delete articles seen before then that belong to no story; their keys stay. Returns how many."""

    async def close(self) -> None:
        """Finish what was begun, for a second at most, and let go of the database; afterwards the process can end."""
