"""Push: a feed's subscription at its hub, which then sends what is new by itself. Rules: WebSub, w3.org/TR/websub."""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

# For how long a hub is asked to push; it may grant another time. Ten days is what large hubs grant at most.
LEASE = timedelta(days=10)
LONGEST_LEASE = timedelta(days=30)
# A hub confirms within seconds; one that did not is asked again after this, then after twice as long, up to a day.
PATIENCE = timedelta(minutes=10)
MAX_PATIENCE = timedelta(days=1)
# However short a lease is, its hub is not asked more often.
SOONEST_RENEWAL = timedelta(minutes=1)
# A hub that does not let a subscription go keeps it until its lease ends; pushes are refused by then.
LAST_TRY = 3
_SECONDS = re.compile(r"\d{1,10}", re.ASCII)
# WebSub, section 7: the methods a hub may sign with.
_METHODS = ("sha1", "sha256", "sha384", "sha512")
_SIGNATURE = re.compile(rf"({'|'.join(_METHODS)})=([0-9a-f]{{40,128}})", re.IGNORECASE | re.ASCII)


class PushStatus(StrEnum):
    """How far a subscription is: asked for, confirmed by the hub, refused by it, or being given back."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    ENDING = "ending"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a feed says of pushes: the hub that makes them, and the feed's name there (None: its own address)."""

    hub: str
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class Push:
    """One feed's subscription at one hub.

    `id` is the unguessable end of `callback`, where the hub sends to; `secret` signs what it sends. `tries` counts
    requests that the hub has not confirmed yet, `next_try` is when to ask it again (to renew, while ACTIVE).
    """

    id: str
    feed: int
    hub: str
    topic: str
    callback: str
    secret: str = field(repr=False)
    status: PushStatus
    created: datetime
    next_try: datetime
    tries: int = 0
    lease_until: datetime | None = None
    error: str | None = None


class Signature:
    """The check of an X-Hub-Signature header against a body that comes in pieces."""

    def __init__(self, method: str, signed: str, secret: str) -> None:
        self._signed = signed.lower()
        self._made = hmac.new(secret.encode(), digestmod=getattr(hashlib, method.lower()))

    @classmethod
    def claimed(cls, header: str | None, secret: str) -> "Signature | None":
        """The check that a header asks for; None: there is no header, or none of a kind we know."""
        found = _SIGNATURE.fullmatch((header or "").strip())
        return cls(found[1], found[2], secret) if found else None

    def update(self, piece: bytes) -> None:
        """Take in the next piece of the body."""
        self._made.update(piece)

    def holds(self) -> bool:
        """Whether whoever signed the pieces knew the secret; takes the same time for every wrong signature."""
        return hmac.compare_digest(self._made.hexdigest(), self._signed)


def offer_of(headers: Offer | None, body: Offer | None) -> Offer | None:
    """The offer that counts: that of the Link headers, with the body's topic where they name none (section 4)."""
    if headers is None or body is None:
        return headers or body
    return Offer(headers.hub, headers.topic or body.topic)


def granted(seconds: str | None) -> timedelta:
    """The lease that a hub's hub.lease_seconds grants; what we asked for where it says nothing usable."""
    if seconds is None or not _SECONDS.fullmatch(seconds) or not int(seconds):
        return LEASE
    return min(timedelta(seconds=int(seconds)), LONGEST_LEASE)


def renewal(now: datetime, lease: timedelta, *, jitter: float) -> datetime:
    """When to ask for another lease: after two thirds of this one, up to a tenth of it earlier (`jitter` in [0, 1))."""
    return now + max(lease * (2 / 3 - 0.1 * jitter), SOONEST_RENEWAL)


def asked_again(now: datetime, tries: int, *, jitter: float) -> datetime:
    """When to ask a hub again that has not confirmed `tries` requests (1 or more)."""
    wait = min(PATIENCE * (1 << min(tries - 1, 20)), MAX_PATIENCE)
    return now + wait * (1 + 0.1 * jitter)
