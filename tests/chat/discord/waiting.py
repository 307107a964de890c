"""Waiting for what the code under test does in the background."""

import asyncio
from collections.abc import Callable

PATIENCE = 10.0


async def eventually(true: Callable[[], bool]) -> None:
    """Return as soon as this is true. TimeoutError after ten seconds."""
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - it waits for states that announce themselves to nobody
            await asyncio.sleep(0.01)
