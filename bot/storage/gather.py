"""Small saves that come one by one, done together: one transaction for many costs little more than one for one."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

# Long enough that a busy bot's polls meet, short enough that nobody notices.
LINGER = timedelta(milliseconds=20)
AT_ONCE = 32


class Gatherer(Generic[Item, Answer]):
    """Hands items on in groups of up to `at_once`, none waiting longer than `linger`; `save` answers each, in order.

    A group that fails with an error of which `by_one` says that a single item may be its cause is saved item by item.
    """

    def __init__(
        self,
        save: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        by_one: Callable[[Exception], bool],
        linger: timedelta = LINGER,
        at_once: int = AT_ONCE,
    ) -> None:
        self._save = save
        self._by_one = by_one
        self._linger = linger
        self._at_once = at_once
        self._waiting: list[tuple[Item, asyncio.Future[Answer]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._groups: set[asyncio.Task[None]] = set()

    async def add(self, item: Item) -> Answer:
        """The answer to this item, once its group is saved. Raises what `save` raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, answer))
        if len(self._waiting) >= self._at_once:
            self._hand_on()
        elif self._timer is None:
            self._timer = loop.call_later(self._linger.total_seconds(), self._hand_on)
        return await answer

    async def close(self) -> None:
        """Hand on what waits. What is being saved is not waited for: the line that it stands in is, by its owner."""
        self._hand_on()
        await asyncio.sleep(0)  # until the last group stands in that line

    def _hand_on(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group = [(item, answer) for item, answer in self._waiting if not answer.cancelled()]
        self._waiting = []
        if group:
            task = asyncio.create_task(self._save_group(group))
            self._groups.add(task)
            task.add_done_callback(self._groups.discard)

    async def _save_group(self, group: Sequence[tuple[Item, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._save([item for item, _ in group])
        except Exception as error:
            if len(group) > 1 and self._by_one(error):
                for one in group:
                    await self._save_group([one])
                return
            for _, answer in group:
                if not answer.cancelled():
                    answer.set_exception(error)
        else:
            for (_, answer), value in zip(group, answers, strict=True):
                if not answer.cancelled():
                    answer.set_result(value)
