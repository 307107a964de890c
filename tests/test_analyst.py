import asyncio
from datetime import timedelta
from functools import partial
from pathlib import Path
from pickle import UnpicklingError

import pytest

from bot.analyst import WorkerAnalyst
from bot.childwork import analyse_batch, warm_child
from bot.domain.statement import Analysis, Document
from bot.errors import WorkerDied, WorkerTimeout
from bot.lexicons import HeldLexicon, held_lexicon, own_files
from bot.worker import Workers


class FakeWorkers:
    """Stands in for Workers: `faults` are raised by the next calls, `poison` titles always raise theirs."""

    def __init__(self) -> None:
        self.faults: list[Exception] = []
        self.poison: dict[str, Exception] = {}
        self.calls: list[list[str]] = []

    async def call(self, func, documents, *, deadline):
        assert func is analyse_batch
        assert deadline > timedelta(0)
        self.calls.append([d.title for d in documents])
        if self.faults:
            raise self.faults.pop(0)
        for document in documents:
            if document.title in self.poison:
                raise self.poison[document.title]
        return [Analysis(reasons=(f"read {d.title}",)) for d in documents]


def documents(*titles: str) -> list[Document]:
    return [Document(t, "text", "en") for t in titles]


def reasons(analyses: list[Analysis]) -> list[str]:
    return [a.reasons[0] for a in analyses]


@pytest.fixture
def workers() -> FakeWorkers:
    return FakeWorkers()


async def test_verdicts_come_in_order_over_several_batches(workers):
    titles = [str(i) for i in range(120)]
    assert reasons(await WorkerAnalyst(workers).analyse(documents(*titles))) == [f"read {t}" for t in titles]
    assert len(workers.calls) == 3


@pytest.mark.parametrize("fault", [WorkerTimeout("took longer than 2 s"), MemoryError(), TypeError("ours")])
async def test_one_poisonous_text_costs_its_own_verdict_only(workers, fault, caplog):
    workers.poison["bad"] = fault
    found = reasons(await WorkerAnalyst(workers).analyse(documents("a", "bad", "b", "c")))
    assert [f for f in found if f.startswith("read")] == ["read a", "read b", "read c"]
    assert f"not analysed ({type(fault).__name__}" in found[1]
    assert "left unflagged" in caplog.text


async def test_a_batch_waits_once_for_each_hostile_text_in_it(workers):
    for title in ("4", "9"):
        workers.poison[title] = WorkerTimeout("took longer than 15 s")
    found = reasons(await WorkerAnalyst(workers).analyse(documents(*map(str, range(12)))))
    assert [f for f in found if f.startswith("read")] == [f"read {i}" for i in range(12) if i not in (4, 9)]
    assert sum("4" in call or "9" in call for call in workers.calls) == 3


async def test_what_hostile_texts_leave_of_the_budget_is_the_others(workers, monkeypatch):
    workers.poison["0"] = WorkerTimeout("took longer than 15 s")
    loop, real = asyncio.get_running_loop(), asyncio.get_running_loop().time
    # Each call takes forty seconds.
    monkeypatch.setattr(loop, "time", lambda: real() + 40 * len(workers.calls))
    found = reasons(await WorkerAnalyst(workers, budget=timedelta(seconds=60)).analyse(documents("0", "1", "2")))
    assert "not analysed (WorkerTimeout" in found[0]
    assert ["took too long" in f for f in found[1:]] == [True, True]
    assert workers.calls == [["0", "1", "2"], ["0"], []]


@pytest.mark.parametrize("fault", [WorkerDied("killed by the kernel"), MemoryError()])
async def test_a_child_that_dies_or_is_full_once_is_not_the_text_s_fault(workers, fault):
    workers.faults = [fault]
    assert reasons(await WorkerAnalyst(workers).analyse(documents("a"))) == ["read a"]


async def test_a_text_that_kills_two_children_is_given_up(workers):
    workers.poison["bad"] = WorkerDied("its process ended")
    assert "not analysed (WorkerDied" in reasons(await WorkerAnalyst(workers).analyse(documents("bad")))[0]


@pytest.mark.parametrize("second", [MemoryError(), RecursionError("too deep"), WorkerTimeout("took longer")])
async def test_a_text_that_fails_otherwise_the_second_time_stops_no_other(workers, second):
    workers.faults = [WorkerDied("killed by the kernel"), WorkerDied("again"), second]
    found = reasons(await WorkerAnalyst(workers).analyse(documents("bad", "a")))
    assert f"not analysed ({type(second).__name__}" in found[0]
    assert found[1] == "read a"


async def test_where_no_engine_can_be_built_no_article_is_given_up(tmp_path: Path):
    """As while the bot's files are replaced under it: its lexicon is then none to the children's code."""
    lexicon = HeldLexicon({}, {}, b"of another version")
    workers = Workers(1, initializer=partial(warm_child, lexicon))
    try:
        with pytest.raises(UnpicklingError):
            await WorkerAnalyst(workers).analyse([Document("", "France rejected the truce.", "en")])
    finally:
        await workers.close()


async def test_where_no_child_can_be_had_nothing_is_judged(workers):
    workers.faults = [WorkerDied("no child process could be started")] * 3
    with pytest.raises(WorkerDied):
        await WorkerAnalyst(workers).analyse(documents("a"))


async def test_a_flood_leaves_the_engine_to_others_when_its_budget_is_spent(workers):
    titles = [str(i) for i in range(120)]
    found = reasons(await WorkerAnalyst(workers, budget=timedelta(seconds=-1)).analyse(documents(*titles)))
    assert all("took too long" in f for f in found)
    assert workers.calls == []


async def test_a_child_reads_with_the_user_s_words_as_they_were_when_the_bot_started(tmp_path: Path):
    (tmp_path / "topics").mkdir()
    file = tmp_path / "topics" / "embargo.toml"
    file.write_text('[topic]\nid = "embargo"\nname = "Embargo"\n[[term]]\nlanguage = "en"\nwords = ["embargo"]\n')
    lexicon = held_lexicon(own_files(tmp_path))
    file.write_text("[[half a line")
    workers = Workers(1, initializer=partial(warm_child, lexicon))
    try:
        (found,) = await WorkerAnalyst(workers).analyse([Document("", "France rejected the embargo.", "en")])
    finally:
        await workers.close()
    assert found.topics == ("embargo",)
