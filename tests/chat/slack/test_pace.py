import asyncio
from datetime import timedelta

import pytest

from bot.chat.slack import pace
from bot.chat.slack.pace import Pace
from bot.errors import DeliveryError, Fate


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was slept, in whole seconds; nobody really sleeps."""
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(round(seconds))

    monkeypatch.setattr(pace.asyncio, "sleep", sleep)
    return naps


async def test_messages_to_one_channel_are_a_second_apart(slept: list[float]) -> None:
    turns = Pace()
    for channel in ("a", "a", "b", "a"):
        await turns.turn(channel)
    assert slept == [0, 1, 0, 2]


async def test_a_short_pause_is_waited_out(slept: list[float]) -> None:
    turns = Pace()
    turns.pause("a", timedelta(seconds=3))
    await turns.turn("a")
    await turns.turn("b")
    assert slept == [3, 0]


async def test_a_long_pause_is_handed_back_to_the_outbox(slept: list[float]) -> None:
    turns = Pace()
    turns.pause("a", timedelta(seconds=60))
    turns.pause("a", timedelta(seconds=1))
    with pytest.raises(DeliveryError) as failed:
        await turns.turn("a")
    assert failed.value.fate is Fate.NOT_SENT
    assert not failed.value.permanent
    assert failed.value.retry_after is not None
    assert round(failed.value.retry_after.total_seconds()) == 60
    assert slept == []


async def test_sides_by_side_take_turns(slept: list[float]) -> None:
    turns = Pace()
    await asyncio.gather(*(turns.turn("a") for _ in range(3)))
    assert slept == [0, 1, 2]
