"""What the validators of each feed save.

Why: operators ask whether polling often costs an outlet much (docs/design/0005). What a 304 saves is what the last body
took on the wire; both are written with the poll's own row.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    for name in ("body_size", "unchanged", "saved"):
        op.add_column("feeds", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
