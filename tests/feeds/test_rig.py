"""Every fault that the shared rig's feed server knows, through the real fetcher and the real child process."""

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import pytest

from bot.domain.feed import Feed, FetchState
from bot.errors import FetchError, ParseError
from bot.feeds import jobs
from bot.feeds.source import HttpFeedSource
from bot.worker import Workers
from tests.feeds.conftest import LOOPBACK

SERVER = Path(__file__).resolve().parents[2] / ".." / "shared" / "bench" / "feedserver.py"
RSS, ATOM = 0, 1  # even feeds of the rig are RSS, odd ones Atom

pytestmark = pytest.mark.skipif(not SERVER.exists(), reason="no feed server in ../shared/bench")

# What each fault gets: an error in plain words, or the share of the feed's items that is read all the same.
ERRORS = {
    "404": (FetchError, r"^the server answered 404"),
    "410": (FetchError, r"410"),
    "429": (FetchError, r"429"),
    "500": (FetchError, r"^the server answered 500"),
    "503": (FetchError, r"^the server answered 503"),
    "empty": (ParseError, r"empty"),
    "gzipbomb": (FetchError, r"^the answer is larger than 10 MB$"),
    "html": (ParseError, r"web page|HTML"),
    "huge": (FetchError, r"^the answer is larger than 10 MB$"),
    "loris": (FetchError, r"^timed out after 3 s$"),
    "reset": (FetchError, r"127\.0\.0\.1"),
    "truncated": (FetchError, r"^the answer broke off"),
}
READ = {"301": 1.0, "302": 1.0, "charset_header": 1.0, "charset_body": 1.0, "invalid": 0.5}


@pytest.fixture(scope="module")
def rig() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ("--feeds", "2", "--port", str(port), "--host", "127.0.0.1")
    with subprocess.Popen([sys.executable, str(SERVER), *options], stdout=subprocess.DEVNULL) as process:
        base = f"http://127.0.0.1:{port}"
        while process.poll() is None:
            try:
                get(f"{base}/stats")
                break
            except OSError:
                time.sleep(0.1)
        yield base
        process.terminate()


@pytest.fixture
async def source() -> AsyncIterator[HttpFeedSource]:
    workers = Workers(initializer=jobs.warm_up)
    source = HttpFeedSource(workers, allow=LOOPBACK, timeout=timedelta(seconds=3))
    yield source
    await source.close()
    await workers.close()


def get(url: str) -> bytes:
    with urlopen(url) as answer:  # the rig's own address
        return bytes(answer.read())


async def titles(source: HttpFeedSource, url: str) -> list[str]:
    answer = await source.fetch(Feed(name="Wire", url=url, publisher="Wire"), FetchState())
    parsed = await source.parse(answer, known=frozenset())
    return [title for title, _ in parsed.plain]


async def truth(rig: str, feed: int) -> list[str]:
    return [item["title"] for item in json.loads(await asyncio.to_thread(get, f"{rig}/truth/{feed}.json"))]


async def test_the_server_knows_no_fault_that_is_not_tried_here() -> None:
    known = re.search(r'^FAULTS = \("([^"]+)"\)', SERVER.read_text(), re.MULTILINE)
    assert known is not None
    assert set(known[1].split()) == {*ERRORS, *READ}


@pytest.mark.parametrize("feed", [RSS, ATOM])
@pytest.mark.parametrize("fault", ERRORS)
async def test_a_fault_is_told_in_plain_words(rig: str, source: HttpFeedSource, fault: str, feed: int) -> None:
    kind, words = ERRORS[fault]
    with pytest.raises(kind, match=words):
        await titles(source, f"{rig}/fault/{fault}/{feed}.xml")
    assert await titles(source, f"{rig}/feed/{feed}.xml") == await truth(rig, feed)  # the next one is read as ever


@pytest.mark.parametrize("feed", [RSS, ATOM])
@pytest.mark.parametrize("fault", READ)
async def test_a_damaged_feed_is_read(rig: str, source: HttpFeedSource, fault: str, feed: int) -> None:
    expected, found = await truth(rig, feed), await titles(source, f"{rig}/fault/{fault}/{feed}.xml")
    assert len(found) >= READ[fault] * len(expected)
    if READ[fault] == 1.0 and fault != "charset_body":  # there what the bytes mean is a guess
        assert found == expected
