"""HTTP over the network: guarded at every hop, capped in size and time, polite, every failure a FetchError."""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot import __version__
from bot.domain.feed import FetchState
from bot.domain.push import Offer
from bot.errors import FetchError
from bot.feeds.fault import network_fault, status_fault
from bot.feeds.guard import Guard, Network, checked_url
from bot.feeds.offer import offered
from bot.feeds.turns import PER_HOST, TURN, Turns
from bot.feeds.wishes import fresh_for, retry_after
from bot.service.ports import Fetched

TIMEOUT = timedelta(seconds=30)
MAX_BYTES = 10_000_000
MAX_REDIRECTS = 5
# Nobody reads what a form's receiver has to say; it still has to be taken off the wire.
MAX_REPLY = 100_000
CHUNK = 1 << 16
FEED_TYPES = (
    "application/rss+xml, application/atom+xml, application/rdf+xml, application/feed+json, "
    "application/xml;q=0.9, */*;q=0.5"
)
_FOR_GOOD = frozenset({301, 308})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# The redirects that keep a request what it is; after the others a form would become a GET.
_FORM_REDIRECTS = frozenset({307, 308})
# Servers send validators of some dozens of characters; what is longer is not worth storing per feed.
_MAX_HEADER = 1_000
_MAX_DIGITS = 12
# Of all Link headers of an answer together (characters). A hundred full ones take a second to read, in the loop.
_MAX_LINKS = 8_000


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's last answer after redirects. `body` is decoded from its compression; empty unless status is 2xx.

    `moved_to` is where the redirects that claim to be for good (301, 308), first in the chain, led. `offer` is the hub
    that its Link headers name.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    digest: bytes
    moved_to: str | None = None
    offer: Offer | None = None

    @property
    def ok(self) -> bool:
        """Whether there is a body to read."""
        return 200 <= self.status < 300

    @property
    def size(self) -> int:
        """Bytes of the body on the wire, compressed or not; where the server does not tell, as unpacked."""
        stated = self.headers.get(hdrs.CONTENT_LENGTH, "")
        return int(stated) if stated.isascii() and stated.isdigit() and len(stated) < _MAX_DIGITS else len(self.body)

    def header(self, name: str) -> str | None:
        """A header that is safe to store and to send back: printable ASCII, not overlong; else None."""
        value = self.headers.get(name, "").strip()
        return value if value and len(value) <= _MAX_HEADER and value.isascii() and value.isprintable() else None


class Fetcher:
    """One HTTP session for feeds and pages.

    `allow` are address ranges to reach beyond public ones; `timeout` spans a whole fetch with all its redirects, not
    the wait for its turn at a host (at most `turn`); `max_bytes` counts decoded bytes. `resolver` looks names up.
    """

    def __init__(
        self,
        *,
        allow: Sequence[Network] = (),
        contact: str | None = None,
        timeout: timedelta = TIMEOUT,
        max_bytes: int = MAX_BYTES,
        per_host: int = PER_HOST,
        turn: timedelta = TURN,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._guard = Guard(allow)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._per_host = per_host
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self.introduce(contact)
        self._turns = Turns(per_host=per_host, turn=turn)

    def introduce(self, contact: str | None) -> None:
        """Tell servers from now on how their operators reach ours."""
        self._agent = f"Parley/{__version__} (+{contact})" if contact else f"Parley/{__version__}"
        if self._session is not None:
            self._session.headers[hdrs.USER_AGENT] = self._agent

    async def feed(self, url: str, state: FetchState) -> Fetched:
        """Conditional GET of a feed. Raises FetchError."""
        headers: dict[str, str] = {hdrs.ACCEPT: FEED_TYPES}
        if state.etag:
            headers[hdrs.IF_NONE_MATCH] = state.etag
        if state.last_modified:
            headers[hdrs.IF_MODIFIED_SINCE] = state.last_modified
        asked = _feed_url(state.learnt_address or url)
        answer = await self._ask(asked, headers=headers, form=None, max_bytes=self._max_bytes, most=MAX_REDIRECTS)
        now = datetime.now(UTC)
        wait = retry_after(answer.headers, now=now)
        if not answer.ok and not (answer.status == 304 and (state.etag or state.last_modified)):
            raise status_fault(answer.status, retry_after=wait)
        unchanged = not answer.ok or answer.digest == state.body_digest
        return Fetched(
            body=None if unchanged else answer.body,
            url=answer.url,
            etag=answer.header(hdrs.ETAG),
            last_modified=answer.header(hdrs.LAST_MODIFIED),
            content_type=answer.header(hdrs.CONTENT_TYPE),
            digest=answer.digest if answer.ok else state.body_digest,
            asked_to_wait=wait,
            moved_to=answer.moved_to,
            fresh_for=fresh_for(answer.headers, now=now),
            size=answer.size if answer.ok else None,
            offer=answer.offer,
        )

    async def get(
        self, url: str, *, headers: Mapping[str, str], max_bytes: int | None = None, redirects: int = MAX_REDIRECTS
    ) -> Answer:
        """The answer to a GET, whatever its status. Raises FetchError when there is none.

        Up to `redirects` are followed; with 0 the redirect itself is the answer (see `leads_to`).
        """
        most = max_bytes or self._max_bytes
        return await self._ask(checked_url(url), headers=headers, form=None, max_bytes=most, most=redirects)

    async def post(self, url: str, form: Mapping[str, str], *, max_bytes: int = MAX_REPLY) -> Answer:
        """The answer to a POST of a form, 307 and 308 followed, whatever its status. Raises FetchError."""
        return await self._ask(checked_url(url), headers={}, form=form, max_bytes=max_bytes, most=MAX_REDIRECTS)

    async def _ask(
        self, target: URL, *, headers: Mapping[str, str], form: Mapping[str, str] | None, max_bytes: int, most: int
    ) -> Answer:
        moved_to, for_good = None, True
        left, clock = self._timeout.total_seconds(), asyncio.get_running_loop().time
        for _ in range(most + 1):
            # Also where redirects lead: many feeds of many hosts may end at one.
            async with self._turns.at(target.host or ""):
                try:
                    async with asyncio.timeout(left) as timer:
                        found, status = await self._hop(target, headers, form, max_bytes, follow=most > 0)
                except TimeoutError:
                    raise FetchError(f"timed out after {self._timeout.total_seconds():g} s") from None
                left = (timer.when() or 0.0) - clock()
            if isinstance(found, Answer):
                return replace(found, moved_to=moved_to) if moved_to else found
            # Never learnt: a way out of encryption, and what is too long to keep.
            encrypted_still = target.scheme in ("http", found.scheme)
            for_good = for_good and status in _FOR_GOOD and encrypted_still and len(str(found)) <= _MAX_HEADER
            target, moved_to = found, str(found) if for_good else moved_to
        raise FetchError(f"redirected more than {most} times")

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def _hop(
        self, target: URL, headers: Mapping[str, str], form: Mapping[str, str] | None, max_bytes: int, *, follow: bool
    ) -> tuple[Answer | URL, int]:
        """One request: its answer, or where that leads to, with its status."""
        method, kept = (hdrs.METH_GET, _REDIRECTS) if form is None else (hdrs.METH_POST, _FORM_REDIRECTS)
        try:
            request = self._http().request(method, target, headers=headers, data=form, allow_redirects=False)
            async with request as response:
                followed = follow and response.status in kept
                where = leads_to(target, response.status, response.headers) if followed else None
                return where or await _answer(response, max_bytes), response.status
        except FetchError:
            raise
        except Exception as error:
            raise network_fault(error, target.host or "the host") from error

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            seconds = self._timeout.total_seconds()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    socket_factory=self._guard.socket,
                    limit=0,  # how many feeds are polled at once is the poller's decision
                    limit_per_host=self._per_host,
                    ttl_dns_cache=300,  # safe: the guard judges each connection's address, not the look-up
                    resolver=self._resolver,
                ),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=min(10, seconds)),
                headers={hdrs.USER_AGENT: self._agent, hdrs.ACCEPT_ENCODING: "gzip, deflate"},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,  # a proxy would see every address in place of the guard
            )
        return self._session


@lru_cache(maxsize=2_000)  # of 1.2 kB each: most bots ask fewer feeds, and parsing an address takes as long as a turn
def _feed_url(url: str) -> URL:
    return checked_url(url)


def leads_to(url: URL, status: int, headers: Mapping[str, str]) -> URL | None:
    """Where an answer redirects to, None if it does not. Raises FetchError where that is no address to ask."""
    if status not in _REDIRECTS:
        return None
    where = headers.get(hdrs.LOCATION)
    if not where:
        raise FetchError(f"the server answered {status} without saying where to go")
    try:
        return checked_url(url.join(URL(where)))
    except ValueError as error:
        raise FetchError("redirected to something that is not an address") from error


async def _answer(response: aiohttp.ClientResponse, max_bytes: int) -> Answer:
    body = digest = b""
    if 200 <= response.status < 300:
        body, digest = await _read(response, max_bytes)
    return Answer(response.status, str(response.url), response.headers, body, digest, offer=_offer(response))


def _offer(response: aiohttp.ClientResponse) -> Offer | None:
    stated = response.headers.getall(hdrs.LINK, [])
    if not stated or sum(map(len, stated)) > _MAX_LINKS:
        return None
    with contextlib.suppress(ValueError):  # an address that is none
        return offered([(rel, str(link.get("url", ""))) for rel, link in response.links.items()])
    return None


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> tuple[bytes, bytes]:
    """The body and its digest, in pieces: no bomb or endless stream is ever held, and hashing never stalls the loop."""
    too_big = FetchError(f"the answer is larger than {max_bytes / 1e6:g} MB")
    if (response.content_length or 0) > max_bytes:
        raise too_big
    pieces: list[bytes] = []
    size, digest = 0, hashlib.blake2b(digest_size=16)
    async for piece in response.content.iter_chunked(CHUNK):
        size += len(piece)
        if size > max_bytes:
            raise too_big
        digest.update(piece)
        pieces.append(piece)
    return b"".join(pieces), digest.digest()
