"""What a person at the terminal is told while the bot starts and reads its feeds for the first time."""

import logging
import time
from datetime import datetime

from bot import __version__
from bot.config import Settings
from bot.service.ingest import PollOutcome
from bot.service.spans import span
from bot.service.storage import ClaimedFeed, FeedCounts

log = logging.getLogger(__name__)

# Often enough to see that it goes on, seldom enough not to fill the screen.
EVERY = 3.0


class Progress:
    """Counts the first round of polls and logs how far it is, then how it went."""

    def __init__(self, *, total: int) -> None:
        self._total = total
        self._heard: dict[int, PollOutcome] = {}
        self._said = time.monotonic()
        self._done = False
        self._new = self._flagged = 0

    @property
    def failed(self) -> int:
        """How many feeds failed when they were polled last."""
        return sum(outcome.status in ("failed", "unsaved") for outcome in self._heard.values())

    def hello(self, settings: Settings) -> None:
        """Who starts, on what, for whom."""
        channels = [f"{s.channel.platform} {s.channel.id}".rstrip() for s in settings.subscriptions]
        log.info(
            "Parley %s: %d feeds, channels: %s, settings: %s",
            __version__,
            self._total,
            ", ".join(channels) or "none yet",
            settings.config,
        )
        if settings.lexicons is not None:
            log.info("lexicons of your own: %s", settings.lexicons)
        for warning in settings.warnings:
            log.warning("%s", warning)

    def plan(self, feeds: FeedCounts, *, now: datetime) -> None:
        """What the last run left: feeds that failed, and when the first of all is polled."""
        due = feeds.first_due or now
        self.expect(feeds)
        log.info(
            "failing feeds: %d of %d%s; next poll: %s",
            feeds.failing,
            feeds.total,
            f"; gone for good (410): {feeds.retired}" if feeds.retired else "",
            "now" if due <= now else f"at {due:%H:%M:%S} UTC, in {span(due - now)}",
        )

    def expect(self, feeds: FeedCounts) -> None:
        """There are so many feeds now."""
        self._total = feeds.total - feeds.retired  # which may not be asked for days

    def polled(self, claimed: ClaimedFeed, outcome: PollOutcome) -> None:
        """Hear of a finished poll."""
        if self._done:
            return
        again = claimed.id in self._heard
        self._heard[claimed.id] = outcome
        self._new += outcome.new
        self._flagged += outcome.flagged
        if len(self._heard) >= self._total:
            self.close()
        elif not again and time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            log.info("first round: %d of %d feeds asked, %d failed", len(self._heard), self._total, self.failed)

    def close(self) -> None:
        """Say how the first round went; once."""
        if not self._done:
            self._done = True
            log.info(
                "first round: %d of %d feeds answered, %d failed; %d new articles, %d of them report a statement",
                len(self._heard) - self.failed,
                self._total,
                self.failed,
                self._new,
                self._flagged,
            )
            if len(self._heard) > 1 and all(outcome.no_network for outcome in self._heard.values()):
                log.warning("no feed could be reached: is this machine online?")
