"""Killable child processes: hostile input costs one job, never the event loop.

Parent and child speak length-prefixed pickles over two pipes. Why not a library: docs/design/0005-fetch-and-parse.md.
"""

import asyncio
import contextlib
import json
import math
import os
import pickle
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar, TypeVarTuple

from bot.child import HEAD
from bot.errors import WorkerDied, WorkerError, WorkerTimeout

__all__ = ["WorkerDied", "WorkerError", "WorkerTimeout", "Workers"]

T = TypeVar("T")
Args = TypeVarTuple("Args")

# Some four times what the start of a child costs, the wait for the first one included: a burst that one child works
# off in this time is not worth a second. It is also what a job may wait behind one hostile feed, once: children stay.
PATIENCE = timedelta(seconds=0.5)
# A first start compiles bytecode and loads libraries; on a busy small machine that takes seconds.
START = timedelta(seconds=60)
GIB = 1 << 30
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from bot.child import serve; serve()"


class Workers:
    """A pool of at most `processes` children, each doing one job at a time and started when needed.

    The first job starts a child; another is started for a job that has waited for `patience`.

    `initializer` runs in each new child before its first job (imports, tables), outside any deadline.
    `memory` caps a child's address space in bytes: a job beyond it fails with MemoryError, and its child is replaced.
    """

    def __init__(
        self,
        processes: int = 1,
        *,
        initializer: Callable[[], object] | None = None,
        memory: int = GIB,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._processes = processes
        # Pickled once: it may bring megabytes along. But not before a child is needed, which may be never.
        self._initializer: Callable[[], object] | bytes = initializer or _ready
        self._memory = memory
        self._free = asyncio.Semaphore(processes)
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []
        self._starting = 0
        self._changed = asyncio.Event()  # a child has become free, or is no more
        self._patience = patience.total_seconds()
        self._closed = False

    async def call(self, func: Callable[[*Args], T], *args: *Args, deadline: timedelta) -> T:
        """`func(*args)` in a child; both are pickled, so `func` is a module's function (or a partial of one).

        `deadline` counts from when a child takes the job, not while the job queues. Raises WorkerTimeout, WorkerDied,
        and whatever `func` raises. Cancelling the call kills the child, too.
        """
        until = asyncio.get_running_loop().time() + self._patience
        async with self._free:
            child = await self._take(until)
            try:
                async with asyncio.timeout(deadline.total_seconds()):
                    ok, value = await child.run(func, args)
            except TimeoutError:
                await self._discard(child)
                raise WorkerTimeout(f"took longer than {deadline.total_seconds():.3g} s") from None
            except BaseException:
                await self._discard(child)
                raise
            if child.spent:
                await self._discard(child)
            else:
                self._give(child)
        if not ok:
            raise value
        return value  # type: ignore[no-any-return]  # what the child's func returned

    async def warm(self) -> None:
        """Start every child now, so that the first jobs need not wait for it."""
        await asyncio.gather(*(self._warm_one() for _ in range(self._processes - len(self._children))))

    async def close(self) -> None:
        """Kill every child; calls in flight, queued or later raise WorkerDied."""
        self._closed = True
        await asyncio.gather(*(self._discard(child) for child in list(self._children)))

    async def _warm_one(self) -> None:
        async with self._free:
            self._give(await self._start())

    async def _take(self, until: float) -> "_Child":
        """A child that is free; a new one where there is none at all, or this loop time has come.

        Raises WorkerDied when there is none and none can be started.
        """
        loop = asyncio.get_running_loop()
        while True:
            while self._idle:
                child = self._idle.pop()  # the last used first: its caches are warm
                if child.alive:
                    return child
                await self._discard(child)  # it died idle, at the hands of an operator or of the kernel
            if loop.time() >= until or not (self._children or self._starting):
                try:
                    return await self._start()
                except WorkerDied:
                    if not self._children:
                        raise
                    until = math.inf  # no memory or no process left for one more: those that are there serve in turn
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    await self._changed.wait()

    def _give(self, child: "_Child") -> None:
        self._idle.append(child)
        self._changed.set()

    async def _start(self) -> "_Child":
        if self._closed:
            raise WorkerDied("the bot is shutting down")
        self._starting += 1
        try:
            return await self._started()
        finally:
            self._starting -= 1
            self._changed.set()

    async def _started(self) -> "_Child":
        child = await _Child.start(self._memory)
        self._children.add(child)
        try:
            if self._closed:  # meanwhile, when it could not be seen yet
                raise WorkerDied("the bot is shutting down")
            async with asyncio.timeout(START.total_seconds()):
                ok, value = await child.do(self._first_request())
            if not ok:
                raise value
        except TimeoutError:
            await self._discard(child)
            raise WorkerDied(f"a child process was not ready within {START.total_seconds():g} s") from None
        except BaseException:
            await self._discard(child)
            raise
        return child

    def _first_request(self) -> bytes:
        if not isinstance(self._initializer, bytes):
            self._initializer = _request(self._initializer, ())
        return self._initializer

    async def _discard(self, child: "_Child") -> None:
        try:
            await child.kill()
        finally:  # also where the wait for its end is cancelled, or others would wait for it
            self._children.discard(child)
            self._changed.set()


def _request(func: Callable[..., object], args: tuple[object, ...]) -> bytes:
    return pickle.dumps((func, args), pickle.HIGHEST_PROTOCOL)


class _Child:
    """The parent's end of one child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process, self._requests, self._replies = process, process.stdin, process.stdout
        self.spent = False

    @classmethod
    async def start(cls, memory: int) -> "_Child":
        # No token reaches a process that reads hostile bytes. One thread each: a pool of them is our parallelism.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PARLEY_")}
        environment |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "ignore", "-c", _BOOT, json.dumps(sys.path), str(os.getpid()), str(memory)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=environment,
                start_new_session=True,  # Ctrl-C in the terminal is the parent's business
            )
        except OSError as error:
            raise WorkerDied(f"no child process could be started: {error.strerror}") from error
        return cls(process)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._replies.at_eof()

    async def run(self, func: Callable[..., object], args: tuple[object, ...]) -> tuple[bool, Any]:
        """(True, result) or (False, the function's exception). Raises WorkerDied."""
        return await self.do(_request(func, args))

    async def do(self, request: bytes) -> tuple[bool, Any]:
        """As run(), of what _request() has made."""
        try:
            self._requests.write(HEAD.pack(len(request)))
            self._requests.write(request)  # apart, since joining would copy megabytes
            await self._requests.drain()
            (size,) = HEAD.unpack(await self._replies.readexactly(HEAD.size))
            reply = await self._replies.readexactly(size)
        except (OSError, EOFError) as error:
            raise WorkerDied("its process ended before it answered") from error
        ok, value, self.spent = pickle.loads(reply)  # noqa: S301  # from our own child
        return ok, value

    async def kill(self) -> None:
        """End the process and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._requests.close()
        await self._process.wait()


def _ready() -> None:
    """The first job of a child without an initializer."""
