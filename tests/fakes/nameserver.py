"""A name server on loopback that speaks DNS over UDP, and answers as its test says."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
from aiohttp.abc import AbstractResolver, ResolveResult


class NameServer(asyncio.DatagramProtocol):
    """`zone` maps (name, "A" or "AAAA") to the answers of successive look-ups, the last of which stays.

    An answer is a list of addresses. `asked` keeps every question. No answer is to be kept (its TTL is 0).
    """

    def __init__(self, zone: dict[tuple[str, str], list[list[str]]]) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True), question.rdtype.name
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        answers = self.zone.get((name, kind))
        if answers:
            found = answers.pop(0) if len(answers) > 1 else answers[0]
            reply.answer.append(dns.rrset.from_text_list(question.name, 0, "IN", kind, found))
        elif not any(known == name for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._transport.sendto(reply.to_wire(), addr)


class Resolver(AbstractResolver):
    """Looks names up at one name server over the network, both kinds of address, without a cache."""

    def __init__(self, port: int) -> None:
        self._resolver = dns.asyncresolver.Resolver(configure=False)
        self._resolver.nameservers, self._resolver.port = ["127.0.0.1"], port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found: list[ResolveResult] = []
        for kind, kin in (("A", socket.AF_INET), ("AAAA", socket.AF_INET6)):
            if family not in (socket.AF_UNSPEC, kin):
                continue
            try:
                answer = await self._resolver.resolve(host, kind, search=False, raise_on_no_answer=False)
            except dns.resolver.NXDOMAIN as error:
                raise OSError(socket.EAI_NONAME, "Name or service not known") from error
            found += [
                ResolveResult(
                    hostname=host, host=item.address, port=port, family=kin, proto=0, flags=socket.AI_NUMERICHOST
                )
                for item in answer.rrset or ()
            ]
        return found

    async def close(self) -> None:
        pass


@asynccontextmanager
async def serving(zone: dict[tuple[str, str], list[list[str]]]) -> AsyncIterator[tuple[NameServer, Resolver]]:
    """The name server, and a resolver that asks it."""
    transport, server = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: NameServer(zone), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server, Resolver(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()
