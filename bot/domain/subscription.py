"""Channel: a place on a platform; Subscription: what it wants to hear."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bot.domain.statement import DEFAULT_TOPICS, Statement
from bot.domain.story import Said


class Platform(StrEnum):
    """Where a channel lives."""

    CONSOLE = "console"
    DISCORD = "discord"
    SLACK = "slack"


@dataclass(frozen=True, slots=True, order=True)
class Channel:
    """A channel, by its platform and the platform's own id of it."""

    platform: Platform
    id: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a channel wants. Empty `conflicts` means every conflict; `catch_up` zero means no catch-up message."""

    channel: Channel
    topics: frozenset[str] = frozenset(DEFAULT_TOPICS)
    conflicts: frozenset[str] = frozenset()
    catch_up: timedelta = timedelta(hours=24)

    def wanted(self, statement: Statement | Said) -> bool:
        """Whether this statement belongs in the channel."""
        if statement.topic not in self.topics:
            return False
        return not self.conflicts or not self.conflicts.isdisjoint(statement.conflicts)
