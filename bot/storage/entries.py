"""Entries: what each feed has ever shown. They outlive the articles: an old item that comes back is not news."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.article import Article, title_key
from bot.domain.story import Story
from bot.service.ports import Known
from bot.storage.tables import articles, entries, indexable

AT_ONCE = 500  # databases take some thousands of parameters at most


async def known(connection: AsyncConnection, feed_id: int, keys: Sequence[str]) -> Mapping[str, Known]:
    """Which of these entry keys this feed has shown before."""
    found: dict[str, Known] = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = await connection.execute(
            sa.select(entries).where(entries.c.feed == feed_id, entries.c.key.in_(keys[start : start + AT_ONCE]))
        )
        found |= {row.key: Known(row.digest, row.story, row.key) for row in rows}
    return found


async def known_pages(connection: AsyncConnection, feed_id: int, new: Sequence[Article]) -> Mapping[str, Known]:
    """Which of these articles this feed has shown under another key: the same page with the same words or title."""
    by_link: dict[str, list[Article]] = {}
    for article in new:
        if (link := indexable(article.canonical_link)) is not None:
            by_link.setdefault(link, []).append(article)
    found: dict[str, Known] = {}
    links = list(by_link)
    for start in range(0, len(links), AT_ONCE):
        rows = await connection.execute(
            sa.select(entries)
            .outerjoin(articles, sa.and_(articles.c.feed == entries.c.feed, articles.c.key == entries.c.key))
            .where(entries.c.feed == feed_id, entries.c.canonical_link.in_(links[start : start + AT_ONCE]))
            .order_by(articles.c.seen.desc().nulls_last(), entries.c.key)  # first the key that its article goes by now
        )
        for row in rows:
            for article in by_link[row.canonical_link]:
                same_title = row.title_key is not None and row.title_key == indexable(title_key(article.title))
                if same_title or row.digest == article.digest:
                    found.setdefault(article.key, Known(row.digest, row.story, row.key))
    return found


async def add(connection: AsyncConnection, feed_id: int, new: Sequence[Article], story: Story | None) -> None:
    """Remember new keys as seen."""
    await connection.execute(
        sa.insert(entries),
        [{"feed": feed_id, "key": a.key, **_values(a), "story": story.id if story else None} for a in new],
    )


async def revise(connection: AsyncConnection, feed_id: int, article: Article, story: Story | None) -> None:
    """Remember the new words of a key seen before."""
    await connection.execute(
        sa.update(entries)
        .where(entries.c.feed == feed_id, entries.c.key == article.key)
        .values(**_values(article), story=story.id if story else None)
    )


async def rename(connection: AsyncConnection, feed_id: int, article: Article, before: Known) -> None:
    """Remember a new key for an entry seen before under another, which is kept; its article goes by the new one."""
    values = _values(article) | {"digest": before.digest, "story": before.story}
    await connection.execute(sa.insert(entries).values(feed=feed_id, key=article.key, **values))
    await connection.execute(
        sa.update(articles).where(articles.c.feed == feed_id, articles.c.key == before.key).values(key=article.key)
    )


def _values(article: Article) -> dict[str, str | None]:
    return {
        "digest": article.digest,
        "canonical_link": indexable(article.canonical_link),
        "title_key": indexable(title_key(article.title)),
    }
