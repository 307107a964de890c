from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from lxml import etree

from bot.demo.render import render
from bot.demo.script import Outlet, load_outlets, read_outlet

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
END = START + timedelta(minutes=1)
OUTLETS = load_outlets()
VERSIONS = {"rss": "rss20", "atom": "atom10", "rdf": "rss10"}


def outlet_of(*items: dict[str, object], **fields: object) -> Outlet:
    return read_outlet("x", {"name": "X", "affiliation": "wire", "language": "en", "item": list(items)} | fields)


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda o: o.slug)
@pytest.mark.parametrize("now", [START, END])
def test_feedparser_reads_every_feed_without_complaint(outlet: Outlet, now: datetime) -> None:
    body = render(outlet, started=START, now=now)
    etree.fromstring(body)
    feed = feedparser.parse(body)
    shown = [s for s in outlet.samples if s.as_of(now - START)]
    assert not feed.bozo
    assert feed.version == VERSIONS[outlet.format]
    assert feed.feed.title == outlet.name
    assert {e.link for e in feed.entries} == {s.link for s in shown}
    assert len(feed.entries) == len(shown)


@pytest.mark.parametrize("form", VERSIONS)
def test_words_survive_whatever_they_hold(form: str) -> None:
    item = {"at": "0s", "title": 'Fish & "chips" <here>', "text": "One & two.\n\nThree < four\nfive."}
    feed = feedparser.parse(render(outlet_of(item, format=form), started=START, now=START))
    (entry,) = feed.entries
    assert entry.title == 'Fish &amp; "chips" &lt;here&gt;'
    body = entry.content[0].value if "content" in entry else entry.summary
    assert body == "<p>One &amp; two.</p><p>Three &lt; four five.</p>"


@pytest.mark.parametrize("form", VERSIONS)
def test_dates_count_from_the_start_and_may_be_missing(form: str) -> None:
    items = ({"at": "-2h", "title": "A", "text": "a"}, {"at": "-1h", "title": "B", "text": "b", "dated": False})
    feed = feedparser.parse(render(outlet_of(*items, format=form), started=START, now=END))
    newest, oldest = feed.entries
    assert newest.title == "B"
    assert "published_parsed" not in newest
    assert "updated_parsed" not in newest
    parsed = oldest.get("published_parsed") or oldest.updated_parsed  # RSS 1.0 knows one date only
    assert parsed[:5] == (2026, 3, 1, 10, 0)


def test_an_edit_keeps_the_guid_and_changes_the_words() -> None:
    item = {"at": "1s", "title": "T", "text": "One.", "edit": [{"at": "5s", "text": "Two."}]}
    outlet = outlet_of(item)
    before, after = (
        feedparser.parse(render(outlet, started=START, now=START + timedelta(seconds=s))).entries[0] for s in (1, 5)
    )
    assert before.id == after.id
    assert (before.summary, after.summary) == ("<p>One.</p>", "<p>Two.</p>")
