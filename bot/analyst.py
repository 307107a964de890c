"""The statement engine in a child process: a hostile text costs its own verdict, never the loop."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from bot.childwork import analyse_batch
from bot.domain.statement import Analysis, Document
from bot.errors import WorkerDied
from bot.worker import Workers

log = logging.getLogger(__name__)

BATCH = 50
# The engine reads a long article in some 10 ms; a text that takes hundreds of times as long is hostile. But a child's
# first text without a language loads the languages' model: 0.6 s of an idle processor. On a busy one that took more
# than the two seconds which were given here, the child was killed before it had them, and so was the next.
FIRST = timedelta(seconds=15)
EACH = timedelta(seconds=0.2)
# What one poll may have of the engine; beyond it the feed is a flood, and other feeds wait. A batch that fails at its
# end (25 s) and one text that kills two children after it (30 s) still end before the poll does (ingest.DEADLINE).
BUDGET = timedelta(seconds=60)


class WorkerAnalyst:
    """Satisfies `Analyst`; the workers' initializer is childwork.warm_child().

    A text that the engine cannot finish is quiet, and its reasons say so.
    """

    def __init__(self, workers: Workers, *, budget: timedelta = BUDGET, first: timedelta = FIRST) -> None:
        self._workers = workers
        self._budget = budget
        self._first = first

    async def analyse(self, documents: Sequence[Document]) -> list[Analysis]:
        """One verdict a document, same order.

        Raises WorkerError when no child can be had, and whatever building the engine raises: then nothing was judged.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + self._budget.total_seconds()
        verdicts: list[Analysis] = []
        for start in range(0, len(documents), BATCH):
            batch = documents[start : start + BATCH]
            if loop.time() > end:
                log.error("%d articles of one poll are left unflagged: reading the others took too long", len(batch))
                verdicts += [_unread("the feed's other articles took too long")] * len(batch)
            else:
                verdicts += await self._batch(batch, end)
        return verdicts

    async def _batch(self, documents: Sequence[Document], end: float) -> list[Analysis]:
        """A batch that fails is read one by one: halving it would wait for each bad text again at every step."""
        try:
            return await self._call(documents)
        except Exception as error:
            if len(documents) > 1:
                return [await self._alone(d, end) for d in documents]
            return [await self._failed(documents[0], error)]

    async def _alone(self, document: Document, end: float) -> Analysis:
        if asyncio.get_running_loop().time() > end:
            return _given_up(document, TimeoutError("the feed's other articles took too long"))
        try:
            return (await self._call([document]))[0]
        except Exception as error:
            return await self._failed(document, error)

    async def _failed(self, document: Document, error: Exception) -> Analysis:
        """A child's end may have had nothing to do with the text (memory, a signal): that gets a second child."""
        if isinstance(error, WorkerDied | MemoryError):
            try:
                return (await self._call([document]))[0]
            except Exception as second:
                error = second
        await self._call([])  # raises where no child can be had, or no engine built: then it is no text's fault
        return _given_up(document, error)

    async def _call(self, documents: Sequence[Document]) -> list[Analysis]:
        return await self._workers.call(analyse_batch, documents, deadline=self._first + EACH * len(documents))


def _given_up(document: Document, error: Exception) -> Analysis:
    why = f"{type(error).__name__}: {error}"
    log.error("an article could not be analysed and is left unflagged: %s: %r", why, document.title)
    return _unread(why)


def _unread(why: str) -> Analysis:
    return Analysis(reasons=(f"quiet: not analysed ({why})",))
