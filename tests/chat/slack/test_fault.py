from datetime import timedelta

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.chat.slack.fault import APP_TOKEN, HOPELESS, MENDABLE, REFUSED, asked_pause, delivery_error
from bot.errors import DeliveryError, Fate


def refusal(word: str | None, status: int = 200, **headers: str) -> SlackApiError:
    response = AsyncSlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.example/api/chat.postMessage",
        req_args={},
        data={"ok": False, "error": word} if word else {},
        headers=headers,
        status_code=status,
    )
    return SlackApiError("refused", response)


@pytest.mark.parametrize("word", HOPELESS)
def test_a_bad_message_is_given_up(word: str) -> None:
    error = delivery_error(refusal(word))
    assert error.permanent
    assert error.fate is Fate.NOT_SENT


@pytest.mark.parametrize("word", MENDABLE)
def test_a_bad_setup_is_tried_again_when_somebody_may_have_mended_it(word: str) -> None:
    error = delivery_error(refusal(word))
    assert not error.permanent
    assert error.fate is Fate.NOT_SENT
    assert error.retry_after is not None
    assert error.retry_after >= timedelta(minutes=1)
    assert word in str(error)


@pytest.mark.parametrize("word", sorted(REFUSED))
def test_a_refused_token_is_named(word: str) -> None:
    assert "PARLEY_SLACK_BOT_TOKEN" in str(delivery_error(refusal(word)))
    app = str(delivery_error(refusal(word), token=APP_TOKEN))
    assert "PARLEY_SLACK_APP_TOKEN" in app
    assert "BOT_TOKEN" not in app


@pytest.mark.parametrize(
    ("failure", "fate"),
    [
        (refusal("internal_error"), Fate.UNKNOWN),
        (refusal("fatal_error"), Fate.UNKNOWN),
        (refusal("request_timeout"), Fate.UNKNOWN),
        (refusal(None, status=500), Fate.UNKNOWN),
        (refusal("service_unavailable", status=503), Fate.UNKNOWN),
        (refusal("a_word_of_next_year"), Fate.NOT_SENT),
        (TimeoutError(), Fate.UNKNOWN),
        (aiohttp.ServerTimeoutError(), Fate.UNKNOWN),
        (aiohttp.ConnectionTimeoutError(), Fate.NOT_SENT),
        (aiohttp.ServerDisconnectedError(), Fate.UNKNOWN),
        (aiohttp.ClientPayloadError(), Fate.UNKNOWN),
        (aiohttp.ClientOSError(), Fate.UNKNOWN),
        (aiohttp.ClientConnectorError(None, OSError()), Fate.NOT_SENT),  # type: ignore[arg-type]
        (AttributeError("a list for an answer"), Fate.UNKNOWN),
    ],
)
def test_the_fate_of_a_message(failure: Exception, fate: Fate) -> None:
    error = delivery_error(failure)
    assert error.fate is fate
    assert not error.permanent


@pytest.mark.parametrize(
    ("failure", "wait"),
    [
        (refusal("ratelimited", status=429, **{"Retry-After": "17"}), 17),
        (refusal("ratelimited", status=429, **{"Retry-After": "0"}), 1),
        (refusal("ratelimited", status=429, **{"Retry-After": "999999"}), 3600),
        (refusal("ratelimited", status=429, **{"Retry-After": "soon"}), 30),
        (refusal("ratelimited", status=429, **{"Retry-After": "nan"}), 30),
        (refusal("ratelimited"), 30),
        (refusal(None, status=429), 30),
    ],
)
def test_a_pause_is_as_long_as_slack_asks(failure: Exception, wait: int) -> None:
    assert asked_pause(failure) == timedelta(seconds=wait)
    error = delivery_error(failure)
    assert error.retry_after == timedelta(seconds=wait)
    assert error.fate is Fate.NOT_SENT


def test_what_is_a_delivery_error_already_stays_as_it_is() -> None:
    error = DeliveryError("so", permanent=True)
    assert delivery_error(error) is error


def test_slacks_words_are_not_trusted_with_the_log() -> None:
    assert len(str(delivery_error(refusal("x" * 5000)))) < 200
    assert str(delivery_error(refusal("a\nb"))) == "Slack refused: a b"
