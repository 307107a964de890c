"""Faulty answers of a feed server, each as servers in the wild give it. None of them holds a new item."""

import asyncio
import functools
import gzip

from aiohttp import web

STATUSES = ("500", "503", "404", "410")
MOVES = ("301", "302")
BODIES = ("empty", "html", "invalid", "charset_header", "charset_body")
BROKEN = ("truncated", "reset", "loris", "huge", "gzipbomb")
KINDS = (*STATUSES, "429", *MOVES, *BODIES, *BROKEN)
BIG = 50_000_000


async def faulty(kind: str, request: web.Request, body: bytes) -> web.StreamResponse:
    """The answer with this fault (one of KINDS); `body` is the document that a good one would hold."""
    if kind in STATUSES:
        return web.Response(status=int(kind), text="<html><body>no</body></html>", content_type="text/html")
    if kind == "429":
        return web.Response(status=429, text="later", headers={"Retry-After": "60"})
    if kind in MOVES:
        return web.Response(status=int(kind), headers={"Location": f"{request.path}?moved=1"})
    if kind in BODIES:
        return _odd(kind, body)
    if kind == "gzipbomb":
        headers = {"Content-Encoding": "gzip", "Content-Type": "application/rss+xml"}
        return web.Response(body=_bomb(), headers=headers)
    assert request.transport is not None
    if kind == "reset":
        request.transport.abort()
        return web.Response()
    answer = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
    if kind == "truncated":
        answer.content_length = len(body)
        await answer.prepare(request)
        await answer.write(body[: len(body) // 2])
        request.transport.close()
    elif kind == "loris":
        await answer.prepare(request)
        for at in range(60):
            await answer.write(body[at : at + 1])
            await asyncio.sleep(1)
    else:
        await _huge(answer, request, body)
    return answer


@functools.cache
def _bomb() -> bytes:
    return gzip.compress(b"<rss>" + b" " * BIG, 1)


def _odd(kind: str, body: bytes) -> web.Response:
    text, charset = body, ""
    if kind == "empty":
        text = b""
    elif kind == "html":
        text = b"<!doctype html><html><head><title>One moment</title></head><body>Are you a person?</body></html>"
    elif kind == "invalid":  # an undeclared entity, a bare ampersand, and an end tag lost half-way down
        middle = len(body) // 2
        text = body[:middle].replace(b"</link>", b"&nbsp;& </link>", 1) + body[middle:].replace(b"</pubDate>", b"", 1)
    elif kind == "charset_header":
        charset = "; charset=us-ascii"
    elif kind == "charset_body":  # declared UTF-8, in fact windows-1252
        text = body.replace(b"bench", "caf\u00e9".encode("cp1252"), 1)
    return web.Response(body=text, headers={"Content-Type": f"application/rss+xml{charset}"})


async def _huge(answer: web.StreamResponse, request: web.Request, body: bytes) -> None:
    """Items without end, of which the first fifty megabytes."""
    head, _, rest = body.partition(b"<item>")
    items = b"<item>" + rest.removesuffix(b"</channel></rss>")
    await answer.prepare(request)
    await answer.write(head)
    for _ in range(BIG // len(items)):
        await answer.write(items)
    await answer.write(b"</channel></rss>")
