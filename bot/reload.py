"""The settings file, read anew while the bot runs: applied as a whole, or not at all."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.config import Settings
from bot.errors import ConfigError, StorageError
from bot.service.crew import Crew
from bot.service.ports import Meter
from bot.settings.changes import LIVE, changes

log = logging.getLogger(__name__)


class Reloader:
    """Watches the file by its bytes, since file events do not cross a Docker mount and clocks differ between machines.

    `reread` reads every setting anew (it may block, and raises ConfigError); `apply` makes the running bot follow the
    feeds, subscriptions and contact it is given (raises StorageError, and has then changed nothing in the database).
    """

    def __init__(
        self,
        running: Settings,
        *,
        reread: Callable[[], Settings],
        apply: Callable[[Settings], Awaitable[None]],
        meter: Meter,
    ) -> None:
        self._running = running
        self._reread = reread
        self._apply = apply
        self._meter = meter
        # Not yet judged: it may have changed since it was read.
        self._judged: bytes | None = b""
        self._seen: bytes | None = b""
        self._stale = False
        self._lock = asyncio.Lock()
        self._crew = Crew(1)
        self._mark(stale=False)

    async def look(self) -> None:
        """Apply the file if it has changed, and was the same at the last look: an editor may still be writing it."""
        async with self._lock:
            before, self._seen = self._seen, await asyncio.to_thread(_digest, self._running.config)
            if self._seen == before != self._judged:
                await self._judge(self._seen, asked=False)

    def ask(self) -> None:
        """Apply the file now, whatever has changed in it (SIGHUP)."""
        if self._crew.free:
            self._crew.spawn(self._answer())

    async def stop(self, grace: timedelta) -> None:
        """Let what was asked for end."""
        await self._crew.stop(grace)

    async def _answer(self) -> None:
        async with self._lock:
            await self._judge(await asyncio.to_thread(_digest, self._running.config), asked=True)

    async def _judge(self, digest: bytes | None, *, asked: bool) -> None:
        name = self._running.config.name
        try:
            wanted = await asyncio.to_thread(self._reread)
            found = changes(self._running, wanted)
            if found.applied:
                await self._apply(wanted)
        except ConfigError as error:
            self._refuse(error)
        except StorageError as error:
            self._mark(stale=True)
            log.error("%s: nothing of it is applied yet, trying again: %s", name, error)
            return  # not judged: the next look tries again
        else:
            mended, warnings = self._stale, set(wanted.warnings) - set(self._running.warnings)
            self._running = replace(self._running, **{key: getattr(wanted, key) for key in LIVE})
            self._mark(stale=False)
            _tell(name, found.applied, found.restart, quiet=not (asked or mended))
            for warning in sorted(warnings):
                log.warning("%s", warning)
        self._judged = digest

    def _refuse(self, error: ConfigError) -> None:
        self._mark(stale=True)
        for mistake in error.mistakes:
            log.error("%s", mistake)
        log.error(
            "%s: nothing of it is applied, the bot goes on as before (mistakes: %d); mend it and save it again",
            self._running.config.name,
            len(error.mistakes),
        )

    def _mark(self, *, stale: bool) -> None:
        self._stale = stale
        self._meter.gauge("parley_settings_stale", stale)


def _tell(name: str, applied: Sequence[str], restart: Sequence[str], *, quiet: bool) -> None:
    for line in applied:
        log.info("%s: %s", name, line)
    for setting in restart:
        log.warning("%s has changed: it takes a restart", setting)
    if applied:
        log.info("%s is applied (changes: %d)", name, len(applied))
    elif not quiet:
        log.info("%s says what runs already", name)


def _digest(path: Path) -> bytes | None:
    """What tells one content from another; None where there is none to be read."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError:
        return None
