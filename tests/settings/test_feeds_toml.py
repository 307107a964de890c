"""Broken files in, exact mistakes out: line, what, mend."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.feed import Affiliation, Feed, FullText
from bot.domain.subscription import Channel, Platform, Subscription
from bot.errors import Mistake
from bot.settings.feeds_toml import FeedsReader, FeedsToml

GOOD = """
[defaults]
every = "10m"
full_text = "flagged"
contact = "ops@example.org"
catch_up = "6h"

[[feed]]
name = "Ruritania Today"
url = "https://news.example.org/rss"
publisher = "Ruritania Press"
affiliation = "state"
language = "EN"
every = "2h"
full_text = "never"

[[feed]]
name = "Plain"
url = "https://plain.example.org/rss"

[[channel]]
platform = "discord"
id = "123456789012345678"
topics = ["territory"]
conflicts = ["ukraine"]
catch_up = "off"

[[channel]]
platform = "console"
id = "terminal"
"""
FEED = '[[feed]]\nname = "A"\nurl = "https://a.example/rss"\n'
ALL = frozenset(Platform)


def read(text: str, ready: frozenset[Platform] = ALL) -> tuple[FeedsToml, list[Mistake]]:
    reader = FeedsReader(
        text,
        source="feeds.toml",
        ready=ready,
        topics=("ceasefire", "territory", "control"),
        conflicts=("gaza", "ukraine"),
    )
    found = reader.read()
    assert all(m.source == "feeds.toml" for m in reader.mistakes)
    return found, reader.mistakes


def mistakes(text: str, ready: frozenset[Platform] = ALL) -> list[tuple[int | None, str, str]]:
    return [(m.line, m.what, m.mend) for m in read(text, ready)[1]]


def test_a_good_file() -> None:
    found, wrong = read(GOOD)
    assert wrong == []
    assert found.contact == "ops@example.org"
    assert found.feeds == (
        Feed(
            name="Ruritania Today",
            url="https://news.example.org/rss",
            publisher="Ruritania Press",
            affiliation=Affiliation.STATE,
            language="en",
            every=timedelta(hours=2),
            full_text=FullText.NEVER,
        ),
        Feed(
            name="Plain",
            url="https://plain.example.org/rss",
            publisher="Plain",
            every=timedelta(minutes=10),
            full_text=FullText.FLAGGED,
        ),
    )
    assert found.subscriptions == (
        Subscription(
            Channel(Platform.DISCORD, "123456789012345678"),
            topics=frozenset({"territory"}),
            conflicts=frozenset({"ukraine"}),
            catch_up=timedelta(0),
        ),
        Subscription(Channel(Platform.CONSOLE, "terminal"), catch_up=timedelta(hours=6)),
    )


def test_windows_line_ends_and_a_good_file_are_the_same() -> None:
    assert read(GOOD.replace("\n", "\r\n")) == read(GOOD)


URL_MEND = 'write it as in a browser: "https://example.org/rss.xml"'


@pytest.mark.parametrize(
    ("text", "line", "what", "mend"),
    [
        # --- TOML itself ---
        ('[[feed]]\nname = "A\n', 2, "not valid TOML: Illegal character '\\n'", "close the quotes"),
        ("[[feed]]\nname = A\n", 2, "not valid TOML: Invalid value", 'put text between double quotes: key = "value"'),
        ("a = 1\n<<<<<<< Updated upstream\nb = 2\n", 2, "not valid TOML", "git left two versions here: keep"),
        ("[[feed]\nname = 1\n", 1, "not valid TOML: Expected ']]' at the end", "close the header: [[feed]]"),
        ("[[feed]]\nname\n", 2, "not valid TOML: Expected '=' after a key", 'write key = "value"'),
        ('[[feed]]\nname = "A"\nname = "B"\n', 3, "not valid TOML: Cannot overwrite a value", "it is there twice"),
        ('[[feed]]\nlist = ["a",\n\n', 2, "not valid TOML: Invalid value", "a list is not closed with ]"),
        ('[[feed]]\nlist = ["a"\nb = 1\n', 3, "not valid TOML: Unclosed array", "close the list with ]"),
        (f"{FEED}deep = {'[' * 5000}", None, "brackets are nested too deeply", "keep lists flat"),
        (f"{FEED}big = {'9' * 5000}", None, "not valid TOML: Exceeds the limit", ""),
        # --- tables ---
        ("", None, "there is no feed", "add a [[feed]] with a name and a url"),
        (f"{FEED}[[feeds]]\n", 4, '"feeds" is no table of this file', 'did you mean "feed"?'),
        (f"colour = 1\n{FEED}", 1, '"colour" is no table', "known: defaults, feed, channel"),
        ('[feed]\nname = "A"\n', 1, "feed is not a list of tables", "write [[feed]] with two pairs of brackets"),
        ("feed = [1]\n", 1, "feed is not a list of tables", "write [[feed]] with two pairs of brackets"),
        (f"{FEED}[[defaults]]\n", 4, "defaults is not a table", "write [defaults] with one pair of brackets"),
        # --- feeds ---
        ('[[feed]]\nurl = "https://a.example/"\n', 1, "feed 1: name is missing", 'add name = "…"'),
        (f'{FEED}affilation = "state"\n', 4, 'feed "A": "affilation" is no setting of [feed]', '"affiliation"?'),
        (f'{FEED}affiliation = "publik"\n', 4, 'affiliation = "publik" is unknown', 'did you mean "public"?'),
        (f"{FEED}affiliation = true\n", 4, "affiliation = true is unknown", "known: independent, public, state"),
        (f'{FEED}full_text = "alway"\n', 4, 'full_text = "alway" is unknown', 'did you mean "always"?'),
        (f"{FEED}every = 5\n", 4, 'feed "A": every = 5 is not a time span', 'for example "5m"'),
        (f'{FEED}every = "5 minutes"\n', 4, 'every = "5 minutes" is not a time span', 'for example "5m"'),
        (f'{FEED}every = "30s"\n', 4, 'every = "30s" is less than a minute', 'write "1m" at the least'),
        (f'{FEED}every = "0s"\n', 4, 'every = "0s" is no interval', 'write "5m"'),
        (f'{FEED}every = "2d"\n', 4, 'every = "2d" is longer than a day', 'write "24h" at the most'),
        (f'{FEED}language = "english"\n', 4, 'language = "english" is not a language code', 'for example "en"'),
        (f'{FEED}publisher = ""\n', 4, 'publisher = "" is empty', "write a name people know"),
        (f'{FEED}publisher = "a\\u001bb"\n', 4, 'publisher = "a\\u001bb" holds a control', "one plain line"),
        (f'{FEED}publisher = "{"x" * 81}"\n', 4, f'publisher = "{"x" * 59}…" is longer than 80', "shorten it"),
        (f"{FEED}publisher = {{a = 1}}\n", 4, "publisher = a table is not text", "put it between double quotes"),
        # --- addresses ---
        ('[[feed]]\nname = "A"\nurl = "ftp://a.example/"\n', 3, 'url = "ftp://a.example/" is not an http(s)', URL_MEND),
        ('[[feed]]\nname = "A"\nurl = "htps://a.example/"\n', 3, "is not an http(s)", 'mean "https://a.example/"?'),
        ('[[feed]]\nname = "A"\nurl = "feed://a.example/"\n', 3, "is not an http(s)", 'mean "https://a.example/"?'),
        ('[[feed]]\nname = "A"\nurl = "a.example/rss"\n', 3, "has no https://", 'mean "https://a.example/rss"?'),
        ('[[feed]]\nname = "A"\nurl = "https://"\n', 3, 'url = "https://" is not an address', URL_MEND),
        ('[[feed]]\nname = "A"\nurl = "https://[::1/"\n', 3, "is not an address", URL_MEND),
        ('[[feed]]\nname = "A"\nurl = "https://a.example:99999/"\n', 3, "is not an address", URL_MEND),
        ('[[feed]]\nname = "A"\nurl = "https://a.example/a b"\n', 3, "is not an address", URL_MEND),
        (
            '[[feed]]\nname = "A"\nurl = "https://me:hunter2@a.example/"\n',
            3,
            'url = "https://***@a.example/" holds a user name or a password',
            "leave them out",
        ),
        # --- channels ---
        (f'{FEED}[[channel]]\nplatform = "slak"\nid = "C0123456"\n', 5, 'platform = "slak" is unknown', '"slack"?'),
        (f'{FEED}[[channel]]\nplatform = "discord"\n', 4, "channel 1: id is missing", 'add id = "…"'),
        (f'{FEED}[[channel]]\nplatform = "discord"\nid = 12\n', 6, "channel 1: id = 12 is not text", "quotes"),
        (
            f'{FEED}[[channel]]\nplatform = "discord"\nid = "general"\n',
            6,
            "is not a channel of discord",
            "Copy Channel",
        ),
        (f'{FEED}[[channel]]\nplatform = "slack"\nid = "#news"\n', 6, "is not a channel of slack", "begins with C"),
        (
            f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\ntopics = [\n  "ceasefire",\n  "teritory",\n]\n',
            9,
            'channel "t": topics holds "teritory", which is unknown',
            'did you mean "territory"?',
        ),
        (
            f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\nconflicts = ["Mars"]\n',
            7,
            'channel "t": conflicts holds "Mars", which is unknown',
            "known: gaza, ukraine",
        ),
        (f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\ntopics = []\n', 7, "topics is empty", "leave it out"),
        (
            f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\nconflicts = []\n',
            7,
            "conflicts is empty",
            "leave it out to get all",
        ),
        (
            f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\ntopics = "x"\n',
            7,
            "is not a list",
            'write topics = ["…"',
        ),
        (f'{FEED}[[channel]]\nplatform = "console"\nid = "t"\ncatch_up = "8d"\n', 7, "more than a week", '"7d"'),
        # --- defaults ---
        (f'[defaults]\ncontact = "me"\n{FEED}', 2, 'defaults: contact = "me" is neither a mail', "you@example.org"),
        (f'[defaults]\ncontact = "a@b.org)\\r\\nX: y"\n{FEED}', 2, "is neither a mail", "you@example.org"),
        (f'[defaults]\nevery = "10s"\n{FEED}{FEED.replace("A", "B").replace("a.", "b.")}', 2, "less than a minute", ""),
    ],
)
def test_one_mistake(text: str, line: int | None, what: str, mend: str) -> None:
    found = mistakes(text)
    assert len(found) == 1, found
    assert found[0][0] == line
    assert what in found[0][1]
    assert mend in found[0][2]
    assert "hunter2" not in str(found)


def test_every_mistake_is_told_at_once_from_top_to_bottom() -> None:
    text = (
        '[defaults]\nevry = "5m"\n'
        '[[feed]]\nname = "A"\nurl = "https://a.example/rss?utm_source=x"\nevery = "1s"\nlanguage = 1\n'
        '[[feed]]\nname = "a"\nurl = "http://A.example/rss/"\naffiliation = "none"\n'
        '[[channel]]\nplatform = "console"\nid = "t"\ntopics = ["sport"]\ncatch_up = 1\n'
        '[[channel]]\nplatform = "console"\nid = "T"\n'
        "[[chanel]]\n"
    )
    assert [(line, what) for line, what, _ in mistakes(text)] == [
        (2, 'defaults: "evry" is no setting of [defaults]'),
        (6, 'feed "A": every = "1s" is less than a minute'),
        (7, 'feed "A": language = 1 is not text'),
        (9, 'feed "a": name = "a" is already on line 4'),
        (10, 'feed "a": url = "http://A.example/rss/" is already on line 5'),
        (11, 'feed "a": affiliation = "none" is unknown'),
        (15, 'channel "t": topics holds "sport", which is unknown'),
        (16, 'channel "t": catch_up = 1 is not a time span'),
        (19, 'channel "T": id = "T" is already on line 14'),
        (20, '"chanel" is no table of this file'),
    ]


@pytest.mark.parametrize("url", ["nonsense", "http://[::1", "https://a.example:x/"])
def test_a_feed_with_a_bad_address_is_still_checked_for_its_interval(url: str) -> None:
    told = mistakes(f'[[feed]]\nname = "A"\nurl = "{url}"\nevery = "10s"\n')
    assert [line for line, _, _ in told] == [3, 4]
    assert told[1][1] == 'feed "A": every = "10s" is less than a minute'


def test_a_channel_needs_its_platforms_token() -> None:
    text = f'{FEED}[[channel]]\nplatform = "discord"\nid = "123456789012345678"\n'
    told = mistakes(text, frozenset({Platform.CONSOLE}))
    assert told == [(5, 'channel "123456789012345678": there is no token for discord', "set PARLEY_DISCORD_TOKEN")]
    assert mistakes(text, frozenset({Platform.CONSOLE, Platform.DISCORD})) == []


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "127.8.9.10", "localhost", "[::1]:80"])
def test_this_machines_own_feeds_may_be_polled_every_second(host: str) -> None:
    found, wrong = read(f'[[feed]]\nname = "A"\nurl = "http://{host}/rss"\nevery = "1s"\n')
    assert wrong == []
    assert found.feeds[0].every == timedelta(seconds=1)


@pytest.mark.parametrize("host", ["127.0.0.1.example.org", "localhost.example.org", "10.0.0.1"])
def test_others_may_not(host: str) -> None:
    assert len(mistakes(f'[[feed]]\nname = "A"\nurl = "http://{host}/rss"\nevery = "1s"\n')) == 1


PIECES = st.sampled_from(
    [
        *GOOD.splitlines(keepends=True),
        *"[]{}\"'=\\#\n\x00\u202e,.",
        "[[",
        "'''",
        '"""',
        "\r",
        "inf",
        "1979-05-27",
        "feed",
    ]
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_any_text_ends_in_settings_or_in_mistakes(text: str) -> None:
    found, wrong = read(text)
    assert wrong or found.feeds
    for mistake in wrong:
        assert mistake.line is None or 1 <= mistake.line <= text.count("\n") + 1
        assert str(mistake).isprintable()


def test_the_longest_interval_is_the_feeds_own_else_the_default_one() -> None:
    text = '[defaults]\nat_most = "1h"\n' + FEED + FEED.replace("A", "B").replace("a.e", "b.e") + 'at_most = "20m"\n'
    found, wrong = read(text)
    assert wrong == []
    assert [f.at_most for f in found.feeds] == [timedelta(hours=1), timedelta(minutes=20)]


def test_the_longest_interval_is_no_shorter_than_the_shortest() -> None:
    assert mistakes(FEED + 'every = "10m"\nat_most = "5m"\n') == [
        (
            5,
            'feed "A": at_most = "5m" is shorter than every = "10m"',
            "at_most is the longest time between two polls, every the shortest: swap the two, or leave one out",
        )
    ]
