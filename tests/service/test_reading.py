"""How a feed is read; what becomes of what was read: test_ingest.py."""

import asyncio

import pytest

from bot.service import reading
from tests.fakes.feeds import entry


@pytest.mark.parametrize(("count", "size"), [(2_000, 10), (60, 50_000)])
async def test_a_huge_feed_is_read_in_small_parts_between_which_others_go_on(bot, monkeypatch, count, size):
    """Counted in turns of the loop, which know no busy processor."""
    await bot.settle()
    turns, efforts = 0, {}
    new_article = reading.new_article

    async def others():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def counted(*args, **more):
        article = new_article(*args, **more)
        efforts[turns] = efforts.get(turns, 0) + reading.AN_ARTICLE + len(article.text)
        return article

    monkeypatch.setattr(reading, "new_article", counted)
    busy = asyncio.create_task(others())
    (outcome,) = await bot.poll(wire=[entry(str(i), f"Story {i}", "x" * size) for i in range(count)])
    busy.cancel()
    assert outcome.new == count
    assert max(efforts.values()) <= reading.AT_A_TIME + reading.AN_ARTICLE + size
