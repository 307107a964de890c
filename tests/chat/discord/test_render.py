import re
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat.discord import render
from bot.chat.discord.render import Card
from bot.chat.discord.text import literal, web_address
from bot.domain.delivery import DeliveryKind, Message
from bot.domain.feed import Affiliation
from bot.domain.statement import Stance
from bot.domain.story import Said, Source, Summary
from bot.service.reply import Reply
from tests.chat.discord.examples import CHANNEL, NOON, message, said, source, summary
from tests.fakes import openapi

STORY_KINDS = [k for k in DeliveryKind if k is not DeliveryKind.NOTICE]
HOSTILE = [
    "<@123> <@!123> <@&123> <#123> </latest:1> <id:guide>",
    "@everyone @here",
    "**bold** _italic_ ~~strike~~ ||spoiler|| `code` ```block``` __u__",
    "# heading",
    "-# small print",
    "> quote >>> more",
    "- list * list",
    "1. list",
    "[bank](https://evil.example) [x]( <https://evil.example> )",
    "https://evil.example/ <https://evil.example> http://evil.example steam://run/1 discord.gg/abc",
    "<t:0:R> <:skull:1> <a:x:1> :skull:",
    "line\nbreak\r\u2028\u2029 \u202eesrever\u202c zero\u200bwidth \ufeff",
    "trailing backslash \\",
    "\\\\*x\\\\*",
    '"}]}',
]
# The markup that we write ourselves: a speaker in bold, "+n more", quotes, lists, times, links.
OURS = re.compile(
    r"^(?:- )?\*\*(?P<bold>(?:[^*\\]|\\.)*)\*\*(?=$| )|^\*\+\d+ more(?: statements)?\*$|^> |^- |<t:-?\d+:R>|"
    r"\[(?P<words>(?:[^\[\]\\]|\\.)*)\]\(https?://[^()\s]+\)",
    re.MULTILINE,
)


def embed(card: Card) -> dict[str, Any]:
    (only,) = card.embeds
    return only


def alert(shown: Summary) -> Message:
    return message(DeliveryKind.ALERT, shown)


def description(card: Card) -> str:
    return str(embed(card)["description"])


def parsed(card: Card) -> list[str]:
    """Every text in which Discord reads markup."""
    texts = [card.content]
    for each in card.embeds:
        texts += [each.get("title", ""), each.get("description", "")]
        texts += [f[part] for f in each.get("fields", []) for part in ("name", "value")]
    return texts


def markup(text: str) -> str:
    """What Discord would read as markup beyond what we write ourselves."""
    others = OURS.sub(lambda m: m["bold"] or m["words"] or "", text)
    letters = re.sub(r"\\[^0-9A-Za-z\s]", "", others)
    return "".join(re.findall(r"[\\`*_~|<>\[\]@#]|https?://|^\s*(?:[-+] |\d+\. )", letters, re.MULTILINE))


def refused(card: Card) -> list[str]:
    body: dict[str, Any] = {"embeds": card.embeds, "content": card.content}
    return openapi.problems("POST", f"/channels/{CHANNEL}/messages", {}, body)


def test_an_alert_tells_who_said_what_in_which_words_and_who_reports_it() -> None:
    shown = embed(render.message(message()))
    assert shown["author"]["name"] == "Ceasefire"
    assert shown["title"] == "Minister rules out a truce"
    assert shown["url"] == "https://example.org/news/1"
    assert shown["description"].splitlines() == [
        "**Mara Voss** rejects · Ruritania",
        "> “no truce is on the table”",
        "",
        "[The Example](https://example.org/news/1)",
        f"published <t:{int(NOON.timestamp())}:R>",
    ]
    assert shown["footer"]["text"] == render.carried("d1")


def test_a_late_find_says_when_it_was_found() -> None:
    late = summary(seen=NOON + timedelta(hours=2))
    assert f"first seen <t:{int(NOON.timestamp()) + 7200}:R>" in description(render.message(alert(late)))


def test_without_a_quote_the_evidence_stands_unquoted() -> None:
    shown = description(render.message(alert(summary(statements=(said(quote=None),)))))
    assert "> The foreign minister said no truce was on the table." in shown
    assert "“" not in shown


def test_state_media_and_languages_are_marked() -> None:
    sources = (
        source(publisher="Plain", language="und"),
        source(publisher="Organ", affiliation=Affiliation.STATE, language="ru", link=None),
        source(publisher="Ministry", affiliation=Affiliation.GOVERNMENT, link=None),
    )
    shown = description(render.message(alert(summary(sources=sources))))
    assert "[Plain](https://example.org/news/1) · Organ (state media, ru) · Ministry (government)" in shown


def test_what_is_too_much_is_counted() -> None:
    nine = tuple(said(speaker=f"S{n}", quote=f"words {n}") for n in range(9))
    many = summary(statements=nine, sources=(source(),) * 12)
    shown = description(render.message(alert(many)))
    assert "*+4 more statements*" in shown
    assert " · +4 more" in shown


def test_long_statements_make_room_for_each_other_and_for_the_sources() -> None:
    words = "word " * 500
    many = summary(statements=tuple(said(speaker=f"S{n}", quote=f"{n} {words}") for n in range(5)))
    shown = description(render.message(alert(many)))
    assert shown.count("…”") >= 4
    assert "The Example" in shown
    assert len(shown) <= 4096


def test_statements_that_rest_on_the_same_words_share_them() -> None:
    two = summary(statements=(said(), said(topic="territory"), said(quote="something else")))
    assert description(render.message(alert(two))).splitlines()[:6] == [
        "**Mara Voss** rejects · ceasefire · Ruritania",
        "**Mara Voss** rejects · territory · Ruritania",
        "> “no truce is on the table”",
        "",
        "**Mara Voss** rejects · ceasefire · Ruritania",
        "> “something else”",
    ]


def test_a_story_of_two_topics_names_each_statements_own() -> None:
    two = summary(statements=(said(), said(topic="territory", stance=Stance.CLAIM)))
    shown = render.message(alert(two))
    assert embed(shown)["author"]["name"] == "Ceasefire · Territory"
    assert "claims · territory · Ruritania" in description(shown)


def test_each_topic_has_its_colour() -> None:
    colours = {
        embed(render.message(alert(summary(statements=(said(topic=t),)))))["color"]
        for t in ("ceasefire", "territory", "control", "other")
    }
    assert len(colours) == 4


def test_a_reply_says_that_it_continues_a_story() -> None:
    shown = embed(render.message(message(DeliveryKind.REPLY)))
    assert shown["author"]["name"] == "New in this story: Ceasefire"


def test_a_catch_up_lists_stories_in_one_message() -> None:
    stories = tuple(summary(title=f"Story number {n}") for n in range(20))
    shown = render.message(message(DeliveryKind.CATCH_UP, *stories))
    assert embed(shown)["title"] == "Catch-up: 20 earlier stories"
    assert "[Story number 14](https://example.org/news/1)" in description(shown)
    assert "Story number 15" not in description(shown)
    assert "*+5 more*" in description(shown)


def test_an_answer_shows_text_facts_and_stories() -> None:
    card = render.reply(Reply("Status", "All\nwell", (("Feeds", "3 polled"),), (summary(),)))
    head, story = card.embeds
    assert (head["title"], head["description"]) == ("Status", "All\nwell")
    assert head["fields"] == [{"name": "Feeds", "value": "3 polled", "inline": True}]
    assert "Mara Voss" in story["description"]


def test_ten_ordinary_stories_fit_into_one_answer_whole() -> None:
    ten = tuple(summary(title=f"Story number {n}", story=n) for n in range(10))
    card = render.reply(Reply("Latest statements", summaries=ten))
    assert card.content == "**Latest statements**"
    assert [e["title"] for e in card.embeds] == [s.title for s in ten]
    assert all("“no truce is on the table”" in e["description"] for e in card.embeds)
    assert refused(card) == []


def test_stories_beyond_discords_ten_are_counted() -> None:
    card = render.reply(Reply("Latest", "text", summaries=(summary(),) * 12))
    assert len(card.embeds) == 10
    assert card.embeds[-1]["footer"]["text"] == "+3 more"


def test_an_answer_without_anything_still_has_a_title() -> None:
    assert embed(render.reply(Reply("Nothing")))["title"] == "Nothing"


@pytest.mark.parametrize("raw", HOSTILE)
def test_hostile_words_are_letters_everywhere(raw: str) -> None:
    evil = summary(
        title=raw,
        statements=(said(speaker=raw, evidence=raw, quote=raw, target=(raw,), topic=raw), said(topic="x")),
        sources=(source(publisher=raw, link=raw, language=raw), source(publisher=raw, affiliation=Affiliation.STATE)),
    )
    cards = [render.message(message(kind, evil)) for kind in STORY_KINDS]
    cards.append(render.reply(Reply(raw, raw, ((raw, raw),), (evil,))))
    for card in cards:
        for text in parsed(card):
            assert markup(text) == "", text
        assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069\ufeff\u2028\u2029\r\x00]", str(card))
        # A link leads only where a source's own, valid address does.
        assert set(re.findall(r"\]\((.*?)\)", "".join(parsed(card)))) <= {
            "https://example.org/news/1",
            web_address(raw),
        }
        assert refused(card) == []


@pytest.mark.parametrize(
    "text",
    ["so **bold**", "*x*", "# head", "<@1>", "see https://evil.example", "1. x", "`x`", "||x||", "[x](y)", "@here"],
)
def test_the_check_for_markup_sees_markup(text: str) -> None:
    assert markup(text) != ""
    assert markup(literal(text, 100)) == ""


WORDS = st.one_of(
    st.text(max_size=60),
    st.sampled_from(HOSTILE),
    st.builds(lambda w, n: w * n, st.sampled_from(["(", "word ", "\u548c", "😀", "*_", "a"]), st.integers(1, 3000)),
)
LINKS = st.one_of(st.none(), WORDS, st.builds(lambda n: "https://example.org/" + "a" * n, st.integers(0, 2500)))
TIMES = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis asks for naive bounds
SAID = st.builds(
    Said,
    speaker=WORDS,
    speaker_text=WORDS,
    topic=st.sampled_from(["ceasefire", "territory", "control", "x" * 300, "_"]),
    stance=st.sampled_from(list(Stance)),
    target=st.lists(WORDS, max_size=6).map(tuple),
    evidence=WORDS,
    quote=st.none() | WORDS,
    confidence=st.just(0.5),
    revision=st.just(1),
    publisher=WORDS,
)
SOURCES = st.builds(
    Source,
    publisher=WORDS,
    affiliation=st.sampled_from(list(Affiliation)),
    link=LINKS,
    title=WORDS,
    language=st.sampled_from(["en", "ru", string.printable]),
    published=st.none() | TIMES,
)
SUMMARIES = st.builds(
    Summary,
    story=st.just(1),
    revision=st.just(1),
    title=WORDS,
    statements=st.lists(SAID, max_size=8).map(tuple),
    sources=st.lists(SOURCES, max_size=12).map(tuple),
    seen=TIMES,
)
REPLIES = st.builds(
    Reply,
    title=WORDS,
    text=WORDS,
    facts=st.lists(st.tuples(WORDS, WORDS), max_size=40).map(tuple),
    summaries=st.lists(SUMMARIES, max_size=14).map(tuple),
)


def kept(card: Card) -> None:
    assert refused(card) == []
    for text in parsed(card):
        assert markup(text) == "", text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(STORY_KINDS), st.lists(SUMMARIES, min_size=1, max_size=20))
def test_every_message_keeps_every_limit(kind: DeliveryKind, summaries: list[Summary]) -> None:
    kept(render.message(Message("d" * 25, kind, tuple(summaries))))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(REPLIES)
def test_every_answer_keeps_every_limit(answer: Reply) -> None:
    kept(render.reply(answer))


@pytest.mark.parametrize("words", ["(" * 3000, "word " * 700, "*_ " * 900])
@pytest.mark.parametrize("facts", [0, 25])
@pytest.mark.parametrize("alike", [True, False])
def test_the_longest_answer_keeps_every_limit(words: str, facts: int, alike: bool) -> None:
    said_much = [
        said(
            speaker=words,
            topic=("a" * 50, "b" * 50)[n % 2],
            stance=Stance.CONDITION,
            target=(words, words),
            quote=words if alike else f"{n} {words}",
        )
        for n in range(9)
    ]
    reported = source(publisher=words, language=words, affiliation=Affiliation.STATE)
    story = summary(title=words, statements=tuple(said_much), sources=(reported,) * 12, seen=NOON + timedelta(days=1))
    kept(render.reply(Reply(words, words if facts else "", ((words, words),) * facts, (story,) * 10)))
    for kind in STORY_KINDS:
        kept(render.message(message(kind, story)))
