"""Network failures in words an operator understands. None of them holds an address's path, query or credentials."""

import errno
import socket
from datetime import timedelta
from http import HTTPStatus

import aiohttp

from bot.errors import FetchError
from bot.feeds.guard import AddressRefused

_WORDS = {
    errno.ECONNREFUSED: "{host} refused the connection",
    errno.ECONNRESET: "{host} broke off the connection",
    errno.EPIPE: "{host} broke off the connection",
    errno.ENETUNREACH: "there is no network route to {host}",
    errno.EHOSTUNREACH: "there is no network route to {host}",
    errno.ETIMEDOUT: "{host} cannot be reached: the connection timed out",
    errno.EMFILE: "this machine has too many open connections",
    errno.ENFILE: "this machine has too many open connections",
    errno.EACCES: "refused: {host} has no public address; allow one with PARLEY_ALLOW_ADDRESSES",
}
# What fails so for every address, on a machine that has no network.
_NO_NETWORK = {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT}
_NO_SUCH_HOST = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def status_fault(status: int, *, retry_after: timedelta | None = None) -> FetchError:
    """The error for an answer other than success; its phrase is the standard's, never the server's own words."""
    try:
        phrase = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        phrase = str(status)
    gone = status == HTTPStatus.GONE
    return FetchError(f"the server answered {phrase}", retry_after=retry_after, gone=gone)


def network_fault(error: Exception, host: str) -> FetchError:
    """The error for whatever aiohttp raised while asking `host`."""
    return FetchError(_words(error, host), no_network=_offline(error))


def _offline(error: Exception) -> bool:
    if isinstance(error, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorDNSError):
        return True
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return isinstance(cause, OSError) and cause.errno in _NO_NETWORK


def _words(error: Exception, host: str) -> str:
    match error:
        case aiohttp.ConnectionTimeoutError():
            return f"{host} cannot be reached: the connection timed out"
        case aiohttp.ClientConnectorDNSError():
            return _lookup_words(error, host)
        case aiohttp.ClientConnectorCertificateError():
            reason = getattr(error.certificate_error, "verify_message", "") or "it cannot be verified"
            return f"the certificate of {host} is not valid: {reason}"
        case aiohttp.ClientSSLError():
            return f"no secure connection to {host} could be made"
        case aiohttp.ServerDisconnectedError():
            return f"{host} closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            return "the answer broke off or its compression is damaged"
        case aiohttp.ClientResponseError():
            return "the server's answer is not valid HTTP"
        case aiohttp.InvalidURL() | UnicodeError():
            return "not a valid address"
        case OSError():
            return _system_words(error, host)
        case _:
            return f"{host} could not be read ({type(error).__name__})"


def _lookup_words(error: aiohttp.ClientConnectorDNSError, host: str) -> str:
    if error.os_error.errno in _NO_SUCH_HOST:
        return f"no such host: {host}"
    return f"the name {host} could not be looked up; is there a network?"


def _system_words(error: OSError, host: str) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, AddressRefused):
        return cause.why
    words = _WORDS.get(cause.errno or 0, "{host} cannot be reached ({reason})")
    return words.format(host=host, reason=errno.errorcode.get(cause.errno or 0, "several reasons"))
