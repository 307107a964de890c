"""The schema's indexes over some rows only, for migrations and the tests that compare.

They stand apart from their tables because SQLAlchemy imports the dialects of both databases to hear of such a
condition, which was a twelfth of each start.
"""

import sqlalchemy as sa

from bot.storage.tables import ANSWERING, DEAD, OPEN, deliveries, feeds, metadata, pushes

__all__ = ["metadata"]

LIVE = sa.text("status <> 'ending'")

_early = (feeds.c.active, feeds.c.last_success)
sa.Index("ix_feeds_early", *_early, sqlite_where=ANSWERING, postgresql_where=ANSWERING)
sa.Index("ix_pushes_live", pushes.c.feed, unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
_open = (deliveries.c.platform, deliveries.c.channel, deliveries.c.seq)
sa.Index("ix_deliveries_open", *_open, sqlite_where=OPEN, postgresql_where=OPEN)
sa.Index("ix_deliveries_dead", deliveries.c.seq, sqlite_where=DEAD, postgresql_where=DEAD)  # counted every few seconds
