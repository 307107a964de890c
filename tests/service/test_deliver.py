import logging
from datetime import timedelta

import pytest

from bot.errors import DeliveryError, Fate, StorageError
from tests.fakes.feeds import entry

NEWS = entry("1", "Ruritania rejects ceasefire")
ALERT = "alert: Ruritania reject ceasefire (1)"


@pytest.fixture
async def owing(bot):
    await bot.settle()
    await bot.poll(wire=[NEWS])
    return bot


async def test_a_sent_message_is_not_sent_again(owing):
    await owing.deliver()
    await owing.deliver(hours=1)
    assert owing.shown == [ALERT]
    assert (await owing.storage.backlog()).pending == 0
    assert owing.meter.counts["parley_deliveries_total", "discord", "sent"] == 1


async def test_an_answer_that_was_lost_is_looked_up_and_not_repeated(owing):
    owing.messenger.lose_next_answer()
    await owing.deliver()
    assert (await owing.storage.backlog()).pending == 1
    await owing.deliver(seconds=3)
    assert owing.shown == [ALERT]
    assert owing.messenger.finds == 1
    assert (await owing.storage.backlog()).pending == 0


async def test_a_message_that_did_not_arrive_is_sent_after_looking(owing):
    owing.messenger.fail_next(DeliveryError("cut off", fate=Fate.UNKNOWN))
    await owing.deliver()
    await owing.deliver(seconds=3)
    assert owing.shown == [ALERT]
    assert owing.messenger.finds == 1


async def test_doubt_outlives_a_plain_refusal(owing):
    owing.messenger.lose_next_answer()
    await owing.deliver()
    owing.messenger.fail_next(DeliveryError("busy"))
    await owing.deliver(seconds=3)
    await owing.deliver(seconds=10)
    assert owing.shown == [ALERT]


async def test_a_platform_that_asks_for_time_gets_it(owing):
    owing.messenger.fail_next(DeliveryError("429", retry_after=timedelta(minutes=5)))
    await owing.deliver()
    await owing.deliver(minutes=4)
    assert owing.shown == []
    await owing.deliver(minutes=1)
    assert owing.shown == [ALERT]


async def test_an_hour_of_outage_loses_nothing_and_repeats_nothing(owing):
    owing.messenger.down = True
    await owing.poll(wire=[NEWS, entry("2", "Graustark agrees ceasefire")])
    for _ in range(60):
        await owing.deliver(minutes=1)
    owing.messenger.down = False
    for _ in range(11):
        await owing.deliver(minutes=1)
    assert sorted(owing.shown) == ["alert: Graustark agree ceasefire (1)", ALERT]


async def test_what_no_try_can_help_is_given_up_aloud(owing, caplog):
    owing.messenger.fail_next(DeliveryError("the card is malformed", permanent=True))
    with caplog.at_level(logging.ERROR):
        await owing.deliver()
    assert "given up: the card is malformed" in caplog.text
    backlog = await owing.storage.backlog()
    assert (backlog.pending, backlog.dead) == (0, 1)


async def test_a_message_is_given_up_after_three_days_of_trying_and_not_for_its_age_alone(owing):
    owing.messenger.down = True
    await owing.deliver(days=4)
    assert (await owing.storage.backlog()).dead == 0
    for _ in range(19):
        await owing.deliver(minutes=15)
    assert (await owing.storage.backlog()).dead == 1


async def test_a_crash_between_send_and_mark_is_looked_up_after_the_restart(owing, monkeypatch):
    async def vanish(*_: object, **__: object) -> None:
        raise StorageError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr("bot.storage.store.SqlStorage.sent", vanish)
        await owing.deliver()
    assert owing.shown == [ALERT]
    owing.deliverer = owing.new_deliverer()
    await owing.deliver(seconds=30)
    assert owing.messenger.finds == 0, "the lease has not lapsed yet"
    await owing.deliver(seconds=31)
    assert owing.messenger.finds == 1
    assert owing.shown == [ALERT]
    assert (await owing.storage.backlog()).pending == 0


async def test_stopping_cuts_a_send_off_and_leaves_it_in_doubt(owing):
    import asyncio

    async def hang(*_: object) -> str:
        await asyncio.sleep(3600)
        return ""

    post, owing.messenger.post = owing.messenger.post, hang
    await owing.deliverer.pump()
    await asyncio.sleep(0.05)
    await owing.deliverer.stop(timedelta(milliseconds=10))
    owing.messenger.post = post
    owing.deliverer = owing.new_deliverer()
    await owing.deliver(seconds=3)
    assert owing.messenger.finds == 1
    assert owing.shown == [ALERT]


async def test_what_was_sent_in_the_last_moment_is_marked_although_the_bot_stops(owing, monkeypatch):
    import asyncio

    sent, begun, gate = owing.storage.sent, asyncio.Event(), asyncio.Event()

    async def slow(*marked, **when):
        begun.set()
        await gate.wait()
        await sent(*marked, **when)

    monkeypatch.setattr(owing.storage, "sent", slow)
    await owing.deliverer.pump()
    await begun.wait()
    asyncio.get_running_loop().call_later(0.05, gate.set)
    await owing.deliverer.stop(timedelta(0))
    assert (await owing.storage.backlog()).pending == 0
    owing.deliverer = owing.new_deliverer()
    await owing.deliver(minutes=2)
    assert owing.shown == [ALERT]
    assert owing.messenger.finds == 0


async def test_a_fault_of_ours_in_one_message_does_not_stop_the_others(owing, caplog, monkeypatch):
    await owing.poll(wire=[NEWS, entry("2", "Graustark agrees ceasefire")])
    post = owing.messenger.post

    async def broken(delivery, message):
        if "Ruritania" in message.summaries[0].title:
            raise TypeError("a fault of ours")
        return await post(delivery, message)

    monkeypatch.setattr(owing.messenger, "post", broken)
    for _ in range(12):
        await owing.deliver(minutes=5)
    assert "unexpected fault" in caplog.text
    assert owing.shown == ["alert: Graustark agree ceasefire (1)"]
    assert (await owing.storage.backlog()).pending == 1


async def test_a_message_that_is_being_sent_is_not_sent_beside_itself_when_the_clock_jumps(owing, monkeypatch):
    import asyncio

    gate, post, calls = asyncio.Event(), owing.messenger.post, []

    async def slow(delivery, message):
        calls.append(delivery.id)
        await gate.wait()
        return await post(delivery, message)

    monkeypatch.setattr(owing.messenger, "post", slow)
    await owing.deliverer.pump()
    await asyncio.sleep(0.05)
    owing.clock.forward(minutes=5)
    await owing.deliverer.pump()
    await asyncio.sleep(0.05)
    assert len(calls) == 1
    gate.set()
    await owing.deliver(minutes=5)
    assert owing.shown == [ALERT]


async def test_a_wake_in_the_last_moment_of_a_look_is_heard_without_a_tick(owing, monkeypatch):
    import asyncio

    claim, looks = owing.storage.claim_deliveries, []

    async def late(**asked):
        looks.append(asked)
        if len(looks) > 1:
            return await claim(**asked)
        asyncio.get_running_loop().call_soon(owing.deliverer.wake)  # after the look, before its task counts as ended
        return []

    monkeypatch.setattr(owing.storage, "claim_deliveries", late)
    owing.deliverer.wake()
    for _ in range(200):
        if owing.shown:
            break
        await asyncio.sleep(0.02)
    assert owing.shown == [ALERT]
