"""The statement engine in a child process: a hostile text costs its own verdict, never the loop."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.analysis.lexicon import Lexicon
from bot.domain.statement import Analysis, Document
from bot.errors import WorkerDied, WorkerError
from bot.worker import Workers

if TYPE_CHECKING:
    from bot.analysis.extract import Engine

log = logging.getLogger(__name__)

BATCH = 50
# The engine reads a long article in some 10 ms; a text that takes hundreds of times as long is hostile. But a child's
# first text without a language loads the languages' model: 0.6 s of an idle processor. On a busy one that took more
# than the two seconds which were given here, the child was killed before it had them, and so was the next.
FIRST = timedelta(seconds=15)
EACH = timedelta(seconds=0.2)
# What one poll may have of the engine; beyond it the feed is a flood, and other feeds wait.
BUDGET = timedelta(seconds=60)


# Of the child whose module this is; the bot itself never makes one.
_engine: "Engine | None" = None


def analyse_batch(documents: Sequence[Document]) -> list[Analysis]:
    """Runs in a child that warm_child() has made ready."""
    assert _engine is not None
    return [_engine.analyse(d) for d in documents]


def warm_child(lexicon: Lexicon) -> None:
    """Runs in each new child before its first job, outside any deadline.

    `lexicon` is what the bot read at its start: a later child must not read other files, and to read and check them all
    again took each child ten times as long as to be handed the whole.
    """
    # A child needs these, the bot does not.
    from bot.analysis.extract import Engine
    from bot.feeds.jobs import warm_up

    global _engine
    warm_up()
    _engine = Engine(lexicon)


class WorkerAnalyst:
    """Satisfies `Analyst`; the workers' initializer is warm_child().

    A text that the engine cannot finish is quiet, and its reasons say so.
    """

    def __init__(self, workers: Workers, *, budget: timedelta = BUDGET, first: timedelta = FIRST) -> None:
        self._workers = workers
        self._budget = budget
        self._first = first

    async def analyse(self, documents: Sequence[Document]) -> list[Analysis]:
        """One verdict a document, same order. Raises WorkerError when no child can be had: then nothing was judged."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._budget.total_seconds()
        verdicts: list[Analysis] = []
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            if loop.time() > end:
                log.error("%d articles of one poll are left unflagged: reading the others took too long", len(batch))
                verdicts += [_unread("the feed's other articles took too long")] * len(batch)
            else:
                verdicts += await self._batch(batch)
        return verdicts

    async def _batch(self, documents: Sequence[Document]) -> list[Analysis]:
        try:
            return await self._call(documents)
        except Exception as error:
            if len(documents) > 1:
                half = len(documents) // 2
                return await self._batch(documents[:half]) + await self._batch(documents[half:])
            if isinstance(error, WorkerDied):
                return [await self._again(documents[0])]
            return [_given_up(documents[0], error)]

    async def _again(self, document: Document) -> Analysis:
        """A child's death may have had nothing to do with the text (memory, a signal): it gets a second child."""
        try:
            return (await self._call([document]))[0]
        except WorkerDied as error:
            await self._call([])  # raises WorkerDied where no child can be had at all
            return _given_up(document, error)
        except WorkerError as error:
            return _given_up(document, error)

    async def _call(self, documents: Sequence[Document]) -> list[Analysis]:
        return await self._workers.call(analyse_batch, documents, deadline=self._first + EACH * len(documents))


def _given_up(document: Document, error: Exception) -> Analysis:
    why = f"{type(error).__name__}: {error}"
    log.error("an article could not be analysed and is left unflagged: %s: %r", why, document.title)
    return _unread(why)


def _unread(why: str) -> Analysis:
    return Analysis(reasons=(f"quiet: not analysed ({why})",))
