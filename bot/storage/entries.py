"""Entries: what each feed has ever shown. They outlive the articles: an old item that comes back is not news."""

from collections.abc import Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from bot.domain.article import Article, title_key, titles_alike
from bot.domain.story import Story
from bot.service.storage import Known, Recalled
from bot.storage.tables import Words, articles, entries, indexable

AT_ONCE = 500  # databases take some thousands of parameters at most

# Statements are built once: SQLAlchemy takes four times as long to build one and look up its SQL as to run it.
_OF_FEED = entries.c.feed == sa.bindparam("of_feed")
_BY_KEY: Final = sa.select(entries).where(
    _OF_FEED, entries.c.key.in_(sa.bindparam("keys", type_=Words, expanding=True))
)
_BY_PAGE: Final = (
    sa.select(entries)
    .outerjoin(articles, sa.and_(articles.c.feed == entries.c.feed, articles.c.key == entries.c.key))
    .where(_OF_FEED, entries.c.canonical_link.in_(sa.bindparam("links", type_=Words, expanding=True)))
    .order_by(articles.c.seen.desc().nulls_last(), entries.c.key)  # first the key that its article goes by now
)
_ADD: Final = sa.insert(entries)
_REVISE: Final = sa.update(entries).where(_OF_FEED, entries.c.key == sa.bindparam("of_key"))
_RENAME_ARTICLE: Final = sa.update(articles).where(
    articles.c.feed == sa.bindparam("of_feed"), articles.c.key == sa.bindparam("of_key")
)


def recall(connection: sa.Connection, feed_id: int, shown: Sequence[Article]) -> Recalled:
    """Which of these articles this feed has shown before: under their keys, and the others under another key."""
    by_key = _by_key(connection, feed_id, [a.key for a in shown])
    return Recalled(by_key, _by_page(connection, feed_id, [a for a in shown if a.key not in by_key]))


def _by_key(connection: sa.Connection, feed_id: int, keys: Sequence[str]) -> Mapping[str, Known]:
    found: dict[str, Known] = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = connection.execute(_BY_KEY, {"of_feed": feed_id, "keys": keys[start : start + AT_ONCE]})
        found |= {row.key: Known(row.digest, row.story, row.key) for row in rows}
    return found


def _by_page(connection: sa.Connection, feed_id: int, new: Sequence[Article]) -> Mapping[str, Known]:
    """By their new keys: entries of the same page with the same words or a title alike."""
    by_link: dict[str, list[Article]] = {}
    for article in new:
        if (link := indexable(article.canonical_link)) is not None:
            by_link.setdefault(link, []).append(article)
    found: dict[str, Known] = {}
    links = list(by_link)
    for start in range(0, len(links), AT_ONCE):
        rows = connection.execute(_BY_PAGE, {"of_feed": feed_id, "links": links[start : start + AT_ONCE]})
        for row in rows:
            for article in by_link[row.canonical_link]:
                if row.digest == article.digest or _alike(row.title_key, article.title):
                    found.setdefault(article.key, Known(row.digest, row.story, row.key))
    return found


def _alike(stored: str | None, title: str) -> bool:
    """Whether a title is the stored one or an edit of it: an item may be edited and given a new id at once."""
    return stored is not None and (stored == indexable(title_key(title)) or titles_alike(stored, title))


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
