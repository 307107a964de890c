import asyncio
import errno
import logging
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.errors import ParseError, WorkerDied, WorkerTimeout
from bot.worker import Workers

SOON = timedelta(seconds=0.3)
LONG = timedelta(seconds=60)
NEVER = timedelta(days=1)  # who waits this long was not woken
ROOT = Path(__file__).resolve().parents[1]

loaded: list[str] = []


# Jobs: module functions, since the child finds them by name.


def double(n: int) -> int:
    return 2 * n


def length(data: bytes) -> int:
    return len(data)


def blob(size: int) -> bytes:
    return b"x" * size


def pid() -> int:
    return os.getpid()


def loop_forever() -> None:
    while True:
        pass


def sleep_then_pid(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    sys.exit(3)


def refuse(message: str, *, gone: bool) -> None:
    raise ParseError(message, gone=gone)


class FussyError(Exception):
    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)


def fussy() -> None:
    raise FussyError("a", "b")


def unpicklable() -> object:
    return lambda: None


def hog(size: int) -> int:
    return len(bytearray(size))


def chatter() -> str:
    print("spilt on stdout")
    os.write(1, b"spilt on descriptor 1\n")
    logging.getLogger("library").error("quotes its input")
    return "fine"


def environment(name: str) -> str | None:
    return os.environ.get(name)


def survive_signals() -> str:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    return "still here"


def load() -> None:
    loaded.append("once")


def what_is_loaded() -> list[str]:
    return loaded


def start_slowly() -> None:
    time.sleep(0.6)


def broken_initializer() -> None:
    raise RuntimeError("no tables")


@asynccontextmanager
async def pool(processes: int = 1, **options: object) -> AsyncIterator[Workers]:
    workers = Workers(processes, **options)  # type: ignore[arg-type]
    try:
        yield workers
    finally:
        await workers.close()


async def test_a_result_comes_back_from_another_process() -> None:
    async with pool() as workers:
        assert await workers.call(double, 21, deadline=LONG) == 42
        assert await workers.call(pid, deadline=LONG) != os.getpid()


async def test_one_child_serves_many_jobs() -> None:
    async with pool() as workers:
        assert len({await workers.call(pid, deadline=LONG) for _ in range(5)}) == 1


async def test_a_big_parent_makes_no_child_look_too_big_to_keep() -> None:
    ballast = b"x" * 200_000_000
    async with pool(memory=380_000_000) as workers:
        assert len({await workers.call(pid, deadline=LONG) for _ in range(3)}) == 1
    assert ballast


async def test_big_arguments_and_results_pass() -> None:
    async with pool() as workers:
        assert await workers.call(length, b"x" * 20_000_000, deadline=LONG) == 20_000_000
        assert len(await workers.call(blob, 20_000_000, deadline=LONG)) == 20_000_000


@pytest.mark.parametrize("job", [loop_forever, partial(time.sleep, 3600)])
async def test_a_job_past_its_deadline_is_killed_and_its_child_replaced(job: partial[None]) -> None:
    async with pool() as workers:
        before = await workers.call(pid, deadline=LONG)
        with pytest.raises(WorkerTimeout, match=r"took longer than 0\.3 s"):
            await workers.call(job, deadline=SOON)
        with pytest.raises(ProcessLookupError):
            os.kill(before, 0)
        assert await workers.call(double, 1, deadline=LONG) == 2


async def test_waiting_in_the_queue_does_not_count_against_the_deadline() -> None:
    deadline = timedelta(seconds=2)
    async with pool() as workers:
        await workers.warm()
        jobs = [workers.call(sleep_then_pid, 0.8, deadline=deadline) for _ in range(4)]  # 3.2 s in all
        assert len(set(await asyncio.gather(*jobs))) == 1


async def test_starting_a_child_does_not_count_against_the_deadline() -> None:
    async with pool(initializer=start_slowly) as workers:
        assert await workers.call(double, 1, deadline=timedelta(seconds=0.5)) == 2


@pytest.mark.parametrize("job", [crash, leave])
async def test_a_child_that_ends_by_itself_is_reported_and_replaced(job: partial[None]) -> None:
    async with pool() as workers:
        with pytest.raises(WorkerDied):
            await workers.call(job, deadline=LONG)
        assert await workers.call(double, 1, deadline=LONG) == 2


async def test_a_child_killed_while_idle_costs_no_job() -> None:
    async with pool() as workers:
        child = await workers.call(pid, deadline=LONG)
        os.kill(child, signal.SIGKILL)
        while True:
            try:
                os.kill(child, 0)
            except ProcessLookupError:
                break
            await asyncio.sleep(0.01)
        for _ in range(9):  # its pipe has ended; the loop has to hear of it, too
            await asyncio.sleep(0)
        assert await workers.call(pid, deadline=LONG) != child


async def test_exceptions_travel_back_with_what_they_carry() -> None:
    async with pool() as workers:
        child = await workers.call(pid, deadline=LONG)
        with pytest.raises(ParseError, match="not a feed") as caught:
            await workers.call(partial(refuse, "not a feed", gone=True), deadline=LONG)
        assert caught.value.gone
        assert await workers.call(pid, deadline=LONG) == child


async def test_what_cannot_be_pickled_comes_back_as_an_error_with_its_name() -> None:
    async with pool() as workers:
        with pytest.raises(RuntimeError, match="FussyError: ab"):
            await workers.call(fussy, deadline=LONG)
        with pytest.raises(RuntimeError, match="pickle"):
            await workers.call(unpicklable, deadline=LONG)
        assert await workers.call(double, 1, deadline=LONG) == 2


async def test_memory_is_capped() -> None:
    async with pool() as workers:
        child = await workers.call(pid, deadline=LONG)
        with pytest.raises(MemoryError):
            await workers.call(hog, 4 << 30, deadline=LONG)
        assert await workers.call(pid, deadline=LONG) != child


async def test_a_child_that_has_grown_is_replaced_after_its_answer() -> None:
    async with pool() as workers:
        child = await workers.call(pid, deadline=LONG)
        assert await workers.call(hog, 600 << 20, deadline=LONG) == 600 << 20
        assert await workers.call(pid, deadline=LONG) != child


async def test_output_of_a_job_neither_breaks_the_pipe_nor_reaches_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    async with pool() as workers:
        assert await workers.call(chatter, deadline=LONG) == "fine"
        assert await workers.call(double, 1, deadline=LONG) == 2
    assert "quotes its input" not in capfd.readouterr().err


async def test_no_secret_reaches_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_DISCORD_TOKEN", "not-a-real-token")
    monkeypatch.setenv("SOME_LOCALE", "uk")
    async with pool() as workers:
        assert await workers.call(environment, "PARLEY_DISCORD_TOKEN", deadline=LONG) is None
        assert await workers.call(environment, "SOME_LOCALE", deadline=LONG) == "uk"


async def test_signals_meant_for_the_bot_leave_its_children_alone() -> None:
    async with pool() as workers:
        assert await workers.call(survive_signals, deadline=LONG) == "still here"
        assert os.getsid(await workers.call(pid, deadline=LONG)) != os.getsid(0)


async def test_cancelling_a_call_kills_its_child() -> None:
    async with pool() as workers:
        child = await workers.call(pid, deadline=LONG)
        call = asyncio.create_task(workers.call(loop_forever, deadline=LONG))
        await asyncio.sleep(0.1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
        assert await workers.call(double, 1, deadline=LONG) == 2


async def test_the_initializer_runs_once_in_each_child() -> None:
    async with pool(initializer=load) as workers:
        assert await workers.call(what_is_loaded, deadline=LONG) == ["once"]
        assert await workers.call(what_is_loaded, deadline=LONG) == ["once"]
    assert loaded == []


async def test_a_failing_initializer_is_reported_by_warm_and_call() -> None:
    async with pool(initializer=broken_initializer) as workers:
        with pytest.raises(RuntimeError, match="no tables"):
            await workers.warm()
        with pytest.raises(RuntimeError, match="no tables"):
            await workers.call(double, 1, deadline=LONG)


async def test_children_work_side_by_side_and_warm_starts_them_all() -> None:
    async with pool(2) as workers:
        await workers.warm()
        pids = await asyncio.gather(*(workers.call(sleep_then_pid, 0.2, deadline=LONG) for _ in range(4)))
        assert len(set(pids)) == 2


async def test_a_burst_that_one_child_works_off_in_time_is_spared_the_start_of_another() -> None:
    async with pool(2, patience=NEVER) as workers, asyncio.timeout(20):
        pids = await asyncio.gather(*(workers.call(pid, deadline=LONG) for _ in range(20)))
        assert len(set(pids)) == 1


async def test_a_job_that_has_waited_long_enough_gets_a_child_of_its_own() -> None:
    async with pool(2, patience=SOON) as workers:
        stuck = asyncio.create_task(workers.call(loop_forever, deadline=LONG))
        assert await workers.call(double, 21, deadline=LONG) == 42
        assert not stuck.done()


async def test_who_waits_for_a_child_that_is_killed_gets_the_next_one() -> None:
    async with pool(2, patience=NEVER) as workers, asyncio.timeout(20):
        first = await workers.call(pid, deadline=LONG)
        stuck = asyncio.create_task(workers.call(loop_forever, deadline=SOON))
        await asyncio.sleep(0)
        assert await workers.call(pid, deadline=LONG) != first
        with pytest.raises(WorkerTimeout):
            await stuck


async def test_who_waits_for_a_child_that_cannot_start_learns_why() -> None:
    async with pool(2, patience=NEVER, initializer=broken_initializer) as workers, asyncio.timeout(20):
        calls = (workers.call(double, 1, deadline=LONG) for _ in range(3))
        assert [str(e) for e in await asyncio.gather(*calls, return_exceptions=True)] == ["no tables"] * 3


async def test_where_no_second_child_can_be_had_jobs_take_turns_at_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    async with pool(2, patience=timedelta(0)) as workers:
        first = await workers.call(pid, deadline=LONG)
        monkeypatch.setattr(asyncio, "create_subprocess_exec", refused)
        turns = (workers.call(sleep_then_pid, 0.1, deadline=LONG) for _ in range(4))
        assert set(await asyncio.gather(*turns)) == {first}


async def test_without_any_child_a_job_fails_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refused)
    async with pool(2, patience=timedelta(0)) as workers:
        with pytest.raises(WorkerDied, match="temporarily unavailable"):
            await workers.call(pid, deadline=LONG)


async def test_nobody_waits_for_a_child_whose_end_was_not_waited_for() -> None:
    async with pool(2, patience=LONG) as workers:
        first = await workers.call(pid, deadline=LONG)
        stuck = asyncio.create_task(workers.call(loop_forever, deadline=LONG))
        await asyncio.sleep(0.1)
        for _ in range(2):  # the second one while the child is being killed
            stuck.cancel()
            await asyncio.sleep(0)
        async with asyncio.timeout(20):
            assert await workers.call(pid, deadline=LONG) != first


async def test_close_ends_calls_that_wait_for_a_child() -> None:
    workers = Workers(2, patience=LONG)
    calls = [asyncio.create_task(workers.call(loop_forever, deadline=LONG)) for _ in range(3)]
    await asyncio.sleep(0.3)
    await workers.close()
    assert [type(r) for r in await asyncio.gather(*calls, return_exceptions=True)] == [WorkerDied] * 3


async def test_close_ends_running_queued_and_later_calls() -> None:
    workers = Workers()
    child = await workers.call(pid, deadline=LONG)
    running = asyncio.create_task(workers.call(loop_forever, deadline=LONG))
    queued = asyncio.create_task(workers.call(double, 1, deadline=LONG))
    await asyncio.sleep(0.1)
    await workers.close()
    assert [type(r) for r in await asyncio.gather(running, queued, return_exceptions=True)] == [WorkerDied, WorkerDied]
    with pytest.raises(WorkerDied, match="shutting down"):
        await workers.call(double, 1, deadline=LONG)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_a_child_that_starts_while_the_pool_closes_is_not_left_over() -> None:
    workers = Workers()
    starting = asyncio.create_task(workers.call(pid, deadline=LONG))
    await asyncio.sleep(0)
    await workers.close()
    with pytest.raises(WorkerDied, match="shutting down"):
        await starting


async def test_close_without_a_child_is_fine() -> None:
    await Workers().close()


def test_children_die_with_a_parent_that_is_killed_in_the_middle_of_a_job() -> None:
    script = textwrap.dedent("""
        import asyncio
        from datetime import timedelta
        from bot.worker import Workers
        from tests.test_worker import loop_forever, pid

        async def main():
            workers = Workers()
            print(await workers.call(pid, deadline=timedelta(minutes=1)), flush=True)
            await workers.call(loop_forever, deadline=timedelta(minutes=1))

        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists() or sys.platform != "linux"
        parent.kill()
    for _ in range(500):
        if not _runs(child):
            return
        time.sleep(0.01)
    pytest.fail("the child outlived its parent")


def _runs(process: int) -> bool:
    """Whether a process is there and no zombie (in a container nobody may reap orphans)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False
