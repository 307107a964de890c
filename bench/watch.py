"""What a running process shows of itself: memory, files, CPU, and the moments at which its event loop stood still."""

import asyncio
import contextlib
import os
import resource
import sys
import threading
import time
import traceback
from collections import Counter
from pathlib import Path

BEAT = 0.01
# Longer than this the loop may never stand still (issue 4).
STALL = 0.1


class LoopWatch:
    """Beats in the running loop; a thread beside it notes where the loop is when it works too long at a stretch.

    `own` is the longest stall that the loop's thread worked through for the most part: other programs, and other
    threads that hold Python's lock, stop it as well.
    """

    def __init__(self) -> None:
        self.longest = self.own = 0.0
        self.where: Counter[str] = Counter()
        self._loop_thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._loop_thread)
        self._beat = time.monotonic()
        self._used = time.thread_time()
        self._task = asyncio.create_task(self._run())
        threading.Thread(target=self._look, daemon=True).start()

    def reset(self) -> tuple[float, float]:
        """The longest stall and the longest of the loop's own making since the last call, in seconds."""
        found, self.longest, self.own = (self.longest, self.own), 0.0, 0.0
        return found

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            now, used = time.monotonic(), time.thread_time()
            late, work = now - self._beat - BEAT, used - self._used
            self._beat, self._used = now, used
            self.longest = max(self.longest, late)
            if work > late / 2:
                self.own = max(self.own, late)

    def _look(self) -> None:
        told = 0.0
        while True:
            time.sleep(BEAT)
            beat = self._beat
            if beat != told and time.clock_gettime(self._clock) - self._used > STALL:
                told = beat
                frame = sys._current_frames().get(self._loop_thread)
                stack = traceback.extract_stack(frame)
                ours = next((f for f in reversed(stack) if "/bot/" in f.filename), stack[-1])
                self.where[f"{Path(ours.filename).name}:{ours.lineno} {stack[-1].name}"] += 1


def children(*, without: int = 0) -> list[int]:
    """Ids of this process's children, but for one."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if int(_fields(stat)[1]) == os.getpid() and int(stat.parent.name) != without:
                found.append(int(stat.parent.name))
    return found


def cpu(*, without: int = 0) -> float:
    """CPU seconds so far of this process and of its children, ended ones included; not of the child `without`."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    living = 0.0
    for child in children(without=without):
        with contextlib.suppress(OSError):
            living += cpu_of(child)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime + living


def cpu_of(pid: int) -> float:
    """CPU seconds so far of one process, without its children."""
    return sum(map(int, _fields(Path(f"/proc/{pid}/stat"))[11:13])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """What a process holds in memory (RSS), in megabytes; 0 when it is gone."""
    with contextlib.suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0


def open_files() -> int:
    """How many files and connections this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _fields(stat: Path) -> list[str]:
    """What follows the command's name: state, parent, …"""
    return stat.read_text().rsplit(")", 1)[1].split()
