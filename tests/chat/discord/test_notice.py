from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.discord import DiscordMessenger, render
from bot.domain.delivery import DeliveryKind, Message
from bot.domain.standing import ADVICE, Notice, Standing
from tests.chat.discord.examples import CHANNEL, NOON, delivery
from tests.chat.discord.test_render import HOSTILE, description, embed, kept, refused
from tests.fakes.discord import FakeDiscord

FAILING = Notice("Harbour Wire", Standing.FAILING, NOON, "the server answered 503 Service Unavailable")
GONE = Notice("Radio Lindenau", Standing.RETIRED, NOON, "410")
BACK = Notice("Old Port", Standing.WORKING, NOON - timedelta(days=3))


def notice(*notices: Notice, delivery: str = "d1") -> Message:
    return Message(delivery, DeliveryKind.NOTICE, notices=notices)


def test_notices_tell_the_gravest_first_and_what_to_do() -> None:
    card = render.message(notice(BACK, FAILING, GONE))
    assert embed(card)["title"] == "News of 3 feeds"
    lines = description(card).split("\n")
    at = int(NOON.timestamp())
    assert lines[:3] == ["**Gone for good**", "- Radio Lindenau", ADVICE[Standing.RETIRED]]
    assert f"- Harbour Wire · the server answered 503 Service Unavailable · since <t:{at}:R>" in lines
    assert lines[-1] == f"- Old Port · had failed since <t:{at - 3 * 86_400}:R>"
    assert refused(card) == []


def test_one_notice_says_it_in_its_title() -> None:
    card = render.message(notice(GONE, delivery="d7"))
    assert embed(card)["title"] == "A feed is gone for good"
    assert embed(card)["footer"]["text"] == "Parley · d7"


def test_many_feeds_are_counted() -> None:
    card = render.message(notice(*(Notice(f"Feed {n:04}", Standing.FAILING, NOON, "down") for n in range(10_000))))
    assert embed(card)["title"] == "10000 feeds are failing for a day now"
    assert "*+9992 more*" in description(card)


@pytest.mark.parametrize("raw", [*HOSTILE, "(" * 3000, "*_ " * 900, "word " * 700])
def test_hostile_names_and_errors_are_letters_and_fit(raw: str) -> None:
    notices = [Notice(raw, standing, NOON, raw) for standing in Standing for _ in range(40)]
    card = render.message(notice(*notices))
    assert len(description(card)) <= 4096
    kept(card)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            Notice,
            st.text(max_size=200),
            st.sampled_from(Standing),
            st.none() | st.just(NOON),
            st.text(alphabet="()*_[]\\ a<@", max_size=300),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_any_notices_keep_every_limit(notices: list[Notice]) -> None:
    card = render.message(notice(*notices))
    assert len(description(card)) <= 4096
    kept(card)


async def test_a_notice_is_posted_once_and_pings_nobody(discord: FakeDiscord, messenger: DiscordMessenger) -> None:
    sent = await messenger.post(delivery(DeliveryKind.NOTICE, story=None), notice(GONE))
    assert await messenger.find(delivery(DeliveryKind.NOTICE, story=None)) == sent
    (body,) = [b for method, path, b in discord.requests if f"{method} {path}" == f"POST /channels/{CHANNEL}/messages"]
    assert body["allowed_mentions"] == {"parse": []}
