import asyncio
import sqlite3
import threading

import pytest

from bot.errors import StorageError
from bot.storage import lane as lanes
from bot.storage.engine import open_engine
from bot.storage.lane import Lane


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path / 'x.db'}")
    yield engine
    engine.dispose()


@pytest.fixture
async def lane():
    lane = Lane("test", threads=1)
    yield lane
    await lane.close()


class Held:
    """Work that has begun and goes on until it is let go."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()

    def __call__(self, _connection):
        self.begun.set()
        self.go_on.wait(9)


async def test_work_runs_beside_the_loop_in_order_and_answers(lane, engine):
    order = []
    answers = await asyncio.gather(*(lane.do(engine, lambda _, i=i: order.append(i) or i) for i in range(20)))
    assert answers == order == list(range(20))
    assert await lane.do(engine, lambda _: threading.current_thread().name) == "test"


async def test_a_fault_goes_to_its_caller_and_the_thread_goes_on(lane, engine):
    with pytest.raises(ZeroDivisionError):
        await lane.do(engine, lambda _: 1 / 0)
    with pytest.raises(StorageError, match="no such table"):
        await lane.do(engine, lambda connection: connection.exec_driver_sql("SELECT * FROM nowhere"))
    with pytest.raises(RuntimeError, match="StopIteration"):
        await asyncio.wait_for(lane.do(engine, lambda _: next(iter(()))), 30)
    assert await lane.do(engine, lambda _: "well") == "well"


async def test_work_whose_caller_is_cut_off_while_it_stands_in_line_is_not_begun(lane, engine):
    held, called = Held(), []
    one = asyncio.create_task(lane.do(engine, held))
    await asyncio.to_thread(held.begun.wait, 9)
    other = asyncio.create_task(lane.do(engine, called.append))
    await asyncio.sleep(0)
    other.cancel()
    held.go_on.set()
    await one
    await lane.do(engine, lambda _: None)
    assert called == []


async def test_a_closed_lane_has_done_what_stood_in_line_and_takes_nothing_more(engine):
    lane, done = Lane("test", threads=1), []
    tasks = [asyncio.create_task(lane.do(engine, lambda _, i=i: done.append(i))) for i in range(5)]
    await asyncio.sleep(0)
    await lane.close()
    assert done == list(range(5))
    await asyncio.gather(*tasks)
    with pytest.raises(StorageError, match="closed"):
        await lane.do(engine, lambda _: None)


async def test_a_database_that_hangs_does_not_hold_up_the_end(engine, monkeypatch):
    monkeypatch.setattr(lanes, "CLOSE_GRACE", lanes.CLOSE_GRACE * 0)
    lane, held = Lane("test", threads=1), Held()
    hanging = asyncio.create_task(lane.do(engine, held))
    await asyncio.to_thread(held.begun.wait, 9)
    await lane.close()
    assert not hanging.done()
    held.go_on.set()
    await hanging


async def test_what_is_answered_when_the_loop_is_gone_harms_nobody(tmp_path):
    held, path = Held(), tmp_path / "y.db"

    def another_loop():
        async def start():
            engine = open_engine(f"sqlite:///{path}")
            lane = Lane("test", threads=1)
            task = asyncio.create_task(lane.do(engine, lambda connection: (held(connection), make(connection))))
            await asyncio.to_thread(held.begun.wait, 9)
            task.cancel()
            return lane, engine

        return asyncio.run(start())

    def make(connection):
        connection.exec_driver_sql("CREATE TABLE kept (x)")

    lane, engine = await asyncio.to_thread(another_loop)
    held.go_on.set()
    await lane.close()
    engine.dispose()
    database = sqlite3.connect(path)
    assert database.execute("SELECT name FROM sqlite_master").fetchall() == [("kept",)]
    database.close()
