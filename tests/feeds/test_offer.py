import pytest

from bot.domain.push import Offer
from bot.feeds.offer import offered
from bot.feeds.parse import parse_feed
from tests.feeds.examples import URL

HUB, SELF = "https://hub.example/", "https://wire.example/rss?a=1"
ATOM = "http://www.w3.org/2005/Atom"
ITEM = "<item><title>T</title></item>"


@pytest.mark.parametrize(
    ("links", "offer"),
    [
        ([], None),
        ([("self", SELF)], None),
        ([("hub", HUB)], Offer(HUB)),
        ([("self", SELF), ("hub", HUB)], Offer(HUB, SELF)),
        ([("HUB self", HUB)], Offer(HUB, HUB)),
        ([("hub", HUB), ("hub", "https://second.example/")], Offer(HUB)),
        ([("hub", "ftp://hub.example/"), ("hub", HUB)], Offer(HUB)),
        ([("hub", f" {HUB}\n")], Offer(HUB)),
        ([("hub", "//hub.example/")], None),
        ([("hub", "/hub")], None),
        ([("hub", "javascript:alert(1)")], None),
        ([("hub", "file:///etc/passwd")], None),
        ([("hub", "https://me:secret@hub.example/")], None),
        ([("hub", "https://hub.example/\r\nX: y")], None),
        ([("hub", "https://hub.example/a b")], None),
        ([("hub", "https://hub.example/" + "a" * 1_000)], None),
        ([("hub", "https://[::1")], None),
        ([("hub", None), (None, HUB), (["hub"], HUB), ("hub", 7)], None),
    ],
)
def test_the_first_usable_hub_counts(links: list[tuple[object, object]], offer: Offer | None) -> None:
    assert offered(links) == offer


@pytest.mark.parametrize(
    "body",
    [
        (
            f'<rss version="2.0" xmlns:a="{ATOM}"><channel><title>T</title><link>https://wire.example/</link>'
            f'<a:link rel="hub" href="{HUB}"/><a:link rel="self" href="{SELF}"/>{ITEM}</channel></rss>'
        ),
        (
            f'<feed xmlns="{ATOM}"><title>T</title><link rel="hub" href="{HUB}"/><link rel="self" href="{SELF}"/>'
            f'<link href="https://wire.example/"/><entry><id>1</id><title>T</title></entry></feed>'
        ),
        (
            f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
            f'xmlns:a="{ATOM}"><channel><title>T</title><a:link rel="hub" href="{HUB}"/><a:link rel="self" '
            f'href="{SELF}"/></channel>{ITEM}</rdf:RDF>'
        ),
        (
            f'<!DOCTYPE rss><rss version="2.0" xmlns:a="{ATOM}"><channel><title>T</title>'
            f'<a:link rel="hub" href="{HUB}"/><a:link rel="self" href="{SELF}"/>{ITEM}</channel></rss>'
        ),
        (
            f'{{"version": "https://jsonfeed.org/version/1.1", "feed_url": "{SELF}", "items": [], '
            f'"hubs": [7, {{"type": "rssCloud", "url": "https://x.example/"}}, {{"type": "WebSub", "url": "{HUB}"}}]}}'
        ),
    ],
    ids=["rss", "atom", "rdf", "read by feedparser alone", "json"],
)
def test_every_format_names_its_hub(body: str) -> None:
    parsed = parse_feed(body.encode(), url=URL, content_type=None, known=frozenset())
    assert parsed.said.offer == Offer(HUB, SELF)
    again = parse_feed(body.encode(), url=URL, content_type=None, known=parsed.items)
    assert again.said.offer == Offer(HUB, SELF)


def test_a_link_of_an_item_is_none_of_the_feed() -> None:
    link = f'<a:link xmlns:a="{ATOM}" rel="hub" href="{HUB}"/>'
    body = f'<rss version="2.0"><channel><item><title>T</title>{link}</item></channel></rss>'
    assert parse_feed(body.encode(), url=URL, content_type=None, known=frozenset()).said.offer is None


@pytest.mark.parametrize("hubs", ['"x"', "[[]]", '[{"type": "WebSub"}]', '[{"type": ["WebSub"], "url": 1}]', "null"])
def test_hubs_that_are_none(hubs: str) -> None:
    body = f'{{"version": "https://jsonfeed.org/version/1.1", "items": [], "hubs": {hubs}}}'
    assert parse_feed(body.encode(), url=URL, content_type=None, known=frozenset()).said.offer is None
