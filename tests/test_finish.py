import asyncio
import socket
import threading

import pytest

from bot.finish import finish
from bot.service.poller import AT_ONCE


def test_look_ups_that_hang_in_every_poll_hold_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def look_up(host: str, *_: object, **__: object) -> list[object]:
        if host == "silent.example":
            answered.wait(9)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def work() -> list[bool]:
        loop = asyncio.get_running_loop()
        hung = [asyncio.ensure_future(loop.getaddrinfo("silent.example", 80)) for _ in range(AT_ONCE)]
        await asyncio.sleep(0)
        await loop.getaddrinfo("quick.example", 80)
        done = [one.done() for one in hung]
        answered.set()
        await asyncio.gather(*hung)
        return done

    assert finish(work()) == [False] * AT_ONCE
