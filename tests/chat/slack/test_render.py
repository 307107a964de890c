import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.slack import render
from bot.chat.slack.render import Card
from bot.domain.delivery import DeliveryKind, Message
from bot.domain.feed import Affiliation
from bot.domain.statement import Stance
from bot.domain.story import Said, Source, Summary
from bot.service.reply import Reply
from tests.chat.slack.examples import NOON, message, said, source, summary
from tests.fakes.slack_blocks import parts, problems, texts

STORY_KINDS = [k for k in DeliveryKind if k is not DeliveryKind.NOTICE]
HOSTILE = [
    "<!channel> <!here|x> <!subteam^S1> <@U123> <#C123>",
    "@channel @here @everyone",
    "*bold* _italic_ ~strike~ `code` ```block``` > quote",
    "https://evil.example/ <https://evil.example|bank> mailto:a@b.example",
    "&lt;!channel&gt; &amp;lt;",
    "<!date^1^{date}^https://evil.example|now>",
    ":skull: \u202eesrever\u202c zero\u200bwidth",
    '"}]}',
]


def seen(card: Card) -> str:
    return "\n".join(t for block in card.blocks for t in texts(block))


def body(card: Card) -> dict[str, Any]:
    return {"text": card.text, "blocks": card.blocks}


def marked_up(card: Card) -> list[str]:
    """All that Slack parses on its own: the notification's text, and every mrkdwn object."""
    return [card.text, *(m["text"] for b in card.blocks for m in parts(b, "mrkdwn"))]


def test_an_alert_tells_who_said_what_to_whom_and_who_reports_it() -> None:
    card = render.message(message())
    shown = seen(card)
    assert "Ceasefire" in card.blocks[0]["text"]["text"]
    for words in ("Mara Voss", "rejects · Ruritania", "“no truce is on the table”", "The Example"):
        assert words in shown
    assert [p["url"] for b in card.blocks for p in parts(b, "link")] == ["https://example.org/news/1"] * 2
    assert card.text == "Mara Voss rejects (ceasefire) — Minister rules out a truce — The Example"


def test_times_are_shown_in_the_readers_zone() -> None:
    assert f"<!date^{int(NOON.timestamp())}^" in seen(render.message(message()))
    assert "2026-03-01 12:00 UTC" in seen(render.message(message()))


def test_without_a_quote_the_evidence_stands_unquoted() -> None:
    shown = seen(render.message(message(DeliveryKind.ALERT, summary(statements=(said(quote=None),)))))
    assert "The foreign minister said no truce was on the table." in shown
    assert "“" not in shown


def test_state_media_and_languages_are_marked() -> None:
    sources = (
        source(publisher="Plain", language="und"),
        source(publisher="Organ", affiliation=Affiliation.STATE, language="ru", link=None),
        source(publisher="Ministry", affiliation=Affiliation.GOVERNMENT),
    )
    shown = seen(render.message(message(DeliveryKind.ALERT, summary(sources=sources)))).replace("\n", "")
    assert "Plain · Organ (state media, ru) · Ministry (government)" in shown


def test_what_is_too_much_is_counted() -> None:
    many = summary(statements=tuple(said(speaker=f"S{n}") for n in range(9)), sources=(source(),) * 11)
    shown = seen(render.message(message(DeliveryKind.ALERT, many)))
    assert "+4 more\n" in shown
    assert " · +3 more" in shown
    assert "+2 more" in seen(render.reply(Reply("Help", facts=(("name", "value"),) * 42)))


def test_a_story_of_two_topics_names_each_statements_own() -> None:
    two = summary(statements=(said(), said(topic="territory", stance=Stance.CLAIM)))
    shown = seen(render.message(message(DeliveryKind.ALERT, two)))
    assert "Ceasefire · Territory" in shown
    assert "claims · territory · Ruritania" in shown


def test_a_reply_says_that_it_continues_a_story() -> None:
    assert "New in this story" in seen(render.message(message(DeliveryKind.REPLY)))


def test_a_catch_up_lists_stories_in_one_message() -> None:
    stories = tuple(summary(title=f"Story number {n}") for n in range(20))
    card = render.message(message(DeliveryKind.CATCH_UP, *stories))
    shown = seen(card)
    assert "Catch-up: 20 earlier stories" in shown
    assert "Story number 14" in shown
    assert "Story number 15" not in shown
    assert "+5 more" in shown


def test_an_answer_shows_text_facts_and_stories() -> None:
    card = render.reply(Reply("Status", "All\nwell", (("Feeds", "3 polled"),), (summary(),)))
    shown = seen(card)
    for words in ("Status", "All\nwell", "Feeds", ": 3 polled", "Mara Voss"):
        assert words in shown
    assert card.text == "Status: All well"


@pytest.mark.parametrize("raw", HOSTILE)
def test_hostile_words_are_letters_everywhere(raw: str) -> None:
    """Rich text is never parsed, so feed text may only be there; what Slack parses must hold no control sequence."""
    evil = summary(
        title=raw,
        statements=(said(speaker=raw, evidence=raw, quote=raw, target=(raw,), topic=raw),),
        sources=(source(publisher=raw, link=raw, language=raw),),
    )
    cards = [render.message(message(kind, evil)) for kind in STORY_KINDS]
    cards.append(render.reply(Reply("Answer", raw, ((raw, raw),), (evil,))))
    for card in cards:
        assert problems(body(card)) == []
        for text in marked_up(card):
            rest = text.replace("<!date^", "", text.count("<!date^"))
            assert "<" not in rest
            assert not any(ping in rest.lower() for ping in ("@channel", "@here", "@everyone"))
        assert all(p["type"] in ("text", "link") for p in leaves(card))
        assert not set(seen(card)) & set("\u202e\u202c\u200b")


def leaves(card: Card) -> list[dict[str, Any]]:
    rows = [
        *[s for b in card.blocks for s in parts(b, "rich_text_section")],
        *[q for b in card.blocks for q in parts(b, "rich_text_quote")],
    ]
    return [leaf for row in rows for leaf in row["elements"]]


def test_no_feed_text_reaches_markup() -> None:
    """The small print is parsed by Slack: it may hold times and counts of ours, nothing else."""
    marked = summary(title="ZZZ", statements=(said(speaker="ZZZ", quote="ZZZ", target=("ZZZ",)),))
    marked = summary(title=marked.title, statements=marked.statements, sources=(source(publisher="ZZZ"),))
    for kind in STORY_KINDS:
        card = render.message(message(kind, marked))
        assert not any("ZZZ" in m["text"] for b in card.blocks for m in parts(b, "mrkdwn"))


def test_an_answer_of_enormous_words_still_fits() -> None:
    huge = "word " * 5_000
    evil = summary(
        title=huge,
        statements=(said(speaker=huge, quote=huge, target=(huge,) * 9),) * 9,
        sources=(source(publisher=huge),) * 9,
    )
    card = render.reply(Reply(huge, huge, ((huge, huge),) * 60, (evil,) * 14))
    assert problems(body(card)) == []
    assert "more" in seen(card)
    assert problems(body(render.message(message(DeliveryKind.CATCH_UP, *(evil,) * 20)))) == []


WORDS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="&<>@ a", max_size=300),
    st.sampled_from(["x" * 20_000, "word " * 5_000, "&" * 9_000, "", *HOSTILE]),
)
SAID = st.builds(
    Said,
    speaker=WORDS,
    speaker_text=WORDS,
    topic=WORDS,
    stance=st.sampled_from(Stance),
    target=st.lists(WORDS, max_size=6).map(tuple),
    evidence=WORDS,
    quote=st.none() | WORDS,
    confidence=st.floats(0, 1),
    revision=st.just(1),
    publisher=WORDS,
)
DATES = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
SOURCE = st.builds(
    Source,
    publisher=WORDS,
    affiliation=st.sampled_from(Affiliation),
    link=st.none() | WORDS | st.text(string.printable, max_size=60).map("https://example.org/".__add__),
    title=WORDS,
    language=WORDS,
    published=st.none() | DATES,
)
SUMMARY = st.builds(
    Summary,
    story=st.just(1),
    revision=st.just(1),
    title=WORDS,
    statements=st.lists(SAID, max_size=8).map(tuple),
    sources=st.lists(SOURCE, max_size=12).map(tuple),
    seen=DATES,
)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(STORY_KINDS), summaries=st.lists(SUMMARY, min_size=1, max_size=20).map(tuple))
def test_any_message_keeps_every_limit(kind: DeliveryKind, summaries: tuple[Summary, ...]) -> None:
    assert problems(body(render.message(Message("d1", kind, summaries)))) == []


@settings(max_examples=60, deadline=None)
@given(
    title=WORDS,
    text=WORDS,
    facts=st.lists(st.tuples(WORDS, WORDS), max_size=50).map(tuple),
    summaries=st.lists(SUMMARY, max_size=14).map(tuple),
)
def test_any_answer_keeps_every_limit(
    title: str, text: str, facts: tuple[tuple[str, str], ...], summaries: tuple[Summary, ...]
) -> None:
    assert problems(body(render.reply(Reply(title, text, facts, summaries)))) == []
