"""Names that lead where they should not, at the first look-up or at a later one: with a name server of our own."""

import pytest

from bot.domain.feed import FetchState
from bot.errors import FetchError
from tests.fakes.nameserver import serving
from tests.feeds.conftest import Site, fetching

FRESH = FetchState()
NAME = "news.example"


@pytest.mark.parametrize(
    ("kind", "address", "shown"),
    [
        ("A", "127.0.0.1", "127.0.0.1"),
        ("A", "0.0.0.0", "0.0.0.0"),  # an answer, not where anything listens
        ("A", "169.254.169.254", "169.254.169.254"),  # where clouds keep their keys
        ("A", "100.64.0.1", "100.64.0.1"),
        ("AAAA", "::1", "::1"),
        ("AAAA", "::ffff:127.0.0.1", "127.0.0.1"),
        ("AAAA", "64:ff9b::a00:1", "10.0.0.1"),
        ("AAAA", "2002:7f00:1::", "127.0.0.1"),
        ("AAAA", "fd00::1", "fd00::1"),
        ("AAAA", "fe80::1", "fe80::1"),
    ],
)
async def test_a_name_that_leads_inside_is_refused(site: Site, kind: str, address: str, shown: str) -> None:
    async with (
        serving({(NAME, kind): [[address]]}) as (server, resolver),
        fetching(allow=(), resolver=resolver) as fetcher,
    ):
        with pytest.raises(FetchError, match=rf"refused: {shown} is not a public address"):
            await fetcher.feed(f"http://{NAME}:{site.server.port}/feed", FRESH)
    assert (NAME, kind) in server.asked
    assert site.seen == []


async def test_a_name_with_several_inner_addresses_is_refused(site: Site) -> None:
    zone = {(NAME, "A"): [["127.0.0.1", "10.0.0.1"]], (NAME, "AAAA"): [["::1"]]}
    async with serving(zone) as (_, resolver), fetching(allow=(), resolver=resolver) as fetcher:
        with pytest.raises(FetchError, match=r"refused: .* is not a public address"):
            await fetcher.feed(f"http://{NAME}:{site.server.port}/feed", FRESH)
    assert site.seen == []


async def test_the_inner_addresses_of_a_name_are_passed_over_for_an_allowed_one(site: Site) -> None:
    """Loopback stands for the public internet here: what is refused is the other address of the same name."""
    site.answer("/feed", b"<rss/>")
    async with (
        serving({(NAME, "A"): [["10.0.0.1", "127.0.0.1"]]}) as (_, resolver),
        fetching(resolver=resolver) as fetcher,
    ):
        assert (await fetcher.feed(f"http://{NAME}:{site.server.port}/feed", FRESH)).body == b"<rss/>"


async def test_a_name_that_leads_inside_at_the_second_look_is_refused(site: Site) -> None:
    """Rebinding: allowed at first; at the redirect to the very same name, by another port, inside the network."""
    site.answer("/feed", status=302, Location=f"http://{NAME}:8080/feed")
    async with (
        serving({(NAME, "A"): [["127.0.0.1"], ["10.0.0.1"]]}) as (server, resolver),
        fetching(resolver=resolver) as fetcher,
    ):
        with pytest.raises(FetchError, match=r"refused: 10\.0\.0\.1 is not a public address"):
            await fetcher.feed(f"http://{NAME}:{site.server.port}/feed", FRESH)
    assert server.asked.count((NAME, "A")) == 2
    assert len(site.seen) == 1


async def test_a_redirect_to_a_name_that_leads_inside_is_refused(site: Site) -> None:
    """Allowed at the first name, inside the network behind the redirect."""
    site.answer("/feed", status=302, Location=f"http://inner.example:{site.server.port}/feed")
    async with (
        serving({(NAME, "A"): [["127.0.0.1"]], ("inner.example", "A"): [["10.0.0.1"]]}) as (_, resolver),
        fetching(resolver=resolver) as fetcher,
    ):
        with pytest.raises(FetchError, match=r"refused: 10\.0\.0\.1 is not a public address"):
            await fetcher.feed(f"http://{NAME}:{site.server.port}/feed", FRESH)
    assert len(site.seen) == 1


async def test_a_name_that_is_not_known_is_said_to_be_so(site: Site) -> None:
    async with (
        serving({("other.example", "A"): [["127.0.0.1"]]}) as (_, resolver),
        fetching(resolver=resolver) as fetcher,
    ):
        with pytest.raises(FetchError, match=r"^no such host: news\.example$"):
            await fetcher.feed(f"http://{NAME}:{site.server.port}/feed?key=hunter2", FRESH)
    assert site.seen == []
