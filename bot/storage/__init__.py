"""EDGE: the database, through SQLAlchemy Core and Alembic."""

from bot.storage.store import SqlStorage, SqlTransaction, open_storage
from bot.storage.upgrade import examine, require, upgrade

__all__ = ["SqlStorage", "SqlTransaction", "examine", "open_storage", "require", "upgrade"]
