from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.slack import SlackMessenger, render
from bot.domain.delivery import DeliveryKind, Message
from bot.domain.standing import ADVICE, Notice, Standing
from tests.chat.slack.examples import CHANNEL, NOON, delivery
from tests.chat.slack.test_render import HOSTILE, body, marked_up, seen
from tests.fakes.slack import FakeSlack
from tests.fakes.slack_blocks import problems

FAILING = Notice("Harbour Wire", Standing.FAILING, NOON, "the server answered 503 Service Unavailable")
GONE = Notice("Radio Lindenau", Standing.RETIRED, NOON, "410")
BACK = Notice("Old Port", Standing.WORKING, NOON - timedelta(days=3))


def notice(*notices: Notice) -> Message:
    return Message("d1", DeliveryKind.NOTICE, notices=notices)


def test_notices_tell_the_gravest_first_and_what_to_do() -> None:
    card = render.message(notice(BACK, FAILING, GONE))
    shown = seen(card)
    order = ["News of 3 feeds", "Gone for good", "Radio Lindenau", ADVICE[Standing.RETIRED], "Failing for a day now"]
    order += ["Harbour Wire", ": the server answered 503 Service Unavailable", "Working again", "Old Port"]
    assert [shown.index(words) for words in order] == sorted(shown.index(words) for words in order)
    assert f"<!date^{int(NOON.timestamp())}^" in shown
    assert card.text.startswith("News of 3 feeds. Gone for good: Radio Lindenau; Failing for a day now: Harbour Wire")
    assert problems(body(card)) == []


def test_many_feeds_are_counted() -> None:
    card = render.message(notice(*(Notice(f"Feed {n:04}", Standing.RETIRED, NOON) for n in range(10_000))))
    assert "+9985 more" in seen(card)
    assert problems(body(card)) == []


@pytest.mark.parametrize("raw", [*HOSTILE, "x" * 20_000, "&" * 9_000])
def test_hostile_names_and_errors_do_nothing(raw: str) -> None:
    card = render.message(notice(*(Notice(raw, standing, NOON, raw) for standing in Standing for _ in range(40))))
    assert problems(body(card)) == []
    for words in marked_up(card):
        assert "<!channel" not in words
        assert "<@" not in words
        assert "@here" not in words


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Notice, st.text(max_size=200), st.sampled_from(Standing), st.none() | st.just(NOON), st.text(max_size=300)
        ),
        min_size=1,
        max_size=60,
    )
)
def test_any_notices_keep_every_limit(notices: list[Notice]) -> None:
    assert problems(body(render.message(notice(*notices)))) == []


async def test_a_notice_is_posted_and_found_again(slack: FakeSlack, messenger: SlackMessenger) -> None:
    sent = await messenger.post(delivery(DeliveryKind.NOTICE, story=None), notice(GONE))
    assert await messenger.find(delivery(DeliveryKind.NOTICE, story=None)) == sent
    assert len(slack.messages[CHANNEL]) == 1
