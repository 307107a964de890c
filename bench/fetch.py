"""The least that polling can cost: conditional GETs, and nothing done with the answers."""

import asyncio
from collections.abc import Sequence

import aiohttp

AT_ONCE = 50


async def fetch_only(urls: Sequence[str], known: dict[str, str]) -> None:
    """Ask for each address once; `known` are their ETags, and keeps them."""
    waiting = iter(urls)

    async def work(session: aiohttp.ClientSession) -> None:
        for url in waiting:
            headers = {"If-None-Match": known[url]} if url in known else {}
            async with session.get(url, headers=headers) as answer:
                await answer.read()
                known[url] = answer.headers.get("ETag", "")

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(AT_ONCE)))
