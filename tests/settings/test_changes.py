"""What the log tells of a changed settings file."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Settings
from bot.domain.feed import Affiliation, Feed, FullText
from bot.domain.subscription import Channel, Platform, Subscription
from bot.secret import Secret
from bot.settings.changes import Changes, changes, span
from bot.settings.values import duration

WIRE = Feed("Wire", "https://wire.example/rss?key=s3cret", "Wire")
RADIO = Feed("Radio", "https://radio.example/rss", "Radio")
HERE = Subscription(Channel(Platform.CONSOLE, "terminal"))
THERE = Subscription(Channel(Platform.DISCORD, "123456789012345678"))
BEFORE = Settings(
    feeds=(WIRE, RADIO), subscriptions=(HERE,), database_url=Secret("sqlite:///a.db"), config=Path("feeds.toml")
)


def applied(**new: object) -> tuple[str, ...]:
    found = changes(BEFORE, replace(BEFORE, **new))  # type: ignore[arg-type]  # tests give the right ones
    assert found.restart == ()
    return found.applied


def test_the_same_settings_differ_in_nothing() -> None:
    assert changes(BEFORE, replace(BEFORE, feeds=(RADIO, WIRE))) == Changes()


def test_feeds_come_go_and_change_with_a_line_each() -> None:
    new = Feed("Sea", "https://sea.example/rss", "Sea")
    slower = replace(WIRE, every=timedelta(minutes=15), language="uk")
    assert applied(feeds=(new, slower)) == (
        'feed "Sea": added',
        'feed "Wire": language none -> uk; every 5m -> 15m',
        'feed "Radio": removed',
    )


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": "Cable", "publisher": "Cable"}, "name Wire -> Cable"),
        ({"publisher": "Agency"}, "publisher its name -> Agency"),
        ({"affiliation": Affiliation.STATE}, "affiliation independent -> state"),
        ({"at_most": timedelta(days=1)}, "at_most 15m -> 1d"),
        ({"full_text": FullText.ALWAYS}, "full_text never -> always"),
    ],
)
def test_each_setting_of_a_feed_is_told(changed: dict[str, object], told: str) -> None:
    assert applied(feeds=(replace(WIRE, **changed), RADIO)) == (f'feed "Wire": {told}',)  # type: ignore[arg-type]


def test_a_new_address_is_told_without_what_may_be_a_key() -> None:
    (told,) = applied(feeds=(replace(WIRE, url="https://new.example/rss?key=oth3r"), RADIO))
    assert told.startswith('feed "Wire": has a new address at new.example; ')
    assert "s3cret" not in told
    assert "oth3r" not in told


def test_what_a_new_default_does_to_many_feeds_is_one_line() -> None:
    feeds = tuple(Feed(f"F{i}", f"https://{i}.example/rss", "P") for i in range(5))
    before = replace(BEFORE, feeds=feeds)
    after = replace(before, feeds=tuple(replace(f, every=timedelta(seconds=90)) for f in feeds))
    assert changes(before, after).applied == ("5 feeds: every 5m -> 90s",)


def test_channels_and_the_contact_are_told() -> None:
    choosy = replace(HERE, topics=frozenset({"ceasefire"}), conflicts=frozenset({"gaza"}), catch_up=timedelta(0))
    assert applied(subscriptions=(THERE, choosy), contact="ops@example.org") == (
        'channel "discord 123456789012345678": added',
        (
            'channel "console terminal": topics ceasefire, territory -> ceasefire; conflicts all -> gaza; '
            "catch_up 1d -> off"
        ),
        "contact: none -> ops@example.org",
    )
    assert applied(subscriptions=()) == ('channel "console terminal": removed',)


def test_a_folder_of_lexicons_that_is_there_now_is_named_without_a_variable() -> None:
    assert changes(BEFORE, replace(BEFORE, lexicons=Path("lexicons"))).restart == ("the folder of lexicons",)


def test_what_was_built_in_at_the_start_takes_a_restart_and_no_secret_is_told() -> None:
    after = replace(BEFORE, database_url=Secret("sqlite:///b.db"), discord_token=Secret("t0ken"), http=None)
    assert changes(BEFORE, after) == Changes(
        restart=("PARLEY_DATABASE_URL", "PARLEY_DISCORD_TOKEN", "PARLEY_HTTP"),
    )


@pytest.mark.parametrize("text", ["90s", "5m", "2h", "1d", "3601s"])
def test_time_spans_are_written_as_they_are_read(text: str) -> None:
    assert span(duration(text)) == text
