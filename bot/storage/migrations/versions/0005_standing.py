"""What becomes of a feed in the long run.

Why: channels hear once that a feed is gone (410), fails for long or works again, also across restarts; several such
notices are one message (docs/design/0006).
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("feeds", sa.Column("failing_since", sa.BigInteger(), nullable=True))
    op.add_column("feeds", sa.Column("standing", sa.Text(), nullable=False, server_default="working"))
    op.create_table(
        "notices",
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.Column("feed", ID, nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery"], ["deliveries.id"]),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"]),
        sa.PrimaryKeyConstraint("delivery", "feed"),
    )
