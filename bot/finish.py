"""How a verb runs to its end, and what it exits with."""

import asyncio
import logging
import sys
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from bot.errors import BotError, ConfigError

T = TypeVar("T")

FINE: Final = 0
MISTAKES: Final = 1
INTERRUPTED: Final = 130

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
        return asyncio.run(work)
    except (BotError, BrokenPipeError):
        raise
    except Exception:
        log.critical("unexpected fault", exc_info=True)
        sys.exit(MISTAKES)
