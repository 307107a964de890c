"""Stories as they are told: summaries for messages and commands, read from the archive as it stands."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.delivery import Delivery, DeliveryKind, Message
from bot.domain.feed import Affiliation
from bot.domain.statement import Stance
from bot.domain.story import Said, Source, Summary
from bot.storage import notices
from bot.storage.subscriptions import subscription_of
from bot.storage.tables import articles, catch_ups, deliveries, feeds, statements, stories

# Built once, see entries.py.
_THESE: Final = sa.bindparam("these", type_=sa.BigInteger, expanding=True)
_IN_CATCH_UP: Final = sa.select(catch_ups.c.story).where(catch_ups.c.delivery == sa.bindparam("of_delivery"))
_HEADS: Final = sa.select(stories).where(stories.c.id.in_(_THESE))
_SAID: Final = (
    sa.select(statements, feeds.c.publisher)
    .join(articles, articles.c.id == statements.c.article)
    .join(feeds, feeds.c.id == articles.c.feed)
    .where(statements.c.story.in_(_THESE))
    .order_by(statements.c.revision, statements.c.id)
)
_SOURCES: Final = (
    sa.select(
        *(articles.c[name] for name in ("story", "link", "title", "language", "published")),
        feeds.c.publisher,
        feeds.c.affiliation,
    )
    .join(feeds, feeds.c.id == articles.c.feed)
    .where(articles.c.story.in_(_THESE))
    .order_by(sa.func.coalesce(articles.c.published, articles.c.seen), articles.c.id)
)


def message(connection: sa.Connection, delivery: Delivery) -> Message | None:
    """What to show for a delivery; None if nothing is left to tell."""
    if delivery.kind is DeliveryKind.NOTICE:
        told = notices.shown(connection, delivery)
        return Message(delivery.id, delivery.kind, notices=told) if told else None
    if delivery.kind is DeliveryKind.CATCH_UP:
        about = list(connection.execute(_IN_CATCH_UP, {"of_delivery": delivery.id}).scalars())
    else:
        about = [delivery.story] if delivery.story is not None else []
    subscription = subscription_of(connection, delivery.channel)
    shown = []
    for summary in summaries(connection, about, wanted=subscription.wanted):
        kept = tuple(s for s in summary.statements if _belongs(s.revision, delivery))
        if kept:
            shown.append(replace(summary, statements=kept))
    shown.sort(key=lambda s: s.published, reverse=True)
    return Message(delivery.id, delivery.kind, tuple(shown)) if shown else None


def latest(connection: sa.Connection, *, limit: int, topic: str | None, conflict: str | None) -> list[Summary]:
    """The newest stories with a matching statement; only what matches is shown of them."""
    matching = sa.select(statements.c.id).where(statements.c.story == stories.c.id)
    if topic is not None:
        matching = matching.where(statements.c.topic == topic)
    if conflict is not None:
        matching = matching.where(statements.c.conflicts.contains(json.dumps(conflict), autoescape=True))
    chosen = sa.select(stories.c.id).where(matching.exists())
    rows = connection.execute(chosen.order_by(stories.c.started.desc(), stories.c.id.desc()).limit(limit))

    def asked_for(said: Said) -> bool:
        return (topic is None or said.topic == topic) and (conflict is None or conflict in said.conflicts)

    return summaries(connection, list(rows.scalars()), wanted=asked_for)


def counts(connection: sa.Connection) -> dict[str, int]:
    """Rows by noun."""
    sent = sa.select(sa.func.count()).select_from(deliveries).where(deliveries.c.status == "sent")
    numbers = {}
    for noun, table in (("articles", articles), ("statements", statements), ("stories", stories)):
        numbers[noun] = (connection.execute(sa.select(sa.func.count()).select_from(table))).scalar_one()
    numbers["messages sent"] = (connection.execute(sent)).scalar_one()
    return numbers


def summaries(connection: sa.Connection, story_ids: Sequence[int], *, wanted: Callable[[Said], bool]) -> list[Summary]:
    """Stories with the statements that are wanted, in the order asked for.

    Each statement comes once, as first reported among those wanted: the very first report may have been filed under
    another conflict than the one that the reader follows.
    """
    if not story_ids:
        return []
    these = {"these": list(story_ids)}
    heads = connection.execute(_HEADS, these)
    statements_of: dict[int, dict[tuple[str, str, Stance], Said]] = {i: {} for i in story_ids}
    for row in connection.execute(_SAID, these):
        said = _said(row)
        if wanted(said):
            statements_of[row.story].setdefault((said.speaker, said.topic, said.stance), said)
    sources: dict[int, dict[str, Source]] = {i: {} for i in story_ids}
    for row in connection.execute(_SOURCES, these):
        sources[row.story].setdefault(row.publisher, _source(row))
    found = {
        head.id: Summary(
            story=head.id,
            revision=head.revision,
            title=head.title,
            statements=tuple(statements_of[head.id].values()),
            sources=tuple(sources[head.id].values()),
            seen=head.started,
        )
        for head in heads
    }
    return [found[i] for i in story_ids if i in found]


def _belongs(revision: int, delivery: Delivery) -> bool:
    """Whether a statement that came with this revision is told by this message."""
    if delivery.kind is DeliveryKind.REPLY:
        return revision == delivery.revision
    if delivery.kind is DeliveryKind.ALERT:
        return revision <= delivery.revision
    return True


def _said(row: Any) -> Said:
    return Said(
        speaker=row.speaker,
        speaker_text=row.speaker_text,
        topic=row.topic,
        stance=Stance(row.stance),
        target=tuple(json.loads(row.target)),
        evidence=row.evidence,
        quote=row.quote,
        confidence=row.confidence,
        revision=row.revision,
        publisher=row.publisher,
        conflicts=tuple(json.loads(row.conflicts)),
    )


def _source(row: Any) -> Source:
    return Source(
        publisher=row.publisher,
        affiliation=Affiliation(row.affiliation),
        link=row.link,
        title=row.title,
        language=row.language,
        published=row.published,
    )
