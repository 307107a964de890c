"""How a verb runs to its end, and what it exits with."""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from bot.errors import BotError, ConfigError

T = TypeVar("T")

FINE: Final = 0
MISTAKES: Final = 1
INTERRUPTED: Final = 130

# Names are looked up in threads, each of which waits for as long as a name server is silent, half a minute perhaps.
# Python gives them six on two processors: so few dead domains would hold up all other feeds, and the platforms. As many
# as there are polls at once, and some; each takes 40 kB once it was needed, and compose.yaml allows a hundred in all.
LOOK_UPS: Final = 56

log = logging.getLogger(__name__)


def tell_mistakes(error: ConfigError) -> None:
    """All that is wrong, as a list on stderr."""
    count = len(error.mistakes)
    print(f"{count} mistake{'s' if count > 1 else ''} in the {error.place}:", file=sys.stderr)
    for mistake in error.mistakes:
        print(f"  {mistake}", file=sys.stderr)


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end. An unexpected fault is told by the log, which masks secrets, not by Python's own printer."""
    try:
        return asyncio.run(_with_room(work))
    except (BotError, BrokenPipeError):
        raise
    except Exception:
        log.critical("unexpected fault", exc_info=True)
        sys.exit(MISTAKES)


async def _with_room(work: Coroutine[Any, Any, T]) -> T:
    threads = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="look-up")
    asyncio.get_running_loop().set_default_executor(threads)
    return await work
