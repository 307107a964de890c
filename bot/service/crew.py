"""Crew: a bounded set of running tasks that can be waited for and sent home."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any


class Crew:
    """At most `limit` tasks at a time; a task must handle its own errors."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def free(self) -> int:
        """How many more tasks may start now."""
        return self._limit - len(self._tasks)

    @property
    def busy(self) -> bool:
        """Whether any task runs."""
        return bool(self._tasks)

    def spawn(self, work: Coroutine[Any, Any, None], *, then: Callable[[], None] | None = None) -> None:
        """Start a task; `then` is called when it has ended, whatever way."""
        task = asyncio.create_task(work)
        self._tasks.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            if then is not None:
                then()

        task.add_done_callback(ended)

    async def rest(self) -> None:
        """Wait until nothing runs any more, tasks that start meanwhile included."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def stop(self, grace: timedelta) -> None:
        """Give running tasks `grace` to end, then cancel the rest and wait for them."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=grace.total_seconds())
        for task in self._tasks:
            task.cancel()
        await self.rest()
