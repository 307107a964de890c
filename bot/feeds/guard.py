"""Which addresses may be reached: public ones, and those the operator allows.

Feed addresses come from chat users, redirects and links in feeds, so each of them may point at the operator's own
network. The check sits where a socket is made: it sees the address of every single connection, so that literal
addresses, redirects and names that change their address between two look-ups are all covered.
"""

import errno
import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Any

from yarl import URL

from bot.errors import FetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Translators put an IPv4 address into the last 32 bits of these (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Ports below this belong to system services; none but these two of them speaks to feed readers.
PRIVILEGED = 1024
WEB_PORTS = frozenset({80, 443})
# What no host has (% is of IPv6 zones). yarl takes it, and errors show the host, in chats and terminals.
_NO_HOST = re.compile(r"[\x00-$&-,/;-@\[-^`{-\x7f]")


class AddressRefused(OSError):  # noqa: N818  # an OSError, so that aiohttp tries the host's other addresses
    """A connection that the guard did not let happen; `why` tells it, in plain words."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EACCES, why)
        self.why = why


class Guard:
    """Makes the sockets of an aiohttp connector: `TCPConnector(socket_factory=guard.socket)`."""

    def __init__(self, allow: Sequence[Network] = ()) -> None:
        self._allow = tuple(allow)

    def check(self, host: str, port: int) -> None:
        """Raise AddressRefused for a literal address neither public nor allowed, and for a system service's port."""
        address = ipaddress.ip_address(host.partition("%")[0])
        inner = unwrapped(address)
        if any(a in network for a in (address, inner) for network in self._allow if network.version == a.version):
            return
        if not is_public(inner):
            raise AddressRefused(f"refused: {inner} is not a public address; allow it with PARLEY_ALLOW_ADDRESSES")
        if port < PRIVILEGED and port not in WEB_PORTS:
            raise AddressRefused(f"refused: port {port} is not a web server's")

    def socket(self, addr_info: tuple[Any, ...]) -> socket.socket:
        """A socket for an answer of getaddrinfo. Raises AddressRefused."""
        family, kind, protocol, _, sockaddr = addr_info
        self.check(sockaddr[0], sockaddr[1])
        return socket.socket(family=family, type=kind, proto=protocol)


def unwrapped(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for (mapped, NAT64, 6to4), else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def is_public(address: Address) -> bool:
    """Whether an (unwrapped) address belongs to the public internet."""
    # fec0::/10 was what fc00::/7 is today (RFC 3879); routers and Python's is_global no longer know it.
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def checked_url(url: str | URL) -> URL:
    """An address that may be asked for: http(s), with a host, without user name and password. Raises FetchError.

    Where its host leads is the guard's business, at connect time.
    """
    try:
        parsed = URL(url) if isinstance(url, str) else url
        host = parsed.host
    except ValueError as error:
        raise FetchError("not a valid address") from error
    scheme = parsed.scheme[:20]
    if scheme not in ("http", "https"):
        raise FetchError(f"refused: only http and https addresses are read, not {scheme!r}")
    if not host:
        raise FetchError("not a valid address: it has no host")
    if _NO_HOST.search(host):
        raise FetchError("not a valid address: its host holds a character that no host has")
    if parsed.user or parsed.password:
        raise FetchError("refused: the address carries a user name or a password")
    return parsed.with_fragment(None)
