"""What is known of a message after a failed send, however often discord.py tried by itself.

It retries some failures on its own, and only the last one reaches us: a refused connection may hide an earlier try
that got no answer. So the requests themselves are watched.
"""

from types import SimpleNamespace

import aiohttp

from bot.errors import Fate


class Attempt:
    """One send. Handed to the request as `trace_request_ctx`."""

    def __init__(self) -> None:
        self._open = 0

    @property
    def fate(self) -> Fate:
        """UNKNOWN as soon as one try went out that Discord has not refused."""
        return Fate.UNKNOWN if self._open else Fate.NOT_SENT

    def went_out(self) -> None:
        """A try is about to be written to an open connection."""
        self._open += 1

    def answered(self, status: int) -> None:
        """A try got an answer with this HTTP status; only 4xx says that nothing was stored."""
        if 400 <= status < 500:
            self._open -= 1


def watch() -> aiohttp.TraceConfig:
    """The trace that tells an Attempt what becomes of its tries."""
    trace = aiohttp.TraceConfig()

    async def sent(
        _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        if isinstance(context.trace_request_ctx, Attempt):
            context.trace_request_ctx.went_out()

    async def end(_: aiohttp.ClientSession, context: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
        if isinstance(context.trace_request_ctx, Attempt):
            context.trace_request_ctx.answered(end.response.status)

    trace.on_request_headers_sent.append(sent)
    trace.on_request_end.append(end)
    return trace
