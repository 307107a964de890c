"""How often each feed is worth asking.

Why: a 304 repeats neither what the feed says of itself nor how often it has had news; what was learnt must outlive the
process (docs/design/0005). Fifteen minutes is what `at_most` is where feeds.toml does not say; a start sets it anew.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("feeds", sa.Column("at_most", sa.Float(), nullable=False, server_default="900"))
    op.add_column("feeds", sa.Column("last_news", sa.BigInteger(), nullable=True))
    op.add_column("feeds", sa.Column("rhythm", sa.Float(), nullable=True))
    op.add_column("feeds", sa.Column("said", sa.Text(), nullable=True))
    op.add_column("feeds", sa.Column("reason", sa.Text(), nullable=True))
