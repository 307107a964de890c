"""File one flagged or edited article: the story it belongs to, and the messages it causes, inside a transaction."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.article import Article
from bot.domain.delivery import DeliveryKind
from bot.domain.statement import Analysis
from bot.domain.story import Story
from bot.domain.subscription import Channel, Subscription
from bot.service.judge import Add, Revise, recent
from bot.service.storage import ClaimedFeed, Transaction

# Titles repeat from day to day ("Live updates"), so that a story takes in no article later than this.
STORY_WINDOW = timedelta(hours=48)
# More messages than this at once are an outlet's move to other software, or worse: the rest goes into one.
MAX_ALERTS = 20


@dataclass(frozen=True, slots=True)
class Read:
    """One article with its verdict and what the engine found in it."""

    article: Article
    verdict: Add | Revise
    analysis: Analysis


@dataclass(frozen=True, slots=True)
class News:
    """What an article adds to its story: statements by their gist, and whether its publisher is new to it."""

    story: Story
    gists: frozenset[tuple[str, str, str]]
    publisher: bool


class Spells:
    """The new messages that each feed has caused within its interval, by channel.

    A hub may push thirty times a minute, and gets no more alerts than a poll would.
    """

    def __init__(self) -> None:
        self._spells: dict[int, tuple[datetime, Counter[Channel]]] = {}

    @contextmanager
    def of(self, claimed: ClaimedFeed, now: datetime) -> Iterator[Counter[Channel]]:
        """A feed's count, to be added to; what is added stays if no error comes of it."""
        since, alerts = self._spells.get(claimed.id, (now, Counter()))
        if not timedelta(0) <= now - since < claimed.feed.every:
            since, alerts = now, Counter()
        alerts = alerts.copy()
        yield alerts
        if alerts:
            self._spells[claimed.id] = since, alerts


class Filing:
    """Files the articles of one poll. `owed` counts the messages that may be sent at once.

    `alerts` are the new messages that the feed has caused lately; those of this poll are added to them.
    """

    def __init__(
        self,
        tx: Transaction,
        claimed: ClaimedFeed,
        subscriptions: Sequence[Subscription],
        *,
        now: datetime,
        catch_up_wait: timedelta,
        alerts: Counter[Channel],
    ) -> None:
        self._tx = tx
        self._claimed = claimed
        self._subscriptions = subscriptions
        self._now = now
        self._catch_up_due = now + catch_up_wait
        self._alerts = alerts
        self.owed = 0

    def file(self, read: Read) -> None:
        """Store an article, with its story and its messages if it reports a statement."""
        tx, verdict = self._tx, read.verdict
        # An edit stays in its story, whatever its new title.
        story = tx.story(verdict.story) if isinstance(verdict, Revise) and verdict.story is not None else None
        if not read.analysis.topics:
            tx.revise_article(self._claimed.id, read.article, read.analysis, story=story)
            return
        if story is None:
            story = tx.find_story(self._claimed.id, read.article, since=self._now - STORY_WINDOW)
        news = self._news(read, story)
        store = tx.add_article if isinstance(verdict, Add) else tx.revise_article
        store(self._claimed.id, read.article, read.analysis, story=news.story)
        before = tx.alerted(story.id) if story is not None else {}
        for subscription in self._subscriptions:
            self._tell(subscription, read, news, before.get(subscription.channel))

    def _news(self, read: Read, story: Story | None) -> News:
        gists = frozenset(s.gist for s in read.analysis.statements)
        if story is None:
            return News(self._tx.start_story(read.article.title, now=self._now), gists, publisher=True)
        new = self._tx.new_gists(story.id, gists)
        publisher = self._claimed.feed.publisher not in self._tx.story_publishers(story.id)
        return News(self._tx.bump_story(story.id) if new or publisher else story, new, publisher)

    def _tell(self, subscription: Subscription, read: Read, news: News, before: DeliveryKind | None) -> None:
        wanted = [s for s in read.analysis.statements if subscription.wanted(s)]
        if not wanted:
            return
        channel = subscription.channel
        kind = _kind(before, news=any(s.gist in news.gists for s in wanted), new_publisher=news.publisher)
        if read.verdict.announce and kind is not None:
            self._alerts[channel] += kind is not DeliveryKind.UPDATE
            if kind is not DeliveryKind.UPDATE and self._alerts[channel] > MAX_ALERTS:
                if before is not DeliveryKind.ALERT:
                    self._catch_up(channel, news.story)
                    return
                kind = DeliveryKind.UPDATE  # the alert itself then shows what a reply would have told
            self.owed += self._tx.queue(channel, kind, story=news.story.id, revision=news.story.revision, now=self._now)
            return
        fresh = recent(read.article, now=self._now, window=subscription.catch_up)
        if before is None and self._claimed.state.first_poll and fresh:
            self._catch_up(channel, news.story)

    def _catch_up(self, channel: Channel, story: Story) -> None:
        self._tx.queue_catch_up(channel, story.id, now=self._now, due=self._catch_up_due)


def _kind(before: DeliveryKind | None, *, news: bool, new_publisher: bool) -> DeliveryKind | None:
    """What a channel is owed for a story it has (`before`) or has not been told of; an edit without news, nothing."""
    if before is None:
        return DeliveryKind.ALERT if news or new_publisher else None
    if news:
        return DeliveryKind.REPLY
    if new_publisher and before is DeliveryKind.ALERT:
        return DeliveryKind.UPDATE
    return None
