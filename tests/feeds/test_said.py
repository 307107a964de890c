from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.pace import SAYS_NOTHING, Said
from bot.feeds.parse import parse_feed
from tests.feeds.examples import URL

SY = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"'
HOUR = timedelta(hours=1)


def parsed(head: str, *, items: str = "<item><title>T</title></item>", known: frozenset[bytes] = frozenset()):
    body = f'<rss version="2.0" {SY}><channel><title>T</title>{head}{items}</channel></rss>'
    return parse_feed(body.encode(), url=URL, content_type="application/xml", known=known)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", SAYS_NOTHING),
        ("<ttl>60</ttl>", Said(ttl=HOUR)),
        ("<ttl> 5 </ttl>", Said(ttl=timedelta(minutes=5))),
        ("<ttl>0</ttl>", SAYS_NOTHING),
        ("<ttl>-5</ttl>", SAYS_NOTHING),
        ("<ttl>soon</ttl>", SAYS_NOTHING),
        ("<ttl>999999</ttl>", Said(ttl=timedelta(days=365))),
        ("<ttl>" + "9" * 5_000 + "</ttl>", SAYS_NOTHING),
        ("<ttl/>", SAYS_NOTHING),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", Said(period=HOUR)),
        (
            "<sy:updatePeriod>\n Daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>",
            Said(period=HOUR * 6),
        ),
        ("<sy:updateFrequency>24</sy:updateFrequency>", Said(period=HOUR)),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", SAYS_NOTHING),
        ("<sy:updatePeriod>always</sy:updatePeriod>", SAYS_NOTHING),
        (
            "<skipHours><hour>0</hour><!-- night --><hour>3</hour><hour>24</hour><hour>99</hour></skipHours>",
            Said(skip_hours=frozenset({0, 3})),
        ),
        ("<skipDays><day>Sunday</day><day>monday</day><day>Feast</day></skipDays>", Said(skip_days=frozenset({0, 6}))),
        ("<skipHours>" + "".join(f"<hour>{h}</hour>" for h in range(24)) + "</skipHours>", SAYS_NOTHING),
    ],
)
def test_what_the_head_says(head, said):
    assert parsed(head).said == said


def test_it_is_known_also_when_no_item_is_new_and_when_some_are_cut():
    first = parsed("<ttl>60</ttl>")
    assert parsed("<ttl>30</ttl>", known=first.items).said == Said(ttl=HOUR / 2)
    more = parsed(
        "<ttl>20</ttl>", items="<item><title>T</title></item><item><title>U</title></item>", known=first.items
    )
    assert [e.title for e in more.entries] == ["U"]
    assert more.said == Said(ttl=HOUR / 3)


def test_rdf_says_it_in_a_channel_beside_the_items():
    body = f"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" {SY}>
    <channel><title>T</title><sy:updatePeriod>weekly</sy:updatePeriod></channel><item><title>T</title></item></rdf:RDF>"""
    found = parse_feed(body.encode(), url=URL, content_type="application/xml", known=frozenset())
    assert found.said == Said(period=timedelta(days=7))


def test_an_items_own_ttl_is_not_the_feeds():
    assert parsed("", items="<item><title>T</title><ttl>60</ttl></item>").said == SAYS_NOTHING


def test_a_document_that_lxml_refuses_is_read_by_feedparser():
    assert parsed("<ttl>60</ttl>", items="<item><title>T & U</title></item>").said == Said(ttl=HOUR)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="<&>")))
def test_no_word_breaks_it(word):
    head = f"<ttl>{word}</ttl><sy:updatePeriod>{word}</sy:updatePeriod><skipHours><hour>{word}</hour></skipHours>"
    said = parsed(head).said
    assert said.ttl is None or said.ttl <= timedelta(days=365)
