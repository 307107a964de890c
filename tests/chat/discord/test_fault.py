from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
import pytest
from yarl import URL

from bot.chat.discord.fault import LOOK_AGAIN, delivery_error, refused
from bot.errors import DeliveryError, Fate

SECRET = "https://discord.example/webhooks/1/very-secret"


def refusal(status: int, code: int = 0, message: Any = "no", **headers: str) -> discord.HTTPException:
    response: Any = SimpleNamespace(status=status, reason="No", headers=headers)
    return discord.HTTPException(response, {"code": code, "message": message})


@pytest.mark.parametrize(
    ("error", "permanent", "retry_after", "words"),
    [
        (refusal(400, 50035), True, None, "card invalid"),
        (refusal(400, 50006), True, None, "empty"),
        (refusal(404, 10008), True, None, "gone"),
        (refusal(400, 77), True, None, "code 77"),
        (refusal(400, 0), False, LOOK_AGAIN, "refused"),
        (refusal(400, 30046), False, LOOK_AGAIN, "refused"),
        (refusal(400, 50083), False, LOOK_AGAIN, "archived"),
        (refusal(400, 160002), False, LOOK_AGAIN, "Read Message History"),
        (refusal(403, 50001), False, LOOK_AGAIN, "View Channel"),
        (refusal(403, 0), False, LOOK_AGAIN, "View Channel"),
        (refusal(404, 10003), False, LOOK_AGAIN, "feeds.toml"),
        (refusal(404, 0), False, LOOK_AGAIN, "feeds.toml"),
        (refusal(401), False, LOOK_AGAIN, "PARLEY_DISCORD_TOKEN"),
        (refusal(429, **{"Retry-After": "7"}), False, timedelta(seconds=7), "pause"),
        (refusal(429, **{"Retry-After": "nonsense"}), False, timedelta(seconds=30), "pause"),
        (refusal(429, **{"Retry-After": "1e9"}), False, timedelta(hours=1), "pause"),
        (refusal(503), False, None, "HTTP 503"),
        (discord.RateLimited(0.01), False, timedelta(seconds=1), "pause"),
        (discord.LoginFailure("x"), False, LOOK_AGAIN, "PARLEY_DISCORD_TOKEN"),
        (discord.GatewayNotFound(), False, None, "gateway"),
        (discord.PrivilegedIntentsRequired(None), False, None, "intents"),
        (TimeoutError(), False, None, "in time"),
        (ConnectionRefusedError(), False, None, "reached"),
        (aiohttp.InvalidURL(URL(SECRET)), False, None, "reached"),
        (KeyError(SECRET), False, None, "KeyError"),
    ],
)
def test_every_error_says_what_to_do(
    error: Exception, permanent: bool, retry_after: timedelta | None, words: str
) -> None:
    known = delivery_error(error, fate=Fate.NOT_SENT)
    assert (known.permanent, known.retry_after, known.fate) == (permanent, retry_after, Fate.NOT_SENT)
    assert words in str(known)
    assert "secret" not in str(known)
    assert delivery_error(error, fate=Fate.UNKNOWN).fate is Fate.UNKNOWN


def test_a_lost_answer_is_called_so() -> None:
    assert "lost" in str(delivery_error(aiohttp.ServerDisconnectedError(), fate=Fate.UNKNOWN))


def test_our_own_errors_stay_as_they_are() -> None:
    ours = DeliveryError("as it was", permanent=True)
    assert delivery_error(ours, fate=Fate.UNKNOWN) is ours


def test_discords_words_are_one_harmless_line() -> None:
    said = str(delivery_error(refusal(400, 50035, "In embeds:\n\u202etoo\x1b long " + "x" * 900), fate=Fate.NOT_SENT))
    assert "\n" not in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 400


@pytest.mark.parametrize(
    ("error", "yes"),
    [(refusal(401), True), (discord.LoginFailure("x"), True), (refusal(403), False), (TimeoutError(), False)],
)
def test_only_a_refused_token_is_a_refusal_of_the_bot(error: Exception, yes: bool) -> None:
    assert refused(error) is yes
