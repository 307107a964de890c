"""Articles, their statements and the stories they form: the writing side, inside one transaction."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.article import Article, title_key, titles_alike
from bot.domain.statement import Analysis, Statement
from bot.domain.story import Story
from bot.storage import entries
from bot.storage.tables import articles, feeds, indexable, statements, storable, stories, story_gists

# PostgreSQL: whoever asks for a story holds this until its transaction ends, so that two workers neither start the same
# story twice, nor both find a statement new to it. SQLite has one writer anyway.
STORY_LOCK = 7_268_454
# PostgreSQL's indexes take no long values.
MAX_SPEAKER = 300
# A hostile feed may give all its items one link; what was seen longest ago is the least likely to be meant.
MAX_ON_PAGE = 20

Gist = tuple[str, str, str]


async def add_quiet(connection: AsyncConnection, feed_id: int, rows: Sequence[tuple[Article, Analysis]]) -> None:
    """Store articles without a statement, in two statements altogether."""
    await connection.execute(sa.insert(articles), [_article_row(feed_id, a, x, None) for a, x in rows])
    await entries.add(connection, feed_id, [a for a, _ in rows], None)


async def add_article(
    connection: AsyncConnection, feed_id: int, article: Article, analysis: Analysis, story: Story
) -> None:
    """Store one article with its statements."""
    await entries.add(connection, feed_id, [article], story)
    await _insert(connection, feed_id, article, analysis, story)


async def revise_article(
    connection: AsyncConnection, feed_id: int, article: Article, analysis: Analysis, story: Story | None
) -> None:
    """Replace an article and its statements; what the story has told before keeps the revision that brought it."""
    row = await connection.execute(
        sa.select(articles.c.id).where(articles.c.feed == feed_id, articles.c.key == article.key)
    )
    if (old := row.scalar()) is not None:
        await connection.execute(sa.delete(statements).where(statements.c.article == old))
        await connection.execute(sa.delete(articles).where(articles.c.id == old))
    await entries.revise(connection, feed_id, article, story)
    await _insert(connection, feed_id, article, analysis, story, edit=True)


async def find_story(connection: AsyncConnection, feed_id: int, article: Article, since: datetime) -> Story | None:
    """The newest story with an article of the same title, else of the same page, seen since then."""
    await _one_at_a_time(connection)
    key, link = indexable(title_key(article.title)), indexable(article.canonical_link)
    if key is not None:
        same = await connection.execute(_seen(since).where(articles.c.title_key == key).limit(1))
        if (found := _story(same.first())) is not None:
            return found
    if link is None:
        return None
    publisher = (await connection.execute(sa.select(feeds.c.publisher).where(feeds.c.id == feed_id))).scalar()
    page = (await connection.execute(_seen(since).where(articles.c.canonical_link == link).limit(MAX_ON_PAGE))).all()
    for row in page:
        if row.key == article.key or titles_alike(row.headline, article.title):
            return _story(row)
    # One address may show one event after another (live pages, view.php?x=...): a publisher that has shown it with an
    # unlike title has news. One that has not (an aggregator, a partner) words the title as it likes, and means what
    # the page shows now.
    return _story(page[0]) if page and all(row.publisher != publisher for row in page) else None


async def story(connection: AsyncConnection, story_id: int) -> Story | None:
    """A story by its id."""
    await _one_at_a_time(connection)
    return _story((await connection.execute(sa.select(stories).where(stories.c.id == story_id))).first())


async def start_story(connection: AsyncConnection, title: str, now: datetime) -> Story:
    """A new story at revision 1."""
    row = await connection.execute(
        sa.insert(stories).values(title=title, started=now, revision=1).returning(stories.c.id)
    )
    return Story(row.scalar_one(), title, now, 1)


async def bump_story(connection: AsyncConnection, story_id: int) -> Story:
    """The story with its revision grown by one."""
    row = await connection.execute(
        sa.update(stories).where(stories.c.id == story_id).values(revision=stories.c.revision + 1).returning(stories)
    )
    found = _story(row.first())
    assert found is not None, "only stories found before are bumped"
    return found


async def new_gists(connection: AsyncConnection, story_id: int, gists: Collection[Gist]) -> frozenset[Gist]:
    """Which of these the story has never told."""
    told = await _told(connection, story_id)
    return frozenset(g for g in gists if _stored(g) not in told)


async def story_publishers(connection: AsyncConnection, story_id: int) -> frozenset[str]:
    """Publishers that report the story."""
    rows = await connection.execute(
        sa.select(feeds.c.publisher).join(articles, articles.c.feed == feeds.c.id).where(articles.c.story == story_id)
    )
    return frozenset(rows.scalars())


async def prune(connection: AsyncConnection, before: datetime) -> int:
    """Delete articles that belong to no story."""
    result = await connection.execute(sa.delete(articles).where(articles.c.story.is_(None), articles.c.seen < before))
    return result.rowcount


async def _one_at_a_time(connection: AsyncConnection) -> None:
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(STORY_LOCK)))


async def _insert(
    connection: AsyncConnection,
    feed_id: int,
    article: Article,
    analysis: Analysis,
    story: Story | None,
    *,
    edit: bool = False,
) -> None:
    values = _article_row(feed_id, article, analysis, story.id if story else None)
    article_id = (await connection.execute(sa.insert(articles).values(values).returning(articles.c.id))).scalar_one()
    if story is None or not analysis.statements:
        return
    told = await _told(connection, story.id)
    kept = told if edit else {}
    rows = [
        _statement_row(article_id, story.id, kept.get(_stored(s.gist), story.revision), s) for s in analysis.statements
    ]
    await connection.execute(sa.insert(statements), rows)
    new = [
        {"story": story.id, "speaker": speaker, "topic": topic, "stance": stance, "revision": story.revision}
        for speaker, topic, stance in dict.fromkeys(_stored(s.gist) for s in analysis.statements)
        if (speaker, topic, stance) not in told
    ]
    if new:
        await connection.execute(sa.insert(story_gists), new)


async def _told(connection: AsyncConnection, story_id: int) -> Mapping[Gist, int]:
    """What the story has ever told, also if an edit took it back since, and the revision that brought it."""
    rows = await connection.execute(sa.select(story_gists).where(story_gists.c.story == story_id))
    return {(r.speaker, r.topic, r.stance): r.revision for r in rows}


def _stored(gist: Gist) -> Gist:
    """A gist as it stands in the table."""
    speaker, topic, stance = gist
    return storable(speaker[:MAX_SPEAKER]), topic, str(stance)


def _seen(since: datetime) -> sa.Select[Any]:
    """Stories with an article seen since then, one row an article, the newest first."""
    return (
        sa.select(stories, articles.c.key, articles.c.title.label("headline"), feeds.c.publisher)
        .join(articles, articles.c.story == stories.c.id)
        .join(feeds, feeds.c.id == articles.c.feed)
        .where(articles.c.seen >= since)
        .order_by(articles.c.seen.desc(), stories.c.id.desc())
    )


def _story(row: Any) -> Story | None:
    return None if row is None else Story(row.id, row.title, row.started, row.revision)


def _article_row(feed_id: int, article: Article, analysis: Analysis, story_id: int | None) -> dict[str, object]:
    return {
        "feed": feed_id,
        "key": article.key,
        "story": story_id,
        "title": article.title,
        "title_key": indexable(title_key(article.title)),
        "text": article.text,
        "language": article.language,
        "link": article.link,
        "canonical_link": indexable(article.canonical_link),
        "published": article.published,
        "seen": article.seen,
        "reasons": json.dumps(analysis.reasons, ensure_ascii=False),
    }


def _statement_row(article_id: int, story_id: int, revision: int, statement: Statement) -> dict[str, object]:
    quote = statement.quote
    return {
        "article": article_id,
        "story": story_id,
        "revision": revision,
        "speaker": statement.speaker,
        "speaker_start": statement.speaker_span.start,
        "speaker_text": statement.speaker_span.text,
        "topic": statement.topic,
        "stance": statement.stance.value,
        "target": json.dumps(statement.target, ensure_ascii=False),
        "evidence_start": statement.evidence.start,
        "evidence": statement.evidence.text,
        "quote_start": quote.start if quote else None,
        "quote": quote.text if quote else None,
        "cue_start": statement.cue.start,
        "cue": statement.cue.text,
        "confidence": statement.confidence,
        "reason": statement.reason,
        "conflicts": json.dumps(statement.conflicts),
        "said_on": statement.said_on,
        "said_in": statement.said_in,
    }
