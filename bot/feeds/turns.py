"""Whose turn it is to be asked: a few requests at a time per host, and a few more per site that runs several."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from bot.errors import BusyHostError

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# A feed that waits for its turn holds one of the poller's slots: a host that hangs must not take them all.
TURN = timedelta(seconds=5)
PER_HOST = 2
# feeds.example.org and www.example.org are one operator's, often one machine.
PER_DOMAIN = 4


class Turns:
    """At most `per_host` at a time at a host, `per_domain` at a registrable domain; nobody waits longer than `turn`."""

    def __init__(self, *, per_host: int = PER_HOST, per_domain: int = PER_DOMAIN, turn: timedelta = TURN) -> None:
        self._per_host = per_host
        self._per_domain = per_domain
        self._longest_wait = turn
        self._gates: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn at this host and hold it. Raises BusyHostError when there is none in time."""
        gates = [self._gate(f"host {host}", self._per_host)]
        if domain := registrable_domain(host):
            gates.append(self._gate(f"domain {domain}", self._per_domain))
        async with AsyncExitStack() as held:
            try:
                async with asyncio.timeout(self._longest_wait.total_seconds()):
                    for gate in gates:
                        await held.enter_async_context(gate)
            except TimeoutError:
                raise BusyHostError(f"{host} is busy with other feeds") from None
            yield

    def _gate(self, name: str, places: int) -> asyncio.Semaphore:
        return self._gates.setdefault(name, asyncio.Semaphore(places))


@lru_cache(maxsize=20_000)
def registrable_domain(host: str) -> str | None:
    """The name that somebody registered, by the public suffix list: example.co.uk for feeds.example.co.uk.

    None for an address, for a name without a dot and for a public suffix itself.
    """
    if "." not in host.strip(".") or host.rpartition(".")[2].isdigit():
        return None
    return _suffixes().privatesuffix(host.rstrip("."))


@cache
def _suffixes() -> "PublicSuffixList":
    """Read at the first fetch: 45 ms and 4 MB that a start need not wait for. No network, the list is the package's."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
