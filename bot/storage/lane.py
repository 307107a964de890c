"""Threads that work for the event loop: a unit of work on the database costs one hop there and one back."""

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa

from bot.errors import StorageError
from bot.storage.engine import storage_errors

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

# A database may hang (another program holds its lock for long); what it then does is of no use to a bot that stops.
CLOSE_GRACE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Job:
    work: Work[Any]
    engine: sa.Engine
    done: "asyncio.Future[Any]"
    loop: asyncio.AbstractEventLoop


class Lane:
    """`threads` threads that take jobs from one line, in order. Each job is one transaction, kept as a whole or not.

    A caller that is cancelled takes its job out of the line. Once begun, a job is carried through without its caller.
    """

    def __init__(self, name: str, *, threads: int) -> None:
        self._line: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        # Daemons: none keeps a process alive, nor up when a database hangs.
        self._threads = [threading.Thread(target=self._serve, name=name, daemon=True) for _ in range(threads)]
        self._closed = False
        for thread in self._threads:
            thread.start()

    async def do(self, engine: sa.Engine, work: Work[T]) -> T:
        """What `work` returns, its transaction committed. Raises what it raises, StorageError for the database's part.

        `work` runs in a thread: it has the connection, and nothing of the event loop's.
        """
        if self._closed:
            raise StorageError("the database is closed already")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._line.put(_Job(work, engine, done, loop))
        return await done

    async def close(self) -> None:
        """Do what stands in line, then end the threads; give up on those that hang."""
        self._closed = True
        for _ in self._threads:
            self._line.put(None)
        await asyncio.to_thread(self._join)

    def _join(self) -> None:
        end = time.monotonic() + CLOSE_GRACE.total_seconds()
        for thread in self._threads:
            thread.join(max(end - time.monotonic(), 0))

    def _serve(self) -> None:
        while (job := self._line.get()) is not None:
            if not job.done.cancelled():
                _carry_out(job)


def _carry_out(job: _Job) -> None:
    try:
        with storage_errors(), job.engine.begin() as connection:
            result = job.work(connection)
    except StopIteration as error:  # a future refuses it, and its caller would wait for ever
        fault = RuntimeError("the work raised StopIteration")
        fault.__cause__ = error
        _answer(job, job.done.set_exception, fault)
    except BaseException as error:  # whatever it is, it is the caller's; the thread goes on
        _answer(job, job.done.set_exception, error)
    else:
        _answer(job, job.done.set_result, result)


def _answer(job: _Job, settle: Callable[[Any], None], outcome: object) -> None:
    def tell() -> None:
        if not job.done.cancelled():
            settle(outcome)

    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
        job.loop.call_soon_threadsafe(tell)
