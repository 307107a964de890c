"""An article's full text from its page: through the same guard and caps as feeds, robots.txt obeyed."""

import importlib.util
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from aiohttp import hdrs
from yarl import URL

from bot.errors import FetchError
from bot.feeds import jobs
from bot.feeds.fetch import MAX_REDIRECTS, Answer, Fetcher, leads_to
from bot.feeds.guard import checked_url
from bot.worker import Workers

log = logging.getLogger(__name__)

AGENT = "Parley"
MAX_PAGE = 5_000_000
MAX_ROBOTS = 512_000  # what RFC 9309 asks readers to take at least
ROBOTS_KEPT = timedelta(days=1)
MAX_HOSTS = 1_000
DEADLINE = timedelta(seconds=10)
_PAGE_TYPES = ("text/html", "application/xhtml+xml")


class Pages:
    """Reads pages. Needs trafilatura (the extra `fulltext`); without it every page is None and none is asked for."""

    def __init__(
        self,
        fetcher: Fetcher,
        workers: Workers,
        *,
        deadline: timedelta = DEADLINE,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetcher = fetcher
        self._workers = workers
        self._deadline = deadline
        self._seconds = seconds
        self._robots: dict[URL, tuple[float, bytes]] = {}
        self._usable = importlib.util.find_spec("trafilatura") is not None

    async def text(self, link: str) -> str | None:
        """The page's article as plain text; None on any failure, which is logged and never raised."""
        if not self._usable:
            return None
        try:
            return await self._text(link)
        except Exception as error:
            log.info("no full text from %s: %s", _host(link), str(error) or type(error).__name__)
            return None

    async def _text(self, link: str) -> str | None:
        answer = await self._page(checked_url(link))
        content_type = answer.header(hdrs.CONTENT_TYPE)
        if not answer.ok:
            raise FetchError(f"the server answered {answer.status}")
        if not (content_type or _PAGE_TYPES[0]).lower().startswith(_PAGE_TYPES):
            raise FetchError("the page is not HTML")
        return await self._workers.call(jobs.page_text, answer.body, content_type, deadline=self._deadline)

    async def _page(self, url: URL) -> Answer:
        """The answer at the end of the redirects, each of which its own host's robots.txt has to allow."""
        headers: dict[str, str] = {hdrs.ACCEPT: ", ".join(_PAGE_TYPES)}
        for _ in range(MAX_REDIRECTS + 1):
            robots = await self._robots_of(url.origin())
            if not await self._workers.call(jobs.robots_allow, robots, str(url), AGENT, deadline=self._deadline):
                raise FetchError(f"the robots.txt of {url.host} asks not to")
            answer = await self._fetcher.get(str(url), headers=headers, max_bytes=MAX_PAGE, redirects=0)
            where = leads_to(url, answer.status, answer.headers)
            if where is None:
                return answer
            url = where
        raise FetchError(f"redirected more than {MAX_REDIRECTS} times")

    async def _robots_of(self, origin: URL) -> bytes:
        """A host's robots.txt, kept for a day; empty (all allowed) where it has none. Raises FetchError.

        A server that fails to say is not read (RFC 9309), and asked again the next time.
        """
        kept = self._robots.get(origin)
        if kept and kept[0] > self._seconds():
            return kept[1]
        answer = await self._fetcher.get(str(origin / "robots.txt"), headers={}, max_bytes=MAX_ROBOTS)
        if answer.status >= 500 or answer.status == 429:
            raise FetchError(f"its robots.txt cannot be read: the server answered {answer.status}")
        self._robots.pop(origin, None)
        if len(self._robots) >= MAX_HOSTS:
            del self._robots[next(iter(self._robots))]  # the one fetched longest ago
        self._robots[origin] = (self._seconds() + ROBOTS_KEPT.total_seconds(), answer.body)
        return answer.body


def _host(link: str) -> str:
    try:
        return URL(link).host or "an address without a host"
    except ValueError:
        return "an invalid address"
