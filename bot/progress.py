"""What a person at the terminal is told while the bot starts and reads its feeds for the first time."""

import logging
import time

from bot import __version__
from bot.config import Settings
from bot.service.ingest import PollOutcome
from bot.service.ports import ClaimedFeed

log = logging.getLogger(__name__)

# Often enough to see that it goes on, seldom enough not to fill the screen.
EVERY = 3.0


class Progress:
    """Counts the first round of polls and logs how far it is, then how it went."""

    def __init__(self, *, total: int) -> None:
        self._total = total
        self._heard: set[int] = set()
        self._said = time.monotonic()
        self._done = False
        self.failed = self._new = self._flagged = 0

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

    def polled(self, claimed: ClaimedFeed, outcome: PollOutcome) -> None:
        """Hear of a finished poll."""
        if self._done:
            return
        self._heard.add(claimed.id)
        self.failed += outcome.status in ("failed", "unsaved")
        self._new += outcome.new
        self._flagged += outcome.flagged
        if len(self._heard) >= self._total:
            self.close()
        elif time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            log.info("first round: %d of %d feeds read, %d failed", len(self._heard), self._total, self.failed)

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
