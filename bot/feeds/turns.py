"""Whose turn it is to be asked: a few requests at a time per host, and a few more per site that runs several."""

import asyncio
from collections.abc import Sequence
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
Gates = WeakValueDictionary[str, asyncio.Semaphore]


class Turns:
    """At most `per_host` at a time at a host, `per_domain` at a registrable domain; nobody waits longer than `turn`."""

    def __init__(self, *, per_host: int = PER_HOST, per_domain: int = PER_DOMAIN, turn: timedelta = TURN) -> None:
        self._per_host = per_host
        self._per_domain = per_domain
        self._longest_wait = turn
        self._hosts: Gates = WeakValueDictionary()
        self._domains: Gates = WeakValueDictionary()

    def at(self, host: str) -> "Turn":
        """`async with`: wait for a turn at this host and hold it. Raises BusyHostError when there is none in time."""
        gates = [_gate(self._hosts, host, self._per_host)]
        if domain := registrable_domain(host):
            gates.append(_gate(self._domains, domain, self._per_domain))
        return Turn(host, gates, self._longest_wait)


class Turn:
    """A place at each of these gates, taken in their order; those who wait at a gate are let in as they came."""

    __slots__ = ("_gates", "_held", "_host", "_longest_wait")

    def __init__(self, host: str, gates: Sequence[asyncio.Semaphore], longest_wait: timedelta) -> None:
        self._host = host
        self._gates = gates
        self._held: list[asyncio.Semaphore] = []
        self._longest_wait = longest_wait

    async def __aenter__(self) -> None:
        try:
            if any(gate.locked() for gate in self._gates):
                async with asyncio.timeout(self._longest_wait.total_seconds()):
                    await self._take()
            else:
                await self._take()  # nothing to wait for, so it needs no clock
        except TimeoutError:
            self._give_back()
            raise BusyHostError(f"{self._host} is busy with other feeds") from None
        except BaseException:
            self._give_back()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._give_back()

    async def _take(self) -> None:
        for gate in self._gates:
            await gate.acquire()
            self._held.append(gate)

    def _give_back(self) -> None:
        for gate in self._held:
            gate.release()


def _gate(gates: Gates, name: str, places: int) -> asyncio.Semaphore:
    """The gate of this name, which lasts for as long as anybody is at it."""
    gate = gates.get(name)
    if gate is None:
        gate = gates[name] = asyncio.Semaphore(places)
    return gate


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
