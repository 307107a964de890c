"""EDGE: the database, through SQLAlchemy Core and Alembic."""

from bot.storage.store import SqlStorage, SqlTransaction, open_storage
from bot.storage.upgrade import upgrade

__all__ = ["SqlStorage", "SqlTransaction", "open_storage", "upgrade"]
