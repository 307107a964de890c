"""Which feeds a round has not asked yet.

Why: a round over ten thousand feeds looked through those it had asked already at each of its two hundred claims.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the index."""
    working = sa.text("failures = 0")
    op.create_index(
        "ix_feeds_early", "feeds", ["active", "last_success"], sqlite_where=working, postgresql_where=working
    )
