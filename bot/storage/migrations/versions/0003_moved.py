"""Where a feed has moved.

Why: a redirect that claims to be for good is believed after three in a row, also across restarts (docs/design/0005).
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("feeds", sa.Column("moved_to", sa.Text(), nullable=True))
    op.add_column("feeds", sa.Column("moved_times", sa.Integer(), nullable=False, server_default="0"))
