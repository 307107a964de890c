import pytest

from bot.chat.discord.attempt import Attempt
from bot.errors import Fate

NOT_SENT, UNKNOWN = Fate.NOT_SENT, Fate.UNKNOWN


@pytest.mark.parametrize(
    ("tries", "fate"),
    [
        ([], NOT_SENT),  # refused connections
        ([None], UNKNOWN),  # no answer
        ([403], NOT_SENT),
        ([429, 429], NOT_SENT),
        ([500], UNKNOWN),
        ([500, 400], UNKNOWN),
        ([429, None], UNKNOWN),
        ([200], UNKNOWN),  # stored, but the answer could not be read
    ],
)
def test_only_a_refusal_proves_that_nothing_was_stored(tries: list[int | None], fate: Fate) -> None:
    attempt = Attempt()
    for status in tries:
        attempt.went_out()
        if status is not None:
            attempt.answered(status)
    assert attempt.fate is fate
