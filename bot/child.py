"""The child's half of bot/worker.py: it imports little, since each child imports it anew (asyncio takes 20 ms)."""

import contextlib
import ctypes
import gc
import logging
import os
import pickle
import resource
import signal
import struct
import sys
from pathlib import Path

HEAD = struct.Struct(">Q")
_PR_SET_PDEATHSIG = 1


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
        while head := requests.read(HEAD.size):
            reply = _answer(requests.read(*HEAD.unpack(head)), memory)
            replies.write(HEAD.pack(len(reply)) + reply)
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
