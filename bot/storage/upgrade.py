"""Bring a database to the newest schema; nothing to do costs one query, since Alembic takes long to import."""

import asyncio
import os
from pathlib import Path

import sqlalchemy as sa

from bot.errors import StorageError
from bot.storage.engine import open_engine, owner_wanted, parse_url, storage_errors

MIGRATIONS = Path(__file__).parent / "migrations"
# Any number will do, so long as nobody else uses it: two bots that start at once upgrade one after the other.
UPGRADE_LOCK = 7_268_453


async def upgrade(url: str) -> list[str]:
    """Apply what is missing, in one transaction. Returns the names of the revisions applied. Raises StorageError."""
    return await asyncio.to_thread(_upgrade, url)


async def examine(url: str) -> str:
    """Whether the bot could work with this database, which is left as it is: where it is and its schema, in words.

    Raises StorageError.
    """
    return await asyncio.to_thread(_examine, url)


async def require(url: str) -> None:
    """Raises StorageError unless the database is there and of this very schema: for those who only read."""
    await asyncio.to_thread(_require, url)


def _require(url: str) -> None:
    if (file := _absent(url)) is not None:
        raise StorageError(f"{file} is not there yet: the first start makes it")
    engine = open_engine(url)
    try:
        with storage_errors(), engine.begin() as connection:
            current = _known(_current(connection), scripts := _scripts())
    finally:
        engine.dispose()
    if current != max(scripts):
        found = f"of an older Parley (schema {current})" if current else "empty"
        raise StorageError(f"the database is {found}: `db upgrade` brings it up to date")


def _absent(url: str) -> Path | None:
    """The file of a SQLite database that is not there."""
    parsed = parse_url(url)
    file = Path(parsed.database or "")
    return file if parsed.drivername == "sqlite" and not file.exists() else None


def _examine(url: str) -> str:
    parsed = parse_url(url)
    if (file := _absent(url)) is not None:
        folder = next(p for p in file.absolute().parents if p.exists())
        if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
            raise StorageError(f"{file} cannot be made in {folder}; {owner_wanted('the folder')}")
        return f"{file} will be made at the first start"
    engine = open_engine(url)
    try:
        with storage_errors(), engine.begin() as connection:
            current = _known(_current(connection), _scripts())
    finally:
        engine.dispose()
    place = parsed.database if parsed.drivername == "sqlite" else parsed.render_as_string(hide_password=True)
    return f"{place}, schema {current}" if current else f"{place}, empty"


def _scripts() -> dict[str, str]:
    return {path.stem[:4]: path.stem for path in sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))}


def _known(current: str | None, scripts: dict[str, str]) -> str | None:
    if current is not None and current not in scripts:
        raise StorageError(f"the database is of a newer Parley (schema {current}); start that version instead")
    return current


def _upgrade(url: str) -> list[str]:
    scripts = _scripts()
    engine = open_engine(url)
    try:
        with storage_errors(), engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(UPGRADE_LOCK)))
            current = _known(_current(connection), scripts)
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
