"""The least that polling can cost: conditional GETs, and nothing done with the answers.

usage: python -m bench.fetch URLS STATE     (a file of addresses; a file that keeps their ETags)

It imports nothing of the bot: what it takes to start is subtracted from what its cycles take, and should be little.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp

AT_ONCE = 50


async def fetch_only(urls: Sequence[str], known: dict[str, str]) -> None:
    """Ask for each address once; `known` are their ETags."""
    waiting = iter(urls)

    async def work(session: aiohttp.ClientSession) -> None:
        for url in waiting:
            headers = {"If-None-Match": known[url]} if url in known else {}
            async with session.get(url, headers=headers) as answer:
                await answer.read()
                known[url] = answer.headers.get("ETag", "")

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(work(session) for _ in range(AT_ONCE)))


def main(urls: Path, state: Path) -> None:
    """One cycle."""
    known = json.loads(state.read_text()) if state.exists() else {}
    asyncio.run(fetch_only(urls.read_text().split(), known))
    state.write_text(json.dumps(known))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
