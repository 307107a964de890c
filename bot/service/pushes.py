"""Pushes: subscribe feeds at the hubs they name, keep that up, and let go of it. What hubs send: pushed.py."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from bot.domain.push import LAST_TRY, LEASE, MAX_PATIENCE, Offer, Push, PushStatus, asked_again, granted, renewal
from bot.errors import BusyHostError, FetchError, StorageError
from bot.service.ports import Clock, Hubs, Meter
from bot.service.storage import Storage, Transaction

log = logging.getLogger(__name__)

# What feeds name is compared with what is subscribed at the start, at each change, and by the way this often.
COMPARE = timedelta(minutes=10)
# A feed's hub may be another with every poll; it is followed once in this time.
SETTLED = timedelta(hours=1)
# Hubs serve thousands of feeds. At a tick of five seconds a thousand feeds are subscribed within ten minutes.
AT_ONCE = 10
# A hub that was busy with others of our requests has not been asked; it is after this.
BUSY_WAIT = timedelta(seconds=30)
_MODES = {True: "unsubscribe", False: "subscribe"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done so that feeds are subscribed where they say: subscriptions to start, and to give back."""

    start: Mapping[int, Offer]
    end: Sequence[Push]


def plan(offers: Mapping[int, Offer], pushes: Sequence[Push], *, base: str, now: datetime) -> Plan:
    """Compare the hubs that feeds name with the subscriptions there are; `base` is what callbacks begin with now."""
    live = {push.feed: push for push in pushes if push.status is not PushStatus.ENDING}
    end = []
    for feed, push in live.items():
        offer = offers.get(feed)
        same = offer is not None and (offer.hub, offer.topic) == (push.hub, push.topic)
        settled = not timedelta(0) <= now - push.created < SETTLED  # also what a clock that was ahead has left
        if not push.callback.startswith(base) or (not same and settled):
            end.append(push)
    gone = {push.feed for push in end}
    return Plan({feed: offer for feed, offer in offers.items() if feed not in live or feed in gone}, end)


class Pushes:
    """The use case "be pushed": `tend` is called by a ticker, the rest by whoever hears the hubs.

    `base` is the public address of callbacks, which end in an id; `new_key` makes those and the secrets, unguessable.
    """

    def __init__(
        self,
        *,
        hubs: Hubs,
        storage: Storage,
        clock: Clock,
        meter: Meter,
        base: str,
        jitter: Callable[[], float],
        new_key: Callable[[], str],
    ) -> None:
        self._hubs = hubs
        self._storage = storage
        self._clock = clock
        self._meter = meter
        self._base = base
        self._jitter = jitter
        self._new_key = new_key
        self._compared: datetime | None = None

    def offered(self) -> None:
        """A feed has changed what it says of its hub: the next tick compares."""
        self._compared = None

    async def tend(self) -> None:
        """Compare when it is time to, ask the hubs that are due, and set the gauges. Raises nothing they can cause."""
        try:
            await self._compare()
            due = await self._storage.write(self._claim)
            await asyncio.gather(*(self._ask(push) for push in due))
            counts = await self._storage.push_counts()
        except StorageError as error:
            log.error("subscriptions at hubs cannot be looked after, trying again: %s", error)
            return
        for status in PushStatus:
            self._meter.gauge("parley_push_subscriptions", counts.get(status, 0), status=status)

    # --- what hubs ask ---------------------------------------------------------------------------

    async def confirm(self, id_: str, *, mode: str, topic: str, lease: str | None) -> bool:
        """A hub asks whether we want this (hub.mode subscribe or unsubscribe). True: we do, and it is so from now on.

        `lease` is its hub.lease_seconds. Raises StorageError.
        """
        now = self._clock.now()

        def settle(tx: Transaction) -> Push | None:
            push = tx.push(id_)
            ending = push is not None and push.status is PushStatus.ENDING
            if push is None or push.topic != topic or mode != _MODES[ending] or push.status is PushStatus.REFUSED:
                return None
            if ending:
                tx.drop_push(id_)
                return push
            span = granted(lease)
            again = renewal(now, span, jitter=self._jitter())
            active = replace(push, status=PushStatus.ACTIVE, tries=0, error=None)
            tx.save_push(replace(active, lease_until=now + span, next_try=again))
            return push

        push = await self._storage.write(settle)
        if push is not None and push.status is PushStatus.ASKED:
            log.info("hub %s pushes %s from now on", _host(push.hub), _host(push.topic))
        return push is not None

    async def refused(self, id_: str, *, topic: str) -> bool:
        """A hub says that it does not, or no longer, push this. False: it is none of ours. Raises StorageError."""
        now = self._clock.now()

        def settle(tx: Transaction) -> Push | None:
            push = tx.push(id_)
            if push is None or push.topic != topic or push.status is PushStatus.ENDING:
                return None
            # The hub's own reason is not kept: its words would end in our log.
            refused = replace(push, status=PushStatus.REFUSED, lease_until=None, error="the hub refused")
            tx.save_push(replace(refused, next_try=now + MAX_PATIENCE))
            tx.distrust_pushes(push.feed)
            return push

        push = await self._storage.write(settle)
        if push is not None and push.status is not PushStatus.REFUSED:
            log.warning("hub %s refuses to push %s; it is asked again in a day", _host(push.hub), _host(push.topic))
        return push is not None

    # --- asking hubs -----------------------------------------------------------------------------

    async def _compare(self) -> None:
        now = self._clock.now()
        if self._compared is not None and timedelta(0) <= now - self._compared < COMPARE:
            return

        def change(tx: Transaction) -> None:
            todo = plan(tx.offers(), tx.pushes(), base=self._base, now=now)
            for push in sorted(todo.end, key=lambda push: push.feed):  # as all that write several feeds do
                tx.save_push(replace(push, status=PushStatus.ENDING, tries=0, next_try=now))
                tx.distrust_pushes(push.feed)
            for feed, offer in todo.start.items():
                tx.save_push(self._wanted(feed, offer, now))

        self._compared = now  # before the look, so that what changes meanwhile is looked at again
        try:
            await self._storage.write(change)
        except StorageError:
            self._compared = None
            raise

    def _wanted(self, feed: int, offer: Offer, now: datetime) -> Push:
        id_ = self._new_key()
        return Push(
            id=id_,
            feed=feed,
            hub=offer.hub,
            topic=offer.topic or "",
            callback=self._base + id_,
            secret=self._new_key(),
            status=PushStatus.ASKED,
            created=now,
            next_try=now,
        )

    def _claim(self, tx: Transaction) -> list[Push]:
        """Those to be asked now, marked as asked before they are: a hub may confirm before it has answered."""
        now = self._clock.now()
        asked = []
        for push in tx.due_pushes(now=now, limit=AT_ONCE):
            lapsed = push.lease_until is not None and push.lease_until <= now
            if push.status is PushStatus.ENDING and (lapsed or push.tries >= LAST_TRY):
                tx.drop_push(push.id)
                continue
            one = replace(push, tries=push.tries + 1)
            if push.status is PushStatus.REFUSED or lapsed:
                one = replace(one, status=PushStatus.ASKED, lease_until=None)
            one = replace(one, next_try=asked_again(now, one.tries, jitter=self._jitter()))
            tx.save_push(one)
            asked.append(one)
        return asked

    async def _ask(self, push: Push) -> None:
        mode = _MODES[push.status is PushStatus.ENDING]
        form = {"hub.mode": mode, "hub.topic": push.topic, "hub.callback": push.callback}
        if push.status is not PushStatus.ENDING:
            form |= {"hub.lease_seconds": str(int(LEASE.total_seconds())), "hub.secret": push.secret}
        try:
            await self._hubs.ask_hub(push.hub, form)
        except BusyHostError:
            await self._storage.write(partial(self._put_off, push))
        except FetchError as error:
            await self._storage.write(partial(self._note, push, str(error)))

    def _put_off(self, asked: Push, tx: Transaction) -> None:
        if tx.push(asked.id) == asked:
            soon = self._clock.now() + BUSY_WAIT * (1 + self._jitter())
            tx.save_push(replace(asked, tries=asked.tries - 1, next_try=soon))

    def _note(self, asked: Push, error: str, tx: Transaction) -> None:
        """Keep why a hub did not take a request, unless it has confirmed it all the same. It is asked again in time."""
        push = tx.push(asked.id)
        if push == asked:
            tx.save_push(replace(push, error=error))
            words = "hub %s cannot be asked to push %s; next try at %s UTC: %s"
            log.info(words, _host(push.hub), _host(push.topic), f"{push.next_try:%H:%M:%S}", error)


def _host(address: str) -> str:
    """The rest of an address may hold a key."""
    return urlsplit(address).hostname or "?"
