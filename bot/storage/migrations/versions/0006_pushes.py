"""Subscriptions of feeds at their hubs.

Why: a hub goes on pushing whatever becomes of the process, for as long as it granted, and signs with a secret that only
the first request told it (docs/design/0008). A feed has at most one subscription that counts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

LIVE = sa.text("status <> 'ending'")


def upgrade() -> None:
    """Add the table and the column."""
    op.add_column("feeds", sa.Column("pushed_until", sa.BigInteger(), nullable=True))
    op.create_table(
        "pushes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("feed", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hub", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("callback", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("next_try", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_pushes_live", "pushes", ["feed"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)
    op.create_index("ix_pushes_due", "pushes", ["next_try"], unique=False)
