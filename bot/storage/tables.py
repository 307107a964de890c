"""The schema, alike on SQLite and PostgreSQL. Migrations bring a database here; tests compare the two."""

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


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

    def process_result_value(self, value: Any | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002  # name
        """Aware, in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


# SQLite numbers rows by itself only where the key is a plain INTEGER.
Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
metadata = sa.MetaData()

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("url", sa.Text, nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("publisher", sa.Text, nullable=False),
    sa.Column("affiliation", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("every", sa.Float, nullable=False),  # seconds
    sa.Column("full_text", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("body_digest", sa.LargeBinary),
    sa.Column("items", sa.LargeBinary, nullable=False),  # 8-byte digests, one after the other
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("next_check", Moment),
    sa.Column("last_success", Moment),
    sa.Column("last_change", Moment),
    sa.Column("lease_until", Moment),
    sa.Column("lease_owner", sa.Text),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Index("ix_feeds_due", "active", "next_check"),
)

# What each feed has shown, for ever: it outlives the articles, so that an old item that comes back is not news.
entries = sa.Table(
    "entries",
    metadata,
    sa.Column("feed", Id, sa.ForeignKey("feeds.id"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("story", Id, sa.ForeignKey("stories.id")),
)

stories = sa.Table(
    "stories",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("started", Moment, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Index("ix_stories_started", "started"),
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("feed", Id, sa.ForeignKey("feeds.id"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("story", Id, sa.ForeignKey("stories.id")),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_key", sa.Text),  # the title's words alone; NULL where they are too few to tell stories apart
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("link", sa.Text),
    sa.Column("canonical_link", sa.Text),
    sa.Column("published", Moment),
    sa.Column("seen", Moment, nullable=False),
    sa.Column("reasons", sa.Text, nullable=False),  # JSON: why it was flagged or not
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
    sa.Column("speaker", sa.Text, nullable=False),
    sa.Column("speaker_start", sa.Integer, nullable=False),
    sa.Column("speaker_text", sa.Text, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("stance", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),  # JSON list
    sa.Column("evidence_start", sa.Integer, nullable=False),
    sa.Column("evidence", sa.Text, nullable=False),
    sa.Column("quote_start", sa.Integer),
    sa.Column("quote", sa.Text),
    sa.Column("cue_start", sa.Integer, nullable=False),
    sa.Column("cue", sa.Text, nullable=False),
    sa.Column("confidence", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("conflicts", sa.Text, nullable=False),  # JSON list
    sa.Column("said_on", sa.Text),
    sa.Column("said_in", sa.Text),
    sa.Index("ix_statements_story", "story"),
    sa.Index("ix_statements_article", "article"),
)

subscriptions = sa.Table(
    "subscriptions",
    metadata,
    sa.Column("platform", sa.Text, primary_key=True),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("topics", sa.Text, nullable=False),  # JSON list
    sa.Column("conflicts", sa.Text, nullable=False),  # JSON list; empty: every conflict
    sa.Column("catch_up", sa.Float, nullable=False),  # seconds
    sa.Column("fixed", sa.Boolean, nullable=False),  # from feeds.toml, not from a command
    sa.Column("active", sa.Boolean, nullable=False),
)

OPEN = sa.text("status IN ('pending', 'sending')")

# `seq` is the order in which messages are owed; `id` is what the message carries.
deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("seq", Id, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("story", Id, sa.ForeignKey("stories.id")),  # NULL for a catch-up: its stories stand in catch_ups
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("attempted", Moment),
    sa.Column("unsure", sa.Boolean, nullable=False),
    sa.Column("thread", sa.Text),  # the platform's id of the story's first message, once that is sent
    sa.Column("next_try", Moment, nullable=False),
    sa.Column("lease_until", Moment),
    sa.Column("fence", sa.BigInteger, nullable=False),
    sa.Column("message", sa.Text),  # the platform's id of the message, once sent
    sa.Column("error", sa.Text),
    sa.Column("created", Moment, nullable=False),
    sa.Column("sent", Moment),
    sa.UniqueConstraint("platform", "channel", "kind", "story", "revision", name="uq_deliveries_owed"),
    sa.Index("ix_deliveries_open", "platform", "channel", "seq", sqlite_where=OPEN, postgresql_where=OPEN),
    sa.Index("ix_deliveries_story", "story"),
)

catch_ups = sa.Table(
    "catch_ups",
    metadata,
    sa.Column("delivery", sa.Text, sa.ForeignKey("deliveries.id"), primary_key=True),
    sa.Column("story", Id, sa.ForeignKey("stories.id"), primary_key=True),
    sa.Index("ix_catch_ups_story", "story"),
)
