from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.statement import Stance
from bot.errors import StorageError
from tests.storage.examples import FEED, LEASE, NOW, OTHER, analysis, article, flag, seen


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ({}, {"title": "Ruritania turns a truce down AGAIN!"}, True),
        ({}, {"title": "Another title about other things altogether"}, False),
        ({"title": "Live updates"}, {"title": "Live updates"}, False),
        ({"seen": NOW - timedelta(hours=49)}, {}, False),
        ({"seen": NOW - timedelta(hours=47)}, {}, True),
    ],
)
async def test_an_article_joins_the_story_of_its_title_within_two_days(storage, feed_id, first, second, joined):
    one = await flag(storage, feed_id, article("a", **first))
    other = await flag(storage, feed_id, article("b", **second))
    assert (one.id == other.id) is joined


PAGE = "https://outlet.example/live"
EDITED = "Ruritania turns down a new truce again, minister says"
UNLIKE = "Ruritania opens a bridge across the border river"


@pytest.fixture
async def radio_id(storage, feed_id):
    await storage.sync_feeds([FEED, OTHER])
    (one,) = [c for c in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE) if c.feed == OTHER]
    return one.id


@pytest.mark.parametrize(
    ("title", "key", "joined"),
    [(EDITED, "b", True), (UNLIKE, "b", False), (UNLIKE, "a", True)],
)
async def test_in_one_publishers_feeds_a_page_is_one_story_only_by_title_or_id(storage, feed_id, title, key, joined):
    again = replace(FEED, url="https://wire.example/world")
    await storage.sync_feeds([FEED, again])
    (world,) = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)
    one = await flag(storage, feed_id, article("a", link=PAGE))
    other = await flag(storage, world.id, article(key, title, link=PAGE))
    assert (one.id == other.id) is joined


async def test_another_publisher_may_word_the_title_of_a_page_as_it_likes(storage, feed_id, radio_id):
    first = await flag(storage, feed_id, article("a", link=PAGE))
    assert (await flag(storage, radio_id, article("r", UNLIKE, link=PAGE))).id == first.id
    later = NOW + timedelta(hours=1)
    second = await flag(
        storage, feed_id, article("b", "Graustark's envoy leaves the talks early", link=PAGE, seen=later)
    )
    assert second.id != first.id, "the wire shows another event under its link, whoever has joined the first"
    assert (await flag(storage, radio_id, article("s", "Early end to talks", link=PAGE))).id not in (
        first.id,
        second.id,
    )


async def test_a_page_that_shows_two_events_is_joined_by_the_title_if_it_can_be(storage, feed_id, radio_id):
    first = await flag(storage, feed_id, article("a", link=PAGE))
    second = await flag(storage, feed_id, article("b", UNLIKE, link=PAGE, seen=NOW + timedelta(hours=1)))
    assert first.id != second.id
    assert (await flag(storage, radio_id, article("r", EDITED, link=PAGE))).id == first.id


async def test_links_and_titles_of_any_length_are_stored_and_compared(storage, feed_id, radio_id):
    letters = "".join(chr(0x4E00 + i) for i in range(3000))
    long = {"link": f"https://a.example/{letters.encode().hex()}", "title": f"One two three {letters}"}
    one = await flag(storage, feed_id, article("a", **long))
    assert (await flag(storage, radio_id, article("b", **long))).id == one.id
    assert (await flag(storage, radio_id, article("c", "Short", link=long["link"]))).id != one.id


async def test_a_revised_article_tells_its_new_words_and_keeps_what_it_said_before(storage, feed_id):
    story = await flag(storage, feed_id, article("a"))

    both = analysis().statements + analysis("Graustark", Stance.AGREE).statements
    new = article("a", digest="new", text="New words")

    def work(tx):
        later = tx.bump_story(story.id)
        tx.revise_article(feed_id, new, type(analysis())(("ceasefire",), both, ("r",)), story=later)
        assert tx.new_gists(story.id, [s.gist for s in both]) == frozenset()

    await storage.write(work)
    assert (await seen(storage, feed_id, "a"))["a"].digest == "new"
    (told,) = await storage.latest(limit=5)
    assert [(s.speaker, s.revision) for s in told.statements] == [("Ruritania", 1), ("Graustark", 2)]


async def test_what_a_story_has_told_is_never_new_again_whatever_edits_take_back(storage, feed_id):
    story = await flag(storage, feed_id, article("a"))
    agreed, rejected = analysis(stance=Stance.AGREE), analysis(stance=Stance.REJECT)
    gists = {s.gist for s in agreed.statements + rejected.statements}

    def work(tx):
        assert tx.new_gists(story.id, gists) == {s.gist for s in agreed.statements}
        later = tx.bump_story(story.id)
        tx.revise_article(feed_id, article("a"), agreed, story=later)
        assert tx.new_gists(story.id, gists) == frozenset()
        tx.revise_article(feed_id, article("a"), rejected, story=later)
        assert tx.new_gists(story.id, gists) == frozenset()

    await storage.write(work)
    (told,) = await storage.latest(limit=5)
    assert [(s.stance, s.revision) for s in told.statements] == [(Stance.REJECT, 1)]


@pytest.mark.parametrize("speaker", ["N\0L", "half \ud800", "x" + "".join(chr(0x4E00 + i) for i in range(9000))])
async def test_a_speaker_that_databases_refuse_is_new_once(storage, feed_id, speaker):
    story = await flag(storage, feed_id, article("a"), speaker=speaker)

    def work(tx):
        tx.revise_article(feed_id, article("a"), analysis(speaker), story=story)
        assert tx.new_gists(story.id, [analysis(speaker).statements[0].gist]) == frozenset()

    await storage.write(work)


async def test_pruning_forgets_the_words_and_not_the_key(storage, feed_id):
    await storage.write(lambda tx: tx.add_quiet(feed_id, [(article("old", seen=NOW - timedelta(days=99)), analysis())]))
    story = await flag(storage, feed_id, article("told", seen=NOW - timedelta(days=99)))
    assert await storage.prune(before=NOW - timedelta(days=90)) == 1
    assert set(await seen(storage, feed_id, "old", "told")) == {"old", "told"}
    assert [s.story for s in await storage.latest(limit=5)] == [story.id]
    await storage.write(lambda tx: tx.revise_article(feed_id, article("old", digest="edited"), analysis(), story=None))
    assert (await seen(storage, feed_id, "old"))["old"].digest == "edited"


async def test_latest_is_newest_first_and_shows_only_what_was_asked_for(storage, feed_id):
    await flag(storage, feed_id, article("a", "A first story with a title of its own"))
    await flag(storage, feed_id, article("b", "A second story with another title"), topic="territory")
    assert [s.title[:8] for s in await storage.latest(limit=5)] == ["A second", "A first "]
    assert [s.title[:8] for s in await storage.latest(limit=1)] == ["A second"]
    assert [s.topics for s in await storage.latest(limit=5, topic="ceasefire")] == [("ceasefire",)]
    assert len(await storage.latest(limit=5, conflict="ruritania")) == 2
    assert await storage.latest(limit=5, conflict="ruri%") == []


async def test_publishers_are_counted_once(storage, feed_id):
    await storage.sync_feeds([FEED, OTHER])
    story = await flag(storage, feed_id, article("a"))
    (other,) = [c for c in await storage.claim_feeds(now=NOW, limit=9, lease=LEASE) if c.feed == OTHER]

    def work(tx):
        assert tx.story_publishers(story.id) == {FEED.publisher}
        tx.add_article(other.id, article("b"), analysis(), story=story)
        assert tx.story_publishers(story.id) == {FEED.publisher, OTHER.publisher}

    await storage.write(work)
    counts = await storage.counts()
    assert (counts["articles"], counts["statements"], counts["stories"]) == (2, 2, 1)


async def test_text_that_databases_refuse_is_stored_all_the_same(storage, feed_id):
    await flag(storage, feed_id, article("a", "A title with a NUL \0 and half a pair \ud800 in it"), speaker="S\0")
    (told,) = await storage.latest(limit=1)
    assert told.title == "A title with a NUL \ufffd and half a pair ? in it"


async def test_a_full_disk_is_an_error_and_changes_nothing(tmp_path):
    from bot.storage import open_storage, upgrade

    url = f"sqlite:///{tmp_path / 'small.db'}"
    await upgrade(url)
    storage = await open_storage(url)
    await storage.sync_feeds([FEED])
    (one,) = await storage.claim_feeds(now=NOW, limit=9, lease=LEASE)

    def narrow(connection):
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")

    await storage._write(narrow)
    with pytest.raises(StorageError, match="disk is full"):
        await storage.write(
            lambda tx: tx.add_quiet(one.id, [(article(str(i), text="x" * 4000), analysis()) for i in range(50)])
        )
    assert await seen(storage, one.id, "0") == {}
    await storage.close()
