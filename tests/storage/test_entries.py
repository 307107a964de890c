from datetime import timedelta

import pytest

from bot.domain.statement import Stance
from bot.service.storage import Known
from bot.storage import entries
from tests.storage.examples import NOW, analysis, article, flag, seen


async def test_keys_are_known_by_feed(storage, feed_id):
    await storage.write(lambda tx: tx.add_quiet(feed_id, [(article("a"), analysis()), (article("b"), analysis())]))
    story = await flag(storage, feed_id, article("c"))
    assert await seen(storage, feed_id, "a", "b", "c", "d", *(str(i) for i in range(1200))) == {
        "a": Known("digest of a", None, "a"),
        "b": Known("digest of b", None, "b"),
        "c": Known("digest of c", story.id, "c"),
    }
    assert await seen(storage, feed_id + 1, "a") == {}


PAGE = "https://outlet.example/a"
TITLE = "Ruritania turns a truce down again"
SHORT = "Live updates"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({}, {}, True),
        ({}, {"digest": "digest of a", "title": "Quite another title of that page"}, True),
        ({}, {"title": "Quite another title of that page"}, False),
        ({}, {"canonical_link": "https://outlet.example/b", "digest": "digest of a"}, False),
        ({"canonical_link": None}, {"canonical_link": None, "digest": "digest of a"}, False),
        ({"title": SHORT}, {"title": SHORT}, False),
        ({"title": SHORT}, {"title": SHORT, "digest": "digest of a"}, True),
        ({"seen": NOW - timedelta(days=900)}, {}, True),
    ],
)
async def test_a_page_is_known_under_another_key_by_its_words_or_its_title(storage, feed_id, first, second, same):
    await flag(storage, feed_id, article("a", **{"title": TITLE, "link": PAGE} | first))
    again = article("b", **{"title": TITLE, "link": PAGE} | second)
    assert set((await storage.recall(feed_id, [again])).by_page) == ({"b"} if same else set())
    assert (await storage.recall(feed_id + 1, [again])).by_page == {}


async def test_a_renamed_entry_keeps_its_article_and_its_story_and_is_known_by_both_keys(storage, feed_id):
    story = await flag(storage, feed_id, article("a", link=PAGE))
    for old, new in (("a", "b"), ("b", "c")):
        again = article(new, link=PAGE)
        (before,) = (await storage.recall(feed_id, [again])).by_page.values()
        assert before == Known("digest of a", story.id, old), "the key that its article goes by"
        await storage.write(lambda tx, new=again, old=before: tx.rename(feed_id, new, old))
    assert set(await seen(storage, feed_id, "a", "b", "c")) == {"a", "b", "c"}
    await storage.write(
        lambda tx: tx.revise_article(feed_id, article("c", link=PAGE), analysis(stance=Stance.AGREE), story=story)
    )
    assert (await storage.counts())["articles"] == 1
    (told,) = await storage.latest(limit=5)
    assert [s.stance for s in told.statements] == [Stance.AGREE]


async def test_of_several_entries_of_a_page_the_one_shown_last_is_it(storage, feed_id):
    for key, hours in (("a", 0), ("b", 2), ("c", 1)):
        await flag(storage, feed_id, article(key, title=TITLE, link=PAGE, seen=NOW + timedelta(hours=hours)))
    recalled = await storage.recall(feed_id, [article("d", title=TITLE, link=PAGE), article("a", link=PAGE)])
    assert (recalled.by_page["d"].key, recalled.by_page.keys(), recalled.by_key.keys()) == ("b", {"d"}, {"a"})


async def test_a_page_outlives_its_article(storage, feed_id):
    await storage.write(
        lambda tx: tx.add_quiet(feed_id, [(article("a", link=PAGE, seen=NOW - timedelta(days=99)), analysis())])
    )
    await storage.prune(before=NOW)
    assert set((await storage.recall(feed_id, [article("b", link=PAGE)])).by_page) == {"b"}


async def test_many_pages_are_asked_for_at_once(storage, feed_id):
    many = [article(str(i), link=f"{PAGE}/{i}") for i in range(1200)]
    await storage.write(lambda tx: tx.add_quiet(feed_id, [(a, analysis()) for a in many]))
    again = [article(f"again {i}", link=f"{PAGE}/{i}") for i in range(1300)]
    found = (await storage.recall(feed_id, again)).by_page
    assert {key: k.key for key, k in found.items()} == {f"again {i}": str(i) for i in range(1200)}


async def test_of_a_page_with_very_many_entries_titles_are_remembered_of_the_last_and_words_of_all(storage, feed_id):
    """Some feeds give every item the address of their front page."""
    many = [
        article(str(i), f"Envoy number {i} arrives in Port{i}", link=PAGE, seen=NOW + timedelta(minutes=i))
        for i in range(entries.PAGE_MEMORY + 2)
    ]
    await storage.write(lambda tx: tx.add_quiet(feed_id, [(a, analysis()) for a in many]))
    first, last = many[1], many[2]
    again = [
        article("same words as the first", link=PAGE, digest=first.digest),
        article("title of the first", f"{first.title} today", link=PAGE),
        article("title of the last", f"{last.title} today", link=PAGE),
    ]
    found = (await storage.recall(feed_id, again)).by_page
    assert {key: known.key for key, known in found.items()} == {
        "same words as the first": first.key,
        "title of the last": last.key,
    }


async def test_a_feed_that_renames_all_its_items_at_one_address_costs_no_more_than_that_memory(
    storage, feed_id, monkeypatch
):
    compared = []
    alike = entries.words_alike
    monkeypatch.setattr(entries, "words_alike", lambda *words: compared.append(1) or alike(*words))
    titles = [f"Envoy{i} of {i} arrives in Port{i}" for i in range(600)]
    old = [(article(f"old {i}", title, link=PAGE), analysis()) for i, title in enumerate(titles)]
    await storage.write(lambda tx: tx.add_quiet(feed_id, old))
    new = [article(f"new {i}", f"Quite other{i} news{i} of{i} today", link=PAGE) for i in range(20)]
    assert (await storage.recall(feed_id, new)).by_page == {}
    assert len(compared) <= entries.PAGE_MEMORY * len(new)
