"""Writes to a stream that may block (a pipe whose reader sleeps, a terminal on hold) without holding the event loop."""

import asyncio
import contextlib
import io
import os
import queue
import threading
from datetime import timedelta
from typing import Final, TextIO

# The stream's own words for "nobody reads any more".
GONE: Final = (OSError, ValueError)

Job = tuple[bytes, str, asyncio.Future[None], asyncio.AbstractEventLoop]


class Writer:
    """One thread that writes texts in order. A daemon: a write that never ends does not keep the process alive."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def write(self, text: str) -> None:
        """Write a text whole and flush. Raises OSError or ValueError when the stream is closed.

        Cancelled before its turn, the text is not written.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="console", daemon=True)
            self._thread.start()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        self._jobs.put((text.encode(encoding, "replace"), encoding, done, loop))
        await done

    async def close(self, patience: timedelta) -> None:
        """Let what is queued be written, for at most `patience`."""
        if self._thread is not None and self._thread.is_alive():
            self._jobs.put(None)
            await asyncio.to_thread(self._thread.join, patience.total_seconds())

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            body, encoding, done, loop = job
            if done.cancelled():
                continue
            failure: Exception | None = None
            try:
                self._put(body, encoding)
            except GONE as error:
                failure = error
            # The loop may be closed by then: nobody waits any more.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(_settle, done, failure)

    def _put(self, body: bytes, encoding: str) -> None:
        try:
            target = self._stream.fileno()
        except (AttributeError, io.UnsupportedOperation):
            self._stream.write(body.decode(encoding))
            self._stream.flush()
            return
        # Not through the stream's buffer: a write that blocks would hold its lock, and the interpreter's exit with it.
        while body:
            body = body[os.write(target, body) :]


def _settle(done: asyncio.Future[None], failure: Exception | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)
