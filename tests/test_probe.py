import asyncio
import json

import pytest

from bot.probe import ask


async def answered(reply: bytes) -> tuple[bool, str, bytes]:
    """What `ask` makes of a server that says `reply` to anything, and what it was asked."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n"))
        writer.write(reply)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        well, words = await asyncio.to_thread(ask, "0.0.0.0", port)
    return well, words, asked[0]


@pytest.mark.parametrize(
    ("reply", "well", "words"),
    [
        (b'HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{"state":\n"fine"}', True, '{"state": "fine"'),
        (b"HTTP/1.1 503 Unavailable\r\nContent-Length: 6\r\n\r\nfailed", False, "failed"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", False, "status 404"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n\x1b[31mx\xff\xfe", True, "[31mx��"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 9000, True, "x" * 199 + "…"),
    ],
)
async def test_an_answer(reply: bytes, well: bool, words: str) -> None:
    assert await answered(reply) == (well, words, b"GET /health HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("status", "report", "words"),
    [
        (
            200,
            {"healthy": True, "reasons": [], "facts": {"feeds": 3, "feeds_failing": 1}},
            "healthy (feeds 3, feeds failing 1)",
        ),
        (
            503,
            {
                "healthy": False,
                "reasons": ["discord is not connected", "x" * 300],
                "facts": {"discord": "not connected"},
            },
            f"NOT healthy: discord is not connected; {'x' * 300} (discord not connected)",
        ),
        (200, {"healthy": True, "reasons": [], "facts": {"a\x1b[31m": 1}}, "healthy (a [31m 1)"),
        (200, {"healthy": False, "reasons": [1], "facts": {}}, '{"healthy": false, "reasons": [1], "facts": {}}'),
        (200, [1], "[1]"),
    ],
)
async def test_a_report_is_told_in_words(status: int, report: object, words: str) -> None:
    body = json.dumps(report).encode()
    reply = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)
    assert (await answered(reply))[:2] == (status == 200, words)


@pytest.mark.parametrize("reply", [b"", b"SSH-2.0-x\r\n"])
async def test_no_answer_worth_the_name(reply: bytes) -> None:
    well, words, _ = await answered(reply)
    assert not well
    assert words.startswith("no answer from 127.0.0.1:")


async def test_nobody_listens() -> None:
    server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    assert ask("127.0.0.1", port) == (False, f"no answer from 127.0.0.1:{port}: Connection refused")
