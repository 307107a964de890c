import asyncio
from datetime import timedelta

from bot.service.crew import Crew


async def test_a_crew_counts_its_free_hands_and_rests_when_all_is_done():
    crew, gate, ended = Crew(2), asyncio.Event(), []

    async def work(name: str) -> None:
        await gate.wait()
        ended.append(name)

    crew.spawn(work("a"))
    crew.spawn(work("b"), then=lambda: ended.append("then"))
    assert crew.free == 0
    gate.set()
    await crew.rest()
    assert crew.free == 2
    assert ended == ["a", "b", "then"]


async def test_rest_waits_for_work_that_starts_meanwhile():
    crew, ended = Crew(1), []

    async def last() -> None:
        ended.append("last")

    async def first() -> None:
        ended.append("first")

    crew.spawn(first(), then=lambda: crew.spawn(last()))
    await crew.rest()
    assert ended == ["first", "last"]


async def test_stopping_cancels_what_overstays_its_grace():
    crew, seen = Crew(1), []

    async def stubborn() -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    crew.spawn(stubborn())
    await asyncio.sleep(0)
    await crew.stop(timedelta(milliseconds=1))
    assert seen == ["cancelled"]
    assert crew.free == 1
