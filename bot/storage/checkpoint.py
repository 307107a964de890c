"""SQLite's log is moved into the database file beside the writes, not by one of them.

Left to itself SQLite has the commit that fills a thousand pages do it: two waits for the disk, during which every other
write stands in line, a hundred milliseconds and more on a busy disk. A passive checkpoint from a thread of its own
holds up neither writers nor readers.
"""

import logging
import sqlite3
import threading
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

# Writes that come meanwhile share one checkpoint.
PAUSE = timedelta(seconds=2)
# The log starts anew only when all of it has been moved; what was written during a long move takes a short second one.
TRIES = 3


class Checkpointer:
    """A thread that sleeps until something was written, then moves the log."""

    def __init__(self, engine: sa.Engine, *, pause: timedelta = PAUSE) -> None:
        self._engine = engine
        self._pause = pause
        self._written = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="storage-checkpoint", daemon=True)
        self._thread.start()

    def written(self) -> None:
        """There is something in the log."""
        self._written.set()

    def close(self, grace: timedelta) -> None:
        """End the thread; what is left in the log is moved when the last connection is closed."""
        self._closed.set()
        self._written.set()
        self._thread.join(grace.total_seconds())

    def _serve(self) -> None:
        while self._written.wait() and not self._closed.wait(self._pause.total_seconds()):
            self._written.clear()
            try:
                self._move()
            except (SQLAlchemyError, sqlite3.Error) as error:
                # Writers meet the same fault, and tell it; the log is kept until it can be moved.
                log.debug("the database's log could not be moved: %s", error)

    def _move(self) -> None:
        connection = self._engine.raw_connection()
        try:
            for _ in range(TRIES):
                _, pages, moved = connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                if moved == pages:
                    return
        finally:
            connection.close()
