"""Killable child processes: hostile input costs one job, never the event loop.

Parent and child speak length-prefixed pickles over two pipes. Why not a library: docs/design/0005-fetch-and-parse.md.
"""

import asyncio
import contextlib
import ctypes
import gc
import json
import logging
import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, TypeVarTuple

from bot.errors import WorkerDied, WorkerError, WorkerTimeout

__all__ = ["WorkerDied", "WorkerError", "WorkerTimeout", "Workers"]

T = TypeVar("T")
Args = TypeVarTuple("Args")

# A first start compiles bytecode and loads libraries; on a busy small machine that takes seconds.
START = timedelta(seconds=60)
GIB = 1 << 30
_HEAD = struct.Struct(">Q")
_BOOT = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from bot.worker import serve; serve()"
_PR_SET_PDEATHSIG = 1


class Workers:
    """A pool of at most `processes` children, each doing one job at a time and started when first needed.

    `initializer` runs in each new child before its first job (imports, tables), outside any deadline.
    `memory` caps a child's address space in bytes: a job beyond it fails with MemoryError, and its child is replaced.
    """

    def __init__(
        self, processes: int = 1, *, initializer: Callable[[], object] | None = None, memory: int = GIB
    ) -> None:
        self._processes = processes
        # Pickled once: it may bring megabytes along. But not before a child is needed, which may be never.
        self._initializer: Callable[[], object] | bytes = initializer or _ready
        self._memory = memory
        self._free = asyncio.Semaphore(processes)
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []
        self._closed = False

    async def call(self, func: Callable[[*Args], T], *args: *Args, deadline: timedelta) -> T:
        """`func(*args)` in a child; both are pickled, so `func` is a module's function (or a partial of one).

        `deadline` counts from when a child takes the job, not while the job queues. Raises WorkerTimeout, WorkerDied,
        and whatever `func` raises. Cancelling the call kills the child, too.
        """
        async with self._free:
            child = await self._take()
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
                self._idle.append(child)
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
            self._idle.append(await self._start())

    async def _take(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()  # the last used first: its caches are warm
            if child.alive:
                return child
            await self._discard(child)  # it died idle, at the hands of an operator or of the kernel
        return await self._start()

    async def _start(self) -> "_Child":
        if self._closed:
            raise WorkerDied("the bot is shutting down")
        child = await _Child.start(self._memory)
        self._children.add(child)
        try:
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
        await child.kill()
        self._children.discard(child)


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
            self._requests.write(_HEAD.pack(len(request)))
            self._requests.write(request)  # apart, since joining would copy megabytes
            await self._requests.drain()
            (size,) = _HEAD.unpack(await self._replies.readexactly(_HEAD.size))
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


# --- in the child ----------------------------------------------------------------------------------


def _ready() -> None:
    """The first job of a child without an initializer."""


def serve() -> None:
    """The child's whole life: read a job, do it, answer, until the parent closes the pipe or dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # a service manager signals the whole group; the parent ends us
    parent, memory = int(sys.argv[2]), int(sys.argv[3])
    _die_with(parent)
    with contextlib.suppress(ValueError, OSError):  # macOS knows the limit but does not take it
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.getLogger().addHandler(logging.NullHandler())  # libraries quote their input; no log line of theirs gets out
    gc.disable()  # for the initializer: what it builds stays, and no collection need look through it, then or later
    with os.fdopen(os.dup(0), "rb") as requests, os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(2, 1)  # a library that prints must not break the conversation
        while head := requests.read(_HEAD.size):
            reply = _answer(requests.read(*_HEAD.unpack(head)), memory)
            replies.write(_HEAD.pack(len(reply)) + reply)
            replies.flush()
            if not gc.isenabled():
                gc.freeze()
                gc.enable()


def _answer(request: bytes, memory: int) -> bytes:
    """The pickled (ok, result or exception, whether this child has grown too big to keep)."""
    try:
        func, args = pickle.loads(request)  # noqa: S301  # from our own parent
        ok, value = True, func(*args)
    except Exception as error:
        ok, value = False, error
    spent = isinstance(value, MemoryError) or _has_held(memory // 2)
    try:
        reply = pickle.dumps((ok, value, spent), pickle.HIGHEST_PROTOCOL)
        if not ok:
            pickle.loads(reply)  # noqa: S301  # some exceptions only fail to come back
    except Exception as error:
        what = value if not ok else error
        reply = pickle.dumps((False, RuntimeError(f"{type(what).__name__}: {what}"), True))
    return reply


def _has_held(size: int) -> bool:
    """Whether this process has ever held more than `size` bytes of memory."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    status = Path("/proc/self/status")
    if held > size and status.exists():
        # Linux: ru_maxrss starts at what the parent held when it made this process. Dearer to ask, so asked second.
        told = status.read_text(encoding="ascii", errors="replace").partition("VmHWM:")[2]
        held = int(told.split(maxsplit=1)[0]) * 1024
    return held > size


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, also by kill -9 and in the middle of a job.

    Where there is no prctl (not Linux), the child ends when its job is done and its pipe closed.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)
