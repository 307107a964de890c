"""How fast we may write: Slack takes about one message a second and channel."""

import asyncio
from datetime import timedelta

from bot.errors import DeliveryError

GAP = 1.0
# Waiting longer than this is the outbox's business, which does it without holding a lease.
PATIENCE = 5.0


class Pace:
    """Spaces the writes to each channel, and keeps the pauses that Slack asked for."""

    def __init__(self, gap: float = GAP) -> None:
        self._gap = gap
        self._free: dict[str, float] = {}

    async def turn(self, channel: str) -> None:
        """Wait until the channel may be written to. Raises DeliveryError where that takes long."""
        now = asyncio.get_running_loop().time()
        at = max(now, self._free.get(channel, now))
        if at - now > PATIENCE:
            raise DeliveryError("Slack asked for a pause", retry_after=timedelta(seconds=at - now))
        self._free[channel] = at + self._gap
        await asyncio.sleep(at - now)

    def pause(self, channel: str, wait: timedelta) -> None:
        """Leave the channel alone for so long."""
        at = asyncio.get_running_loop().time() + wait.total_seconds()
        self._free[channel] = max(at, self._free.get(channel, at))
