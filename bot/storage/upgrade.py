"""Bring a database to the newest schema; nothing to do costs one query, since Alembic takes long to import."""

import asyncio
from pathlib import Path

import sqlalchemy as sa

from bot.errors import StorageError
from bot.storage.engine import storage_errors, sync_engine

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, so long as nobody else uses it: two bots that start at once upgrade one after the other.
UPGRADE_LOCK = 7_268_453


async def upgrade(url: str) -> list[str]:
    """Apply what is missing, in one transaction. Returns the names of the revisions applied. Raises StorageError."""
    return await asyncio.to_thread(_upgrade, url)


def _upgrade(url: str) -> list[str]:
    scripts = {path.stem[:4]: path.stem for path in sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))}
    engine = sync_engine(url)
    try:
        with storage_errors(), engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
            current = _current(connection)
            if current is not None and current not in scripts:
                raise StorageError(f"the database is of a newer Parley (schema {current}); start that version instead")
            missing = [name for number, name in scripts.items() if current is None or number > current]
            if missing:
                _apply(connection)
            return missing
    finally:
        engine.dispose()


def _current(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _apply(connection: sa.Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
