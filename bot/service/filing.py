"""File one flagged or edited article: the story it belongs to, and the messages it causes, inside a transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.article import Article
from bot.domain.delivery import DeliveryKind
from bot.domain.statement import Analysis
from bot.domain.story import Story
from bot.domain.subscription import Channel, Subscription
from bot.service.judge import Add, Revise, recent
from bot.service.ports import ClaimedFeed, Transaction

# Titles repeat from day to day ("Live updates"), so that a story takes in no article later than this.
STORY_WINDOW = timedelta(hours=48)
# More news than this at once is an outlet's move to other software, or worse: the rest goes into one message.
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


class Filing:
    """Files the articles of one poll. `owed` counts the messages that may be sent at once."""

    def __init__(
        self,
        tx: Transaction,
        claimed: ClaimedFeed,
        subscriptions: Sequence[Subscription],
        *,
        now: datetime,
        catch_up_wait: timedelta,
    ) -> None:
        self._tx = tx
        self._claimed = claimed
        self._subscriptions = subscriptions
        self._now = now
        self._catch_up_due = now + catch_up_wait
        self._alerts: Counter[Channel] = Counter()
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
            self._alerts[channel] += kind is DeliveryKind.ALERT
            if kind is DeliveryKind.ALERT and self._alerts[channel] > MAX_ALERTS:
                self._catch_up(channel, news.story)
                return
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
