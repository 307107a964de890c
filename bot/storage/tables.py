"""The schema, alike on SQLite and PostgreSQL. Migrations bring a database here; tests compare the two.

Its indexes over some rows only are in partial.py.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

from bot.domain.feed import Affiliation, FullText
from bot.domain.standing import Standing
from bot.storage.feed_columns import Choice, Digests, Saying, Seconds

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MAX_INDEXED = 2_000


class Moment(TypeDecorator[datetime]):
    """A moment as microseconds since 1970 in UTC: the same order and value on both engines."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's
        """Refuses a datetime without a zone: nobody can know which moment it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a zone: {value!r}")
        return (value - EPOCH) // MICROSECOND

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], datetime | None]:  # noqa: ARG002  # as above
        """Aware, in UTC."""
        return _moment


class Words(TypeDecorator[str]):
    """Any text. PostgreSQL refuses NUL, and no database takes half a surrogate pair; one character stands for one."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002  # as above
        """The text with what cannot be stored replaced."""
        return None if value is None else storable(value)


def _moment(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + value * MICROSECOND


def storable(text: str) -> str:
    """The text as it comes back from the database."""
    if text.isascii() and "\0" not in text:
        return text
    text = text.replace("\0", "\ufffd")
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def indexable(text: str | None) -> str | None:
    """A text to be compared only, as it is stored: PostgreSQL indexes no value of some 2,700 bytes or more."""
    if text is None or len(text.encode("utf-8", "replace")) <= MAX_INDEXED:
        return text
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# SQLite numbers rows by itself only where the key is a plain INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
metadata = sa.MetaData()

# These have an index of their own (partial.py).
ANSWERING = sa.text("failures = 0")

# Columns are named as the fields of Feed and FetchState.
feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", Words, nullable=False, unique=True),
    sa.Column("name", Words, nullable=False),
    sa.Column("publisher", Words, nullable=False),
    sa.Column("affiliation", Choice(Affiliation), nullable=False),
    sa.Column("language", Words),
    sa.Column("every", Seconds, nullable=False),
    sa.Column("at_most", Seconds, nullable=False),
    sa.Column("full_text", Choice(FullText), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("etag", Words),
    sa.Column("last_modified", Words),
    sa.Column("body_digest", sa.LargeBinary),
    sa.Column("items", Digests, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("error", Words),
    sa.Column("next_check", Moment),
    sa.Column("last_success", Moment),
    sa.Column("last_change", Moment),
    sa.Column("last_news", Moment),
    sa.Column("rhythm", Seconds),
    sa.Column("said", Saying),  # what the feed says of how often to come
    sa.Column("reason", Words),
    sa.Column("moved_to", Words),
    sa.Column("moved_times", sa.Integer, nullable=False),
    sa.Column("body_size", sa.BigInteger, nullable=False),  # bytes on the wire
    sa.Column("unchanged", sa.BigInteger, nullable=False),  # 304 answers
    sa.Column("saved", sa.BigInteger, nullable=False),  # bytes that did not come with them
    sa.Column("failing_since", Moment),
    sa.Column("standing", Choice(Standing), nullable=False),  # what its channels have been told that it is
    sa.Column("pushed_until", Moment),
    sa.Column("lease_until", Moment),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Index("ix_feeds_due", "active", "next_check"),
)

# Subscriptions of feeds at their hubs (WebSub). A feed has one that counts, and perhaps others that are given back.
pushes = sa.Table(
    "pushes",
    metadata,
    sa.Column("id", Words, primary_key=True),
    sa.Column("feed", Id, sa.ForeignKey("feeds.id"), nullable=False),
    sa.Column("hub", Words, nullable=False),
    sa.Column("topic", Words, nullable=False),
    sa.Column("callback", Words, nullable=False),
    sa.Column("secret", Words, nullable=False),
    sa.Column("status", Words, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("next_try", Moment, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("error", Words),
    sa.Index("ix_pushes_due", "next_try"),
)

# What each feed has shown, for ever: it outlives the articles, so that an old item that comes back is not news.
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("feed", Id, sa.ForeignKey("feeds.id"), primary_key=True),
    sa.Column("key", Words, primary_key=True),
    sa.Column("digest", Words, nullable=False),
    sa.Column("canonical_link", Words),  # with the title: the same page under a new key
    sa.Column("title_key", Words),
    sa.Column("story", Id, sa.ForeignKey("stories.id")),
    sa.Index("ix_entries_page", "feed", "canonical_link"),
)

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("title", Words, nullable=False),
    sa.Column("started", Moment, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Index("ix_stories_started", "started"),
)

# What each story has ever told, and the revision that brought it: it outlives the statements, which an edit replaces.
story_gists = sa.Table(
    "story_gists",
    metadata,
    sa.Column("story", Id, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Column("speaker", Words, primary_key=True),
    sa.Column("topic", Words, primary_key=True),
    sa.Column("stance", Words, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False),
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("feed", Id, sa.ForeignKey("feeds.id"), nullable=False),
    sa.Column("key", Words, nullable=False),
    sa.Column("story", Id, sa.ForeignKey("stories.id")),
    sa.Column("title", Words, nullable=False),
    sa.Column("title_key", Words),  # the title's words alone; NULL where they are too few to tell stories apart
    sa.Column("text", Words, nullable=False),
    sa.Column("language", Words, nullable=False),
    sa.Column("link", Words),
    sa.Column("canonical_link", Words),
    sa.Column("published", Moment),
    sa.Column("seen", Moment, nullable=False),
    sa.Column("reasons", Words, nullable=False),  # JSON: why it was flagged or not
    sa.UniqueConstraint("feed", "key", name="uq_articles_key"),
    sa.Index("ix_articles_link", "canonical_link", "seen"),
    sa.Index("ix_articles_title", "title_key", "seen"),
    sa.Index("ix_articles_story", "story"),
    sa.Index("ix_articles_seen", "seen"),
)

# Spans are kept as (start, text): the end follows, and a pruned text leaves its evidence readable.
statements = sa.Table(
    "statements",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("article", Id, sa.ForeignKey("articles.id"), nullable=False),
    sa.Column("story", Id, sa.ForeignKey("stories.id"), nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("speaker", Words, nullable=False),
    sa.Column("speaker_start", sa.Integer, nullable=False),
    sa.Column("speaker_text", Words, nullable=False),
    sa.Column("topic", Words, nullable=False),
    sa.Column("stance", Words, nullable=False),
    sa.Column("target", Words, nullable=False),  # JSON list
    sa.Column("evidence_start", sa.Integer, nullable=False),
    sa.Column("evidence", Words, nullable=False),
    sa.Column("quote_start", sa.Integer),
    sa.Column("quote", Words),
    sa.Column("cue_start", sa.Integer, nullable=False),
    sa.Column("cue", Words, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("reason", Words, nullable=False),
    sa.Column("conflicts", Words, nullable=False),  # JSON list
    sa.Column("said_on", Words),
    sa.Column("said_in", Words),
    sa.Index("ix_statements_story", "story"),
    sa.Index("ix_statements_article", "article"),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("platform", Words, primary_key=True),
    sa.Column("channel", Words, primary_key=True),
    sa.Column("topics", Words, nullable=False),  # JSON list
    sa.Column("conflicts", Words, nullable=False),  # JSON list; empty: every conflict
    sa.Column("catch_up", sa.Float, nullable=False),  # seconds
    sa.Column("fixed", sa.Boolean, nullable=False),  # from feeds.toml, not from a command
    sa.Column("active", sa.Boolean, nullable=False),
)

# Each has an index of its own (partial.py).
OPEN = sa.text("status IN ('pending', 'sending')")
DEAD = sa.text("status = 'dead'")

# `seq` is the order in which messages are owed; `id` is what the message carries.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("seq", Id, primary_key=True),
    sa.Column("id", Words, nullable=False, unique=True),
    sa.Column("platform", Words, nullable=False),
    sa.Column("channel", Words, nullable=False),
    sa.Column("kind", Words, nullable=False),
    sa.Column("story", Id, sa.ForeignKey("stories.id")),  # NULL for a catch-up (see catch_ups) and for a notice
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("status", Words, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("attempted", Moment),
    sa.Column("unsure", sa.Boolean, nullable=False),
    sa.Column("thread", Words),  # the platform's id of the story's first message, once that is sent
    sa.Column("next_try", Moment, nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("message", Words),  # the platform's id of the message, once sent
    sa.Column("error", Words),
    sa.Column("created", Moment, nullable=False),
    sa.Column("sent", Moment),
    sa.UniqueConstraint("platform", "channel", "kind", "story", "revision", name="uq_deliveries_owed"),
    sa.Index("ix_deliveries_story", "story"),
)

catch_ups = sa.Table(
    "catch_ups",
    metadata,
    sa.Column("delivery", Words, sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("story", Id, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Index("ix_catch_ups_story", "story"),
)

# What a message of the kind "notice" tells, a row a feed.
notices = sa.Table(
    "notices",
    metadata,
    sa.Column("delivery", Words, sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("feed", Id, sa.ForeignKey("feeds.id"), primary_key=True),
    sa.Column("standing", Words, nullable=False),
    sa.Column("since", Moment),
    sa.Column("error", Words, nullable=False),
)
