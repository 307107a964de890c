"""What the bot's children do besides the feeds' jobs: the statement engine, built when the first article comes."""

import gc
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.domain.statement import Analysis, Document

if TYPE_CHECKING:
    from bot.analysis.extract import Engine
    from bot.lexicons import HeldLexicon

# Of the child whose module this is; the bot itself never has one.
_lexicon: "HeldLexicon | None" = None
_engine: "Engine | None" = None


def warm_child(lexicon: "HeldLexicon") -> None:
    """Runs in each new child before its first job, outside any deadline.

    `lexicon` is what the bot read at its start: a later child must not read other files, and to read and check them all
    again took each child ten times as long as to be handed the whole.
    """
    from bot.feeds.jobs import warm_up  # a child needs it, the bot does not

    global _lexicon
    warm_up()
    _lexicon = lexicon


def analyse_batch(documents: Sequence[Document]) -> list[Analysis]:
    """Runs in a child that warm_child() has made ready."""
    engine = _ready_engine()
    return [engine.analyse(d) for d in documents]


def _ready_engine() -> "Engine":
    """The engine. Most feeds that change bring nothing to analyse, so a round may do without: it is 0.1 s."""
    global _engine
    if _engine is None:
        from bot.analysis.extract import Engine

        assert _lexicon is not None
        gc.disable()  # as while a child starts
        _engine = Engine(_lexicon.opened())
        gc.freeze()
        gc.enable()
    return _engine
