"""Entries: what each feed has ever shown. They outlive the articles: an old item that comes back is not news."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.article import Article, title_key, title_words, words_alike
from bot.domain.story import Story
from bot.service.storage import Known, Recalled
from bot.storage.tables import Words, articles, entries, indexable

AT_ONCE = 500  # databases take some thousands of parameters at most
# Of the entries of one address titles are compared with those shown last. A live blog has dozens; some feeds give all
# items the address of the front page, and one that renames thousands of them at each poll would take minutes of each.
PAGE_MEMORY = 200

# Statements are built once: SQLAlchemy takes four times as long to build one and look up its SQL as to run it.
_OF_FEED = entries.c.feed == sa.bindparam("of_feed")
_SHOWN: Final = (entries.c.key, entries.c.digest, entries.c.story, entries.c.canonical_link, entries.c.title_key)
_BY_KEY = sa.select(*_SHOWN, sa.literal_column("1").label("by_key"), sa.literal_column("0").label("seen")).where(
    _OF_FEED, entries.c.key.in_(sa.bindparam("keys", type_=Words, expanding=True))
)
_PAGE = (
    sa.select(
        *_SHOWN,
        articles.c.seen,
        sa.func.row_number()
        .over(partition_by=entries.c.canonical_link, order_by=(articles.c.seen.desc().nulls_last(), entries.c.key))
        .label("place"),
    )
    .outerjoin(articles, sa.and_(articles.c.feed == entries.c.feed, articles.c.key == entries.c.key))
    .where(_OF_FEED, entries.c.canonical_link.in_(sa.bindparam("links", type_=Words, expanding=True)))
    .subquery("page")
)
_BY_PAGE = sa.select(*(_PAGE.c[c.name] for c in _SHOWN), sa.literal_column("0"), _PAGE.c.seen).where(
    sa.or_(_PAGE.c.place <= PAGE_MEMORY, _PAGE.c.digest.in_(sa.bindparam("digests", type_=Words, expanding=True)))
)
# Either half by its own index: joined by OR, SQLite may walk all that the feed has ever shown. `seen` as it is stored.
_RECALL: Final = sa.union_all(_BY_KEY, _BY_PAGE)
_ADD: Final = sa.insert(entries)
_REVISE: Final = sa.update(entries).where(_OF_FEED, entries.c.key == sa.bindparam("of_key"))
_RENAME_ARTICLE: Final = sa.update(articles).where(
    articles.c.feed == sa.bindparam("of_feed"), articles.c.key == sa.bindparam("of_key")
)


def recall(connection: sa.Connection, feed_id: int, shown: Sequence[Article]) -> Recalled:
    """Which of these articles this feed has shown before: under their keys, and the others under another key."""
    by_key: dict[str, Known] = {}
    by_page: dict[str, Known] = {}
    for start in range(0, len(shown), AT_ONCE):
        part = shown[start : start + AT_ONCE]
        by_link = _by_link(part)
        digests = [a.digest for a in part]
        wanted = {"of_feed": feed_id, "keys": [a.key for a in part], "links": list(by_link), "digests": digests}
        rows = connection.execute(_RECALL, wanted).all()
        by_key |= {row.key: _known(row) for row in rows if row.by_key}
        pages: defaultdict[str, list[Any]] = defaultdict(list)
        for row in sorted((row for row in rows if not row.by_key), key=_last_shown_first):
            pages[row.canonical_link].append(row)
        for link, page in pages.items():
            by_page |= _of_page(page, [a for a in by_link[link] if a.key not in by_key])
    return Recalled(by_key, by_page)


def _by_link(shown: Sequence[Article]) -> Mapping[str, list[Article]]:
    found: dict[str, list[Article]] = {}
    for article in shown:
        if (link := indexable(article.canonical_link)) is not None:
            found.setdefault(link, []).append(article)
    return found


def _last_shown_first(row: Any) -> tuple[bool, int, str]:
    """First the key that a page's article goes by now."""
    return row.seen is None, -(row.seen or 0), row.key


def _of_page(page: Sequence[Any], new: Sequence[Article]) -> Mapping[str, Known]:
    """By their keys, as what the first entry of their page with the same words or a title alike knows these articles.

    A title is alike where it is the stored one or an edit of it: an item may be edited and given a new id at once.
    """
    if not new:
        return {}
    same = {row.digest: place for place, row in reversed(list(enumerate(page)))}
    known = [(place, row.title_key) for place, row in enumerate(page[:PAGE_MEMORY]) if row.title_key is not None]
    titles = [(place, title, title_words(title)) for place, title in known]
    found: dict[str, Known] = {}
    for article in new:
        key, words = indexable(title_key(article.title)), title_words(article.title)
        alike = (
            place
            for place, title, others in titles
            if title == key or (words is not None and others is not None and words_alike(words, others))
        )
        place = min(same.get(article.digest, len(page)), next(alike, len(page)))
        if place < len(page):
            found[article.key] = _known(page[place])
    return found


def _known(row: Any) -> Known:
    return Known(row.digest, row.story, row.key)


def add(connection: sa.Connection, feed_id: int, new: Sequence[Article], story: Story | None) -> None:
    """Remember new keys as seen."""
    told = story.id if story else None
    connection.execute(_ADD, [{"feed": feed_id, "key": a.key, **_values(a), "story": told} for a in new])


def revise(connection: sa.Connection, feed_id: int, article: Article, story: Story | None) -> None:
    """Remember the new words of a key seen before."""
    values = {**_values(article), "story": story.id if story else None}
    connection.execute(_REVISE, {"of_feed": feed_id, "of_key": article.key, **values})


def rename(connection: sa.Connection, feed_id: int, article: Article, before: Known) -> None:
    """Remember a new key for an entry seen before under another, which is kept; its article goes by the new one."""
    values = _values(article) | {"digest": before.digest, "story": before.story}
    connection.execute(_ADD, {"feed": feed_id, "key": article.key, **values})
    connection.execute(_RENAME_ARTICLE, {"of_feed": feed_id, "of_key": before.key, "key": article.key})


def _values(article: Article) -> dict[str, str | int | None]:
    return {
        "digest": article.digest,
        "canonical_link": indexable(article.canonical_link),
        "title_key": indexable(title_key(article.title)),
    }
