"""The real bot, told where to die: `python -m tests.crash.child WHEN CLASS.METHOD NTH`.

WHEN is before or after; the process kills itself (SIGKILL, so nothing is cleaned up) at the NTH call of that method;
"after" does not count calls that found nothing (an empty list). Everything else is `python -m bot run`, with its
settings from the environment.
"""

import asyncio
import importlib
import inspect
import os
import signal
import sys
from typing import Any

PLACES = {
    "Source": ("bot.feeds.source", "HttpFeedSource"),
    "Analyst": ("bot.analyst", "WorkerAnalyst"),
    "Storage": ("bot.storage", "SqlStorage"),
    "Transaction": ("bot.storage", "SqlTransaction"),
    "Ingest": ("bot.service.ingest", "Ingest"),
    "Discord": ("bot.chat.discord", "DiscordMessenger"),
    "Slack": ("bot.chat.slack", "SlackMessenger"),
}


def die_at(when: str, place: str, nth: int) -> None:
    """Replace the method by one that kills the process around its nth call."""
    owner, method = place.split(".")
    module, name = PLACES[owner]
    cls: Any = getattr(importlib.import_module(module), name)
    original = getattr(cls, method)
    calls = 0

    def count(result: Any) -> None:
        nonlocal calls
        calls += when == "before" or result is None or bool(result)
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    def mortal(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            count(None)
        result = original(*args, **kwargs)
        if when == "after":
            count(result)
        return result

    async def mortal_later(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            count(None)
        result = await original(*args, **kwargs)
        if when == "after":
            count(result)
        return result

    setattr(cls, method, mortal_later if inspect.iscoroutinefunction(original) else mortal)


if __name__ == "__main__":
    die_at(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    from bot.app import run
    from bot.config import load_settings

    asyncio.run(run(load_settings(os.environ)))
