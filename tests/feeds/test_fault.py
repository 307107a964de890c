import errno
import socket
import ssl
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest

from bot.feeds.fault import network_fault, status_fault
from bot.feeds.guard import AddressRefused

KEY: Any = SimpleNamespace(host="news.example", port=443, ssl=True, is_ssl=True)


def connector(cause: OSError) -> aiohttp.ClientConnectorError:
    return aiohttp.ClientConnectorError(KEY, cause)


def bad_certificate() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (connector(OSError(errno.ECONNREFUSED, "x")), "news.example refused the connection"),
        (connector(OSError(errno.ENETUNREACH, "x")), "there is no network route to news.example"),
        (connector(OSError(errno.EMFILE, "x")), "this machine has too many open connections"),
        (connector(OSError(errno.EADDRNOTAVAIL, "x")), "news.example cannot be reached (EADDRNOTAVAIL)"),
        (connector(OSError("Multiple exceptions: a, b")), "news.example cannot be reached (several reasons)"),
        (
            connector(AddressRefused("refused: 10.0.0.1 is not a public address")),
            "refused: 10.0.0.1 is not a public address",
        ),
        (
            connector(OSError(errno.EACCES, "Multiple exceptions: a, b")),
            "refused: news.example has no public address; allow one with PARLEY_ALLOW_ADDRESSES",
        ),
        (aiohttp.ClientConnectorDNSError(KEY, OSError(socket.EAI_NONAME, "x")), "no such host: news.example"),
        (
            aiohttp.ClientConnectorDNSError(KEY, OSError(socket.EAI_AGAIN, "x")),
            "the name news.example could not be looked up; is there a network?",
        ),
        (
            aiohttp.ClientConnectorCertificateError(KEY, bad_certificate()),
            "the certificate of news.example is not valid: certificate has expired",
        ),
        (aiohttp.ClientConnectorSSLError(KEY, OSError(1, "x")), "no secure connection to news.example could be made"),
        (aiohttp.ClientOSError(errno.ECONNRESET, "x"), "news.example broke off the connection"),
        (aiohttp.ServerDisconnectedError(), "news.example closed the connection without an answer"),
        (aiohttp.ConnectionTimeoutError(), "news.example cannot be reached: the connection timed out"),
        (aiohttp.InvalidURL("http://me:hunter2@x"), "not a valid address"),
        (UnicodeError("label too long"), "not a valid address"),
        (RuntimeError("Session is closed"), "news.example could not be read (RuntimeError)"),
    ],
)
def test_network_failures_in_plain_words(error: Exception, words: str) -> None:
    assert str(network_fault(error, "news.example")) == words


@pytest.mark.parametrize(
    ("error", "offline"),
    [
        (aiohttp.ClientConnectorDNSError(KEY, OSError(socket.EAI_AGAIN, "x")), True),
        (connector(OSError(errno.ENETUNREACH, "x")), True),
        (aiohttp.ConnectionTimeoutError(), True),
        (connector(OSError(errno.ECONNREFUSED, "x")), False),
        (connector(AddressRefused("refused: 10.0.0.1 is not a public address")), False),
        (aiohttp.ServerDisconnectedError(), False),
    ],
)
def test_what_fails_on_a_machine_without_network_says_so(error: Exception, offline: bool) -> None:
    assert network_fault(error, "news.example").no_network is offline


def test_only_410_is_gone() -> None:
    assert status_fault(410).gone
    assert not status_fault(404).gone
    assert str(status_fault(777)) == "the server answered 777"
