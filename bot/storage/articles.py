"""Articles, their statements and the stories they form: the writing side, inside one transaction."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

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

# Built once, see entries.py.
_OF_STORY: Final = sa.bindparam("of_story", type_=sa.BigInteger)
_ARTICLE: Final = sa.select(articles.c.id).where(
    articles.c.feed == sa.bindparam("of_feed"), articles.c.key == sa.bindparam("of_key")
)
_ADD: Final = sa.insert(articles)
_ADD_ONE: Final = sa.insert(articles).returning(articles.c.id)
_ADD_STATEMENTS: Final = sa.insert(statements)
_ADD_GISTS: Final = sa.insert(story_gists)
_DROP_STATEMENTS: Final = sa.delete(statements).where(statements.c.article == sa.bindparam("of_article"))
_DROP: Final = sa.delete(articles).where(articles.c.id == sa.bindparam("of_article"))
# Stories with an article seen since then, one row an article, the newest first.
_SEEN = (
    sa.select(stories, articles.c.key, articles.c.title.label("headline"), feeds.c.publisher)
    .join(articles, articles.c.story == stories.c.id)
    .join(feeds, feeds.c.id == articles.c.feed)
    .where(articles.c.seen >= sa.bindparam("since"))
    .order_by(articles.c.seen.desc(), stories.c.id.desc())
)
_BY_TITLE: Final = _SEEN.where(articles.c.title_key == sa.bindparam("title")).limit(1)
_BY_PAGE: Final = _SEEN.where(articles.c.canonical_link == sa.bindparam("page")).limit(MAX_ON_PAGE)
_PUBLISHER: Final = sa.select(feeds.c.publisher).where(feeds.c.id == sa.bindparam("of_feed"))
_STORY: Final = sa.select(stories).where(stories.c.id == _OF_STORY)
_START: Final = sa.insert(stories).returning(stories.c.id)
_BUMP: Final = (
    sa.update(stories).where(stories.c.id == _OF_STORY).values(revision=stories.c.revision + 1).returning(stories)
)
_PUBLISHERS: Final = (
    sa.select(feeds.c.publisher).join(articles, articles.c.feed == feeds.c.id).where(articles.c.story == _OF_STORY)
)
_TOLD: Final = sa.select(story_gists).where(story_gists.c.story == _OF_STORY)
_LOCK: Final = sa.select(sa.func.pg_advisory_xact_lock(STORY_LOCK))


def add_quiet(connection: sa.Connection, feed_id: int, rows: Sequence[tuple[Article, Analysis]]) -> None:
    """Store articles without a statement, in two statements altogether."""
    connection.execute(_ADD, [_article_row(feed_id, a, x, None) for a, x in rows])
    entries.add(connection, feed_id, [a for a, _ in rows], None)


def add_article(connection: sa.Connection, feed_id: int, article: Article, analysis: Analysis, story: Story) -> None:
    """Store one article with its statements."""
    entries.add(connection, feed_id, [article], story)
    _insert(connection, feed_id, article, analysis, story)


def revise_article(
    connection: sa.Connection, feed_id: int, article: Article, analysis: Analysis, story: Story | None
) -> None:
    """Replace an article and its statements; what the story has told before keeps the revision that brought it."""
    old = connection.execute(_ARTICLE, {"of_feed": feed_id, "of_key": article.key}).scalar()
    if old is not None:
        connection.execute(_DROP_STATEMENTS, {"of_article": old})
        connection.execute(_DROP, {"of_article": old})
    entries.revise(connection, feed_id, article, story)
    _insert(connection, feed_id, article, analysis, story, edit=True)


def find_story(connection: sa.Connection, feed_id: int, article: Article, since: datetime) -> Story | None:
    """The newest story with an article of the same title, else of the same page, seen since then."""
    _one_at_a_time(connection)
    key, link = indexable(title_key(article.title)), indexable(article.canonical_link)
    if key is not None:
        same = connection.execute(_BY_TITLE, {"since": since, "title": key})
        if (found := _story(same.first())) is not None:
            return found
    page = connection.execute(_BY_PAGE, {"since": since, "page": link}).all() if link is not None else []
    for row in page:
        if row.key == article.key or titles_alike(row.headline, article.title):
            return _story(row)
    if not page:
        return None
    # One address may show one event after another (live pages, view.php?x=...): a publisher that has shown it with an
    # unlike title has news. One that has not (an aggregator, a partner) words the title as it likes, and means what
    # the page shows now.
    publisher = connection.execute(_PUBLISHER, {"of_feed": feed_id}).scalar()
    return _story(page[0]) if all(row.publisher != publisher for row in page) else None


def story(connection: sa.Connection, story_id: int) -> Story | None:
    """A story by its id."""
    _one_at_a_time(connection)
    return _story(connection.execute(_STORY, {"of_story": story_id}).first())


def start_story(connection: sa.Connection, title: str, now: datetime) -> Story:
    """A new story at revision 1."""
    row = connection.execute(_START, {"title": title, "started": now, "revision": 1})
    return Story(row.scalar_one(), title, now, 1)


def bump_story(connection: sa.Connection, story_id: int) -> Story:
    """The story with its revision grown by one."""
    found = _story(connection.execute(_BUMP, {"of_story": story_id}).first())
    assert found is not None, "only stories found before are bumped"
    return found


def new_gists(connection: sa.Connection, story_id: int, gists: Collection[Gist]) -> frozenset[Gist]:
    """Which of these the story has never told."""
    told = _told(connection, story_id)
    return frozenset(g for g in gists if _stored(g) not in told)


def story_publishers(connection: sa.Connection, story_id: int) -> frozenset[str]:
    """Publishers that report the story."""
    return frozenset(connection.execute(_PUBLISHERS, {"of_story": story_id}).scalars())


def prune(connection: sa.Connection, before: datetime) -> int:
    """Delete articles that belong to no story."""
    result = connection.execute(sa.delete(articles).where(articles.c.story.is_(None), articles.c.seen < before))
    return result.rowcount


def _one_at_a_time(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)


def _insert(
    connection: sa.Connection,
    feed_id: int,
    article: Article,
    analysis: Analysis,
    story: Story | None,
    *,
    edit: bool = False,
) -> None:
    values = _article_row(feed_id, article, analysis, story.id if story else None)
    article_id = connection.execute(_ADD_ONE, values).scalar_one()
    if story is None or not analysis.statements:
        return
    told = _told(connection, story.id)
    kept = told if edit else {}
    rows = [
        _statement_row(article_id, story.id, kept.get(_stored(s.gist), story.revision), s) for s in analysis.statements
    ]
    connection.execute(_ADD_STATEMENTS, rows)
    new = [
        {"story": story.id, "speaker": speaker, "topic": topic, "stance": stance, "revision": story.revision}
        for speaker, topic, stance in dict.fromkeys(_stored(s.gist) for s in analysis.statements)
        if (speaker, topic, stance) not in told
    ]
    if new:
        connection.execute(_ADD_GISTS, new)


def _told(connection: sa.Connection, story_id: int) -> Mapping[Gist, int]:
    """What the story has ever told, also if an edit took it back since, and the revision that brought it."""
    rows = connection.execute(_TOLD, {"of_story": story_id})
    return {(r.speaker, r.topic, r.stance): r.revision for r in rows}


def _stored(gist: Gist) -> Gist:
    """A gist as it stands in the table."""
    speaker, topic, stance = gist
    return storable(speaker[:MAX_SPEAKER]), topic, str(stance)


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
