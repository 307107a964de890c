"""The statement engine in a child process: a hostile text costs its own verdict, never the loop."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from bot.domain.statement import Analysis, Document
from bot.worker import WorkerError, Workers

log = logging.getLogger(__name__)

BATCH = 50
# A hundred times what a batch of long articles takes.
DEADLINE = timedelta(seconds=20)


def analyse_batch(documents: Sequence[Document]) -> list[Analysis]:
    """Runs in the child: the engine is loaded there once, at the first call."""
    from bot.lexicons import default_engine  # a child imports it when first asked, the parent never

    engine = default_engine()
    return [engine.analyse(d) for d in documents]


class WorkerAnalyst:
    """Satisfies `Analyst`. A text that the engine cannot finish is quiet, and its reasons say so."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def analyse(self, documents: Sequence[Document]) -> list[Analysis]:
        """One verdict a document, same order."""
        verdicts: list[Analysis] = []
        for start in range(0, len(documents), BATCH):
            verdicts += await self._batch(documents[start : start + BATCH])
        return verdicts

    async def _batch(self, documents: Sequence[Document]) -> list[Analysis]:
        try:
            return await self._workers.call(analyse_batch, documents, deadline=DEADLINE)
        except WorkerError as error:
            if len(documents) == 1:
                log.error("an article could not be analysed and is left unflagged: %s: %r", error, documents[0].title)
                return [Analysis(reasons=(f"quiet: not analysed ({error})",))]
            half = len(documents) // 2
            return await self._batch(documents[:half]) + await self._batch(documents[half:])


def warm_child() -> None:
    """Runs in each new child before its first job, outside any deadline."""
    from bot.feeds.jobs import warm_up
    from bot.lexicons import default_engine

    warm_up()
    default_engine()
