"""Delivery: one message owed to one channel, and what has become of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.standing import Notice
from bot.domain.story import Summary
from bot.domain.subscription import Channel

FIRST_RETRY = timedelta(seconds=2)
MAX_RETRY = timedelta(minutes=10)
GIVE_UP = timedelta(days=3)


class DeliveryKind(StrEnum):
    """What the message is to the channel."""

    ALERT = "alert"  # a new story: a message of its own
    UPDATE = "update"  # more sources: the alert's message is edited
    REPLY = "reply"  # a new statement: a message in the alert's thread
    CATCH_UP = "catch_up"  # what new feeds already held: one message
    NOTICE = "notice"  # feeds that are gone, fail for long or work again: one message


class DeliveryStatus(StrEnum):
    """PENDING -> SENDING -> SENT, or back to PENDING after a failure, or DEAD when no try will help."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message owed to one channel.

    `id` is at most 25 characters of [0-9a-z] (Discord's nonce takes no more) and is carried by the message itself.
    `attempted` is when the last send began, None if none ever did; `unsure` whether that send may have arrived.
    `thread` is the platform's id of the alert's message, for UPDATE and REPLY. `fence` guards finishing writes.
    """

    id: str
    channel: Channel
    kind: DeliveryKind
    story: int | None
    revision: int
    created: datetime
    attempts: int = 0
    attempted: datetime | None = None
    unsure: bool = False
    thread: str | None = None
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Message:
    """What a messenger is asked to show: platform-free.

    ALERT, UPDATE and REPLY carry one summary (only what the channel wants of it), CATCH_UP one or more, newest first;
    NOTICE carries notices instead, one a feed.
    """

    delivery: str
    kind: DeliveryKind
    summaries: tuple[Summary, ...] = ()
    notices: tuple[Notice, ...] = ()


def retry_at(now: datetime, *, attempts: int, asked_to_wait: timedelta | None = None) -> datetime:
    """When to try again: doubling from two seconds to ten minutes, never before the platform's own wish."""
    wait = min(FIRST_RETRY * (1 << min(max(attempts - 1, 0), 20)), MAX_RETRY)
    return now + max(wait, asked_to_wait or timedelta(0))
