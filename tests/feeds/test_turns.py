import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import BusyHostError
from bot.feeds.turns import PER_DOMAIN, PER_HOST, Turns, registrable_domain

PATIENT = timedelta(minutes=1)
real = asyncio.timeout


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("example.org", "example.org"),
        ("feeds.example.org", "example.org"),
        ("a.b.example.org.", "example.org"),
        ("news.example.co.uk", "example.co.uk"),
        ("one.github.io", "one.github.io"),  # each blog there is somebody else's
        ("co.uk", None),
        ("localhost", None),
        ("127.0.0.1", None),
        ("2001:db8::1", None),
        ("", None),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("feeds.bücher.example", "bücher.example"),
    ],
)
def test_registrable_domain(host, domain):
    assert registrable_domain(host) == domain


async def most_at_once(turns, hosts):
    """How many of these requests, all made at once, were under way at the same time."""
    under_way, most = 0, 0

    async def ask(host):
        nonlocal under_way, most
        async with turns.at(host):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(ask(host) for host in hosts))
    assert under_way == 0
    return most


@pytest.mark.parametrize(
    ("hosts", "most"),
    [
        (["example.org"] * 9, PER_HOST),
        ([f"www{i}.example.org" for i in range(9)], PER_DOMAIN),
        ([f"site{i}.example" for i in range(9)], 9),
        ([f"blog{i}.github.io" for i in range(9)], 9),
        (["127.0.0.1"] * 9, PER_HOST),
        ([f"127.0.0.{i}" for i in range(1, 9)], 8),
    ],
)
async def test_so_many_are_asked_at_once(hosts, most):
    assert await most_at_once(Turns(turn=PATIENT), hosts) == most


async def test_who_finds_no_turn_in_time_leaves_its_place_at_the_host_too():
    turns = Turns(per_host=1, per_domain=1, turn=timedelta(milliseconds=20))
    async with turns.at("www.example.org"):
        with pytest.raises(BusyHostError, match=r"feeds\.example\.org is busy"):
            async with turns.at("feeds.example.org"):
                pytest.fail("its site was busy")
        async with turns.at("example.com"):
            pass
    async with turns.at("feeds.example.org"):
        pass


async def test_those_who_wait_come_in_turn_and_nobody_pushes_in():
    turns, order = Turns(per_host=1, per_domain=1, turn=PATIENT), []

    async def ask(name):
        async with turns.at("example.org"):
            order.append(name)
            await asyncio.sleep(0)

    async with turns.at("example.org"):
        waiting = [asyncio.create_task(ask(name)) for name in "abc"]
        await asyncio.sleep(0)
    await ask("late")  # the gate has just been left, and is still theirs
    await asyncio.gather(*waiting)
    assert order == ["a", "b", "c", "late"]


async def test_who_is_sent_home_while_waiting_leaves_no_place_taken():
    turns = Turns(per_host=1, per_domain=1, turn=PATIENT)
    async with turns.at("www.example.org"):
        waiting = [asyncio.create_task(turns.at(host).__aenter__()) for host in ("www.example.org", "a.example.org")]
        await asyncio.sleep(0)
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting)
        assert all(task.cancelled() for task in waiting)
    for host in ("a.example.org", "www.example.org"):
        async with asyncio.timeout(5), turns.at(host):
            pass


async def test_only_who_has_to_wait_needs_a_clock(monkeypatch):
    turns = Turns(per_host=1, turn=timedelta(milliseconds=20))
    timers = []
    monkeypatch.setattr(asyncio, "timeout", lambda seconds: timers.append(seconds) or real(seconds))
    async with turns.at("www.example.org"), turns.at("feeds.example.org"):
        assert timers == []
        with pytest.raises(BusyHostError):
            await turns.at("www.example.org").__aenter__()
    assert timers == [0.02]


async def test_a_fault_during_a_turn_gives_it_back():
    turns = Turns(per_host=1, turn=timedelta(milliseconds=20))
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            async with turns.at("example.org"):
                raise ValueError("broken")


def test_the_list_of_suffixes_is_not_read_before_it_is_needed():
    code = "import sys, bot.feeds.source; print('publicsuffixlist' in sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
