"""Drain the outbox: claim a message, send it, mark it sent or plan another try."""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from typing import Any

from bot.domain.delivery import GIVE_UP, Delivery, DeliveryKind, Message, retry_at
from bot.domain.subscription import Platform
from bot.errors import DeliveryError, Fate, StorageError
from bot.service.crew import Crew
from bot.service.ports import Clock, Messenger, Meter
from bot.service.storage import Storage

log = logging.getLogger(__name__)

# A send is cut off well before its lease ends, so that nobody else can be sending the same message.
SEND_DEADLINE = timedelta(seconds=25)
LEASE = timedelta(seconds=60)
AT_ONCE = 20
# A database that hangs must not hold up the stop: SENDING, which stays then, says "in doubt" as well.
MARK_GRACE = timedelta(seconds=1)
# A bot that was off for a long weekend owes old messages, too: age alone is no reason to give one up.
MIN_ATTEMPTS = 20


class Deliverer:
    """Sends what is owed, each channel's messages one at a time and in order, channels side by side."""

    def __init__(
        self, *, storage: Storage, messengers: Mapping[Platform, Messenger], clock: Clock, meter: Meter
    ) -> None:
        self._storage = storage
        self._messengers = messengers
        self._clock = clock
        self._meter = meter
        self._crew = Crew(AT_ONCE)
        self._pumps = Crew(1)
        self._under_way: set[str] = set()
        self._claiming = False
        self._again = False
        self._stopping = False

    def wake(self) -> None:
        """Something is owed: look now, not at the next tick."""
        self._again = True
        if not self._claiming and not self._stopping and self._pumps.free:
            self._pumps.spawn(self.pump(), then=self._pumped)

    def _pumped(self) -> None:
        """A wake that came between a pump's last look and its end is heard here."""
        if self._again and self._crew.free > 0:
            self.wake()

    async def pump(self) -> None:
        """Claim whatever is due and may be sent now, and start sending it. Safe to call at any time."""
        self._again = True
        if self._claiming:
            return
        self._claiming = True
        try:
            while self._again and not self._stopping and self._crew.free > 0:
                self._again = False
                for delivery in await self._storage.claim_deliveries(
                    now=self._clock.now(), limit=self._crew.free, lease=LEASE, platforms=list(self._messengers)
                ):
                    self._crew.spawn(self._deliver(delivery), then=self.wake)
        except StorageError as error:
            log.error("cannot read what is owed, trying again: %s", error)
        finally:
            self._claiming = False

    async def drain(self) -> None:
        """Send everything that is due, and wait until nothing due is left."""
        await self.pump()
        while self._pumps.busy or self._crew.busy:
            await self._pumps.rest()
            await self._crew.rest()

    async def stop(self, grace: timedelta) -> None:
        """Start nothing more; give running sends `grace`, then cut them off: their fate is then looked up later."""
        self._stopping = True
        await self._pumps.rest()
        await self._crew.stop(grace)

    async def _deliver(self, delivery: Delivery) -> None:
        if delivery.id in self._under_way:
            return  # the clock jumped and its lease seemed to lapse: it is being sent at this moment
        self._under_way.add(delivery.id)
        try:
            await self._handle(delivery)
        finally:
            self._under_way.discard(delivery.id)

    async def _handle(self, delivery: Delivery) -> None:
        try:
            message = await self._storage.message(delivery)
            if message is None:
                await self._storage.failed(delivery, "nothing left to tell", next_try=None, unsure=False)
                return
            try:
                message_id = await self._send(delivery, message)
            except DeliveryError as error:
                await self._failed(delivery, error)
            except asyncio.CancelledError:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(MARK_GRACE.total_seconds()):
                        await self._failed(delivery, _cut_off("the bot was stopped"))
                raise
            except Exception as fault:
                log.exception("unexpected fault while sending %s", delivery.id)
                await self._failed(delivery, _cut_off(f"a fault of ours ({type(fault).__name__}), see the log"))
            else:
                now = self._clock.now()
                await _carried_through(self._storage.sent(delivery, message_id, now=now))
                self._meter.count("parley_deliveries_total", platform=delivery.channel.platform, outcome="sent")
                self._meter.observe("parley_delivery_lag_seconds", (now - delivery.created).total_seconds())
        except StorageError as error:
            # What was sent stays marked as being sent: after the lease it is looked up in the channel, not repeated.
            log.error("what became of message %s could not be saved: %s", delivery.id, error)
        except Exception:
            log.exception("unexpected fault while delivering %s", delivery.id)

    async def _send(self, delivery: Delivery, message: Message) -> str:
        messenger = self._messengers[delivery.channel.platform]
        try:
            async with asyncio.timeout(SEND_DEADLINE.total_seconds()):
                if delivery.kind is DeliveryKind.UPDATE:
                    return await messenger.edit(delivery, message)
                if delivery.unsure:
                    found = await messenger.find(delivery)
                    if found is not None:
                        return found
                return await messenger.post(delivery, message)
        except TimeoutError as error:
            raise _cut_off(f"no answer in {SEND_DEADLINE.total_seconds():.0f} s") from error

    async def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        now = self._clock.now()
        platform = delivery.channel.platform
        tried_long = delivery.attempts >= MIN_ATTEMPTS and now - delivery.created > GIVE_UP
        hopeless = error.permanent or tried_long
        next_try = None if hopeless else retry_at(now, attempts=delivery.attempts, asked_to_wait=error.retry_after)
        # Once in doubt, always in doubt: a later refusal says nothing about the earlier send.
        unsure = delivery.unsure or error.fate is Fate.UNKNOWN
        await self._storage.failed(delivery, str(error), next_try=next_try, unsure=unsure)
        self._meter.count("parley_deliveries_total", platform=platform, outcome="dead" if hopeless else "retried")
        if next_try is None:
            log.error("%s channel %s: a message is given up: %s", platform, delivery.channel.id, error)
        else:
            wait = (next_try - now).total_seconds()
            log.warning("%s channel %s: %s; next try in %.0f s", platform, delivery.channel.id, error, wait)


async def _carried_through(mark: Coroutine[Any, Any, None]) -> None:
    """Let a mark be made although its task is cut off: a terminal has no history in which to look for the message."""
    marking = asyncio.ensure_future(mark)
    try:
        await asyncio.shield(marking)
    except asyncio.CancelledError:
        await asyncio.wait([marking], timeout=MARK_GRACE.total_seconds())
        if marking.done():
            marking.result()
        raise


def _cut_off(why: str) -> DeliveryError:
    return DeliveryError(why, fate=Fate.UNKNOWN)
