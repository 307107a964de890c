import socket
from ipaddress import ip_address, ip_network

import pytest
from yarl import URL

from bot.errors import FetchError
from bot.feeds.guard import AddressRefused, Guard, checked_url, unwrapped

PUBLIC = ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1", "2002:0101:0101::1"]
PRIVATE = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "::7f00:1"),
    *("fec0::1", "feff::a9fe:a9fe"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1"),
    *("2002:7f00:1::1", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1"),
]


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_pass(host: str) -> None:
    Guard().check(host, 443)


@pytest.mark.parametrize("host", PRIVATE)
def test_all_others_are_refused(host: str) -> None:
    with pytest.raises(AddressRefused, match="not a public address; allow it with PARLEY_ALLOW_ADDRESSES"):
        Guard().check(host, 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00::5"])
def test_allowed_ranges_pass_in_every_spelling(host: str) -> None:
    Guard([ip_network("127.0.0.0/8"), ip_network("fd00::/8")]).check(host, 6000)


def test_an_allowed_range_opens_nothing_else() -> None:
    with pytest.raises(AddressRefused):
        Guard([ip_network("10.1.0.0/16")]).check("10.2.0.1", 80)


@pytest.mark.parametrize(("port", "passes"), [(80, True), (443, True), (8080, True), (22, False), (25, False)])
def test_ports_of_system_services_are_refused(port: int, passes: bool) -> None:
    if passes:
        Guard().check("1.1.1.1", port)
    else:
        with pytest.raises(AddressRefused, match=f"port {port} is not a web server's"):
            Guard().check("1.1.1.1", port)


def test_an_allowed_range_may_use_any_port() -> None:
    Guard([ip_network("10.0.0.0/8")]).check("10.0.0.1", 81)


def test_the_factory_makes_the_socket_that_was_asked_for() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("1.1.1.1", 443))
    with Guard().socket(info) as made:
        assert (made.family, made.type) == (socket.AF_INET, socket.SOCK_STREAM)
    with pytest.raises(AddressRefused):
        Guard().socket((*info[:4], ("127.0.0.1", 443)))


def test_unwrapping_keeps_what_wraps_nothing() -> None:
    assert unwrapped(ip_address("2606:4700::1")) == ip_address("2606:4700::1")
    assert unwrapped(ip_address("10.0.0.1")) == ip_address("10.0.0.1")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://example.org/feed", "only http and https addresses are read, not 'ftp'"),
        ("file:///etc/passwd", "only http and https"),
        ("example.org/feed", "only http and https"),
        ("http:///feed", "not a valid address"),
        ("http://exa mple.org:port/", "not a valid address"),
        ("http://[::1", "not a valid address"),
        ("http://a\x1b[31mb.example/", "not a valid address"),
        ("http://a\x7fb.example/", "no host has"),
        ("http://Log in at evil.example now/", "no host has"),
        ("http://a`b*c|d.example/", "no host has"),
        ("https://reader:hunter2@example.org/feed", "carries a user name or a password"),
        ("https://reader@example.org/feed", "carries a user name or a password"),
    ],
)
def test_addresses_that_are_not_asked_for(url: str, words: str) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        checked_url(url)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["вісті.example", "हिन्दी.example", "a_b.example", "[fe80::1%25eth0]", "xn--p1ai.example", "1.1.1.1"]
)
def test_every_host_there_is_passes(host: str) -> None:
    assert checked_url(f"https://{host}:8080/feed").path == "/feed"


def test_a_good_address_loses_its_fragment_only() -> None:
    assert checked_url("https://example.org/a?b=c#d") == URL("https://example.org/a?b=c")
