"""The FeedSource of the real world: aiohttp in the loop, parsers in a child process."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TypeVar, TypeVarTuple
from urllib.parse import urljoin

from bot.domain.feed import Feed, FetchState
from bot.errors import FeedError, ParseError, WorkerDied, WorkerTimeout
from bot.feeds import jobs
from bot.feeds.fault import status_fault
from bot.feeds.fetch import MAX_BYTES, TIMEOUT, Fetcher
from bot.feeds.fulltext import Pages
from bot.feeds.guard import Network
from bot.service.ports import Fetched, Parsed
from bot.worker import Workers

T = TypeVar("T")
Args = TypeVarTuple("Args")

# A hundred times what an ordinary feed takes. Big ones get more: feedparser reads a megabyte in half a second.
DEADLINE = timedelta(seconds=5)
DEADLINE_PER_MEGABYTE = timedelta(seconds=2)
# Where site software puts feeds, for pages that name none.
USUAL_PATHS = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml", "/feed.json")


class HttpFeedSource:
    """Satisfies `FeedSource` and `Hubs`.

    `allow`: address ranges to reach beyond public ones. `contact`: what the User-Agent tells servers' operators.
    `timeout` and `max_bytes` cap a fetch; `deadline` caps the reading of a small feed and grows with its size.
    """

    def __init__(
        self,
        workers: Workers,
        *,
        allow: Sequence[Network] = (),
        contact: str | None = None,
        timeout: timedelta = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        deadline: timedelta = DEADLINE,
    ) -> None:
        self._workers = workers
        self._deadline = deadline
        self._fetcher = Fetcher(allow=allow, contact=contact, timeout=timeout, max_bytes=max_bytes)
        self._pages = Pages(self._fetcher, workers)

    def introduce(self, contact: str | None) -> None:
        """Tell servers from now on how their operators reach ours."""
        self._fetcher.introduce(contact)

    async def fetch(self, feed: Feed, state: FetchState) -> Fetched:
        """Conditional GET of a feed. Raises FetchError."""
        return await self._fetcher.feed(feed.url, state)

    async def parse(self, fetched: Fetched, *, known: frozenset[bytes]) -> Parsed:
        """Entries of a body that are not in `known`, with their plain words. Raises ParseError."""
        body = fetched.body or b""
        return await self._read(len(body), jobs.parse, body, fetched.url, fetched.content_type, known)

    async def offers(self, page: Fetched) -> tuple[str, ...]:
        """Addresses of feeds behind an answer that is none: those the page names, else usual ones that hold a feed.

        For a person to choose from. Raises nothing that a page can cause.
        """
        body = page.body or b""
        with contextlib.suppress(ParseError):
            if named := await self._read(len(body), jobs.offered_feeds, body, page.url):
                return named
        usual = [urljoin(page.url, path) for path in USUAL_PATHS]
        return tuple([url for url in usual if url != page.url and await self._is_feed(url)])

    async def page_text(self, link: str) -> str | None:
        """The article's full text from its page; None where there is none to be had."""
        return await self._pages.text(link)

    async def ask_hub(self, hub: str, form: Mapping[str, str]) -> None:
        """POST a form to a hub. Raises FetchError, also for every answer but 2xx."""
        answer = await self._fetcher.post(hub, form)
        if not answer.ok:
            raise status_fault(answer.status)

    async def close(self) -> None:
        """Close every connection. The workers belong to whoever made them."""
        await self._fetcher.close()

    async def _is_feed(self, url: str) -> bool:
        try:
            await self.parse(await self._fetcher.feed(url, FetchState()), known=frozenset())
        except FeedError:
            return False
        return True

    async def _read(self, size: int, job: Callable[[*Args], T], *args: *Args) -> T:
        """A job in the child whose every failure is this feed's. `size` in bytes or characters."""
        deadline = self._deadline + DEADLINE_PER_MEGABYTE * (size / 1e6)
        try:
            return await self._workers.call(job, *args, deadline=deadline)
        except ParseError:
            raise
        except WorkerTimeout as error:
            raise ParseError(f"reading it {error}; feeds are not supposed to do that") from error
        except WorkerDied as error:
            raise ParseError(f"it could not be read: {error}") from error
        except MemoryError as error:
            raise ParseError("reading it takes more memory than a feed may use") from error
        except Exception as error:
            raise ParseError(f"it could not be read ({type(error).__name__})") from error
