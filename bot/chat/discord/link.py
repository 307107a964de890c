"""The login that messages go through, and the gateway connection that commands come through.

Messages need the login alone, so they are sent also while the gateway is away. discord.py's client resumes its
connection by itself through ordinary trouble; where it gives up, it is followed by a wholly new one.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

import discord
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

from bot.chat.discord.attempt import watch
from bot.chat.discord.fault import LOOK_AGAIN, delivery_error, refused
from bot.errors import DeliveryError, Fate

log = logging.getLogger(__name__)
# The library logs tracebacks, and addresses that hold tokens; what matters of it is said here in a line.
for name in ("client", "gateway", "http", "state", "webhook.async"):
    logging.getLogger(f"discord.{name}").setLevel(logging.CRITICAL)

# Nothing privileged: the bot reads no messages of other people's and no lists of members.
INTENTS = discord.Intents(guilds=True)
# Waiting longer for a rate limit is the outbox's business, which does it without holding a lease.
PATIENCE = 5.0
LOGIN = 10.0
CLOSING = 1.5
MAX_WAIT = 120.0

Interaction = discord.Interaction[discord.Client]
Heard = Callable[[Interaction], Awaitable[None]]
Ready = Callable[[discord.Client], Coroutine[Any, Any, None]]


class Gateway(discord.Client):
    """discord.py's client; `online` says whether events reach us now, `met` whether they did since `listen` began."""

    def __init__(self, heard: Heard) -> None:
        super().__init__(
            intents=INTENTS,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=watch(),
        )
        # The constructor takes no less than 30 s.
        self.http.max_ratelimit_timeout = PATIENCE
        self._heard = heard
        self.online = False
        self.met = False

    async def on_connect(self) -> None:
        """The gateway has taken our token."""
        self._came("connected")

    async def on_resumed(self) -> None:
        """The connection goes on where it broke off."""
        self._came("connected again")

    async def on_disconnect(self) -> None:
        """The connection is lost; the library is building a new one. Also told at each vain try."""
        if self.online:
            log.info("Discord: connection lost, reconnecting")
        self.online = False

    async def on_interaction(self, interaction: Interaction) -> None:
        """Somebody used a command."""
        await self._heard(interaction)

    async def ask(self, route: Route, **request: Any) -> Any:
        """The answer to one request. Raises what discord.py and aiohttp raise."""
        try:
            return await self.http.request(route, **request)
        except asyncio.CancelledError:
            # Cut off while Discord wants every request to pause, discord.py would hold back all later ones for ever.
            self.http._global_over.set()
            raise

    def _came(self, how: str) -> None:
        self.online = self.met = True
        log.info("Discord: %s as %s", how, self.user)


class Link:
    """Keeps the bot logged in and connected for as long as it runs."""

    def __init__(self, token: str, *, heard: Heard, ready: Ready) -> None:
        self._token = token
        self._heard = heard
        self._ready = ready
        self._client: Gateway | None = None
        self._decided = asyncio.Event()  # logged in, or refused
        self._trouble: DeliveryError | None = None
        self._refused = False
        self._task: asyncio.Task[None] | None = None
        self._offering: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether Discord takes our token and commands can reach us, as far as we know."""
        client = self._client
        return client is not None and client.online and not client.is_closed() and not self._refused

    def start(self) -> None:
        """Log in and connect in the background."""
        self._task = asyncio.create_task(self._keep(), name="discord link")

    async def client(self) -> Gateway:
        """The client, logged in. Raises DeliveryError where that takes long or is known to be in vain."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOGIN):
                await self._decided.wait()
        if self._client is None:
            raise self._trouble or DeliveryError("Discord: no login yet", retry_after=timedelta(seconds=LOGIN))
        return self._client

    async def close(self) -> None:
        """Disconnect."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._drop()

    def judge(self, error: BaseException | None) -> None:
        """Note from how a request went (None: well) whether Discord still takes our token."""
        if error is None:
            self._refused = False
        elif refused(error):
            self._report(error)

    async def _keep(self) -> None:
        failures = 0
        while True:
            met = False
            try:
                if self._client is None or self._client.is_closed():
                    await self._log_in()
                met = await self._listen()
            except Exception as error:
                self._report(error)
            # A login alone is no success: Discord takes a thousand connections a day, then resets the token.
            failures = 0 if met else failures + 1
            wait = min(2.0 ** (failures - 1), MAX_WAIT)
            await asyncio.sleep(LOOK_AGAIN.total_seconds() if self._refused else wait)

    async def _log_in(self) -> None:
        """A client that can send. Raises whatever kept it from logging in."""
        await self._drop()
        client = Gateway(self._heard)
        try:
            async with asyncio.timeout(LOGIN):
                await client.login(self._token)
        except BaseException:
            await client.http.close()
            raise
        self._client = client
        self._trouble = None
        self._refused = False
        self._decided.set()
        # Trouble with the commands is no reason to go without a connection.
        self._offering = asyncio.create_task(self._ready(client), name="discord commands")
        await asyncio.wait([self._offering], timeout=1.0)

    async def _listen(self) -> bool:
        """Hold the gateway connection until the library gives it up. Returns whether there was one."""
        client = self._client
        assert client is not None
        client.met = False
        try:
            _, address, _ = await client.http.get_bot_gateway()
            # The library's own address is fixed; a proxy's or a test's is known only to the API it stands in for.
            DiscordWebSocket.DEFAULT_GATEWAY = URL(address)
            await client.connect()
        except Exception as error:
            trouble: Exception = error
            if isinstance(error, AttributeError) and getattr(client, "ws", None) is None:
                # discord.py 2.7 falls over its missing websocket when the very first connection fails.
                trouble = DeliveryError("Discord's gateway cannot be reached")
            self._report(trouble)
        finally:
            client.online = False
            if client.is_closed():
                await self._drop()
        return client.met

    async def _drop(self) -> None:
        """Close the client for good, quickly, whatever state it is in."""
        if self._offering is not None:
            self._offering.cancel()
            await asyncio.wait([self._offering])
            self._offering = None
        client, self._client = self._client, None
        self._decided.clear()
        if client is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSING):
                    await client.close()
            with contextlib.suppress(Exception):
                await client.http.close()

    def _report(self, error: BaseException) -> None:
        """One line a cause, not one a try."""
        trouble = delivery_error(error, fate=Fate.NOT_SENT)
        if self._trouble is None or str(trouble) != str(self._trouble):
            log.error("Discord: no connection, trying again: %s", trouble)
        self._trouble = trouble
        self._refused = refused(error)
        if self._refused:
            self._decided.set()
