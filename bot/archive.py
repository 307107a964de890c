"""The database beside a bot that may run: what `feed list` and `feed revive` ask of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.secret import Secret
from bot.service.storage import FeedHealth
from bot.storage import SqlStorage, open_storage, require


async def feeds(database_url: Secret) -> list[FeedHealth]:
    """Every active feed with its state, read beside a bot that may run. Raises StorageError."""
    async with _archive(database_url) as storage:
        return await storage.health()


async def revive(database_url: Secret, name: str) -> int:
    """Have retired feeds of this name asked again, beside a bot that may run. Returns how many. Raises StorageError."""
    async with _archive(database_url) as storage:
        return await storage.revive(name)


@asynccontextmanager
async def _archive(database_url: Secret) -> AsyncIterator[SqlStorage]:
    url = database_url.reveal()
    await require(url)
    storage = await open_storage(url)
    try:
        yield storage
    finally:
        await storage.close()
