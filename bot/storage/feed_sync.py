"""Feeds as the settings want them: rows come, change and are set aside; what polling has taught stays."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import sqlalchemy as sa

from bot.domain.feed import PAUSE_ASKED, Feed, FetchState
from bot.domain.pace import PAUSED
from bot.domain.standing import Standing
from bot.storage.feeds import REVIVED
from bot.storage.tables import feeds

# What settings say of a feed, in the order of _settings(), and what else is asked for below.
_SAID: Final = ("name", "publisher", "affiliation", "language", "every", "at_most", "full_text", "active")
_LEARNT: Final = ("last_success", "moved_to", "moved_times", *REVIVED)
_KNOWN: Final = [feeds.c[name] for name in ("id", "url", *_SAID, *_LEARNT)]
_said: Final = attrgetter(*_SAID)
# Columns that begin at 0.
_COUNTS: Final = ("failures", "moved_times", "body_size", "unchanged", "saved")
_CHANGE: Final = sa.update(feeds).where(feeds.c.id == sa.bindparam("of_feed"))


def sync_feeds(connection: sa.Connection, wanted: Sequence[Feed]) -> list[str]:
    """Make the table match the settings, by url; what polling taught of a feed is kept. Returns the names retired."""
    # Held in the order of their ids (see feeds.finish_polls): below they are written in another.
    rows = connection.execute(sa.select(*_KNOWN).order_by(feeds.c.id).with_for_update())
    stored = {row.url: row for row in rows}
    settings = {f.url: _settings(f) for f in wanted}
    _follow_moves(connection, stored, settings.keys())
    new = [
        {"url": url, "items": frozenset(), "standing": Standing.WORKING, "fence": 0, **dict.fromkeys(_COUNTS, 0), **s}
        for url, s in settings.items()
        if url not in stored
    ]
    if new:
        connection.execute(sa.insert(feeds), new)
    # Rows that change in the same columns are written at once: a new default changes all of ten thousand feeds.
    updates: defaultdict[frozenset[str], list[dict[str, object]]] = defaultdict(list)
    for url, row in stored.items():
        changed = settings.get(url, {"active": False})
        if url in settings and _said(row) == tuple(changed.values()):
            continue  # at most starts, each of ten thousand
        if url in settings and not row.active and row.standing is Standing.RETIRED:
            changed = changed | REVIVED
        if any(getattr(row, key) != value for key, value in changed.items()):
            changed |= _brought_forward(row, changed)
            updates[frozenset(changed)].append({"of_feed": row.id, **changed})
    for rows_alike in updates.values():
        connection.execute(_CHANGE, rows_alike)
    return [row.name for url, row in stored.items() if row.active and url not in settings]


def _follow_moves(connection: sa.Connection, stored: dict[str, Any], wanted: Collection[str]) -> None:
    """A feed that has moved for good and whose address the operator has mended is the same feed, memory and all."""
    for url, row in [(url, row) for url, row in stored.items() if row.moved_to is not None]:
        target = FetchState(moved_to=row.moved_to, moved_times=row.moved_times).learnt_address
        if target is not None and url not in wanted and target in wanted and target not in stored:
            mended = {"url": target, "moved_to": None, "moved_times": 0}
            connection.execute(sa.update(feeds).where(feeds.c.id == row.id).values(**mended))
            stored[target] = stored.pop(url)


def _brought_forward(row: Any, changed: Mapping[str, Any]) -> dict[str, object]:
    """The next check where new settings move it: what is asked more often begins with it, what is back is asked."""
    if not changed["active"]:
        return {}
    if row.failures:
        asked_for_time = (row.error or "").endswith(PAUSE_ASKED)
        return {} if row.active or asked_for_time else {"next_check": None}
    every, slowest = changed["every"], changed["at_most"]
    if (every, slowest) == (row.every, row.at_most) or None in (row.last_success, row.next_check):
        return {}
    soonest = row.last_success + every
    return {} if row.reason == PAUSED or soonest >= row.next_check else {"next_check": soonest}


def _settings(feed: Feed) -> dict[str, object]:
    return {
        "name": feed.name,
        "publisher": feed.publisher,
        "affiliation": feed.affiliation,
        "language": feed.language,
        "every": feed.every,
        "at_most": feed.at_most,
        "full_text": feed.full_text,
        "active": True,
    }
