"""Message and Reply -> Block Kit. Pure; whatever the feeds hold, the result keeps every limit of Slack's."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.chat.plain import plain
from bot.chat.slack import notice
from bot.chat.slack.blocks import (
    Block,
    Element,
    bullets,
    context,
    header,
    length,
    link,
    moment,
    quote,
    rich,
    section,
    text,
)
from bot.chat.slack.text import escape
from bot.domain.delivery import DeliveryKind, Message
from bot.domain.feed import Affiliation
from bot.domain.statement import VERBS
from bot.domain.story import Said, Source, Summary
from bot.service.reply import Reply

MAX_FALLBACK = 4000
MAX_TITLE = 300
MAX_NAME = 120
MAX_QUOTE = 600
MAX_STATEMENTS = 5
MAX_SOURCES = 8
MAX_CAUGHT_UP = 15
MAX_CARDS = 10
MAX_FACTS = 40
MAX_VALUE = 1200
MIN_VALUE = 60
ALL_FACTS = 7000
MAX_TEXT = 2000
# All words of a message together. Slack gives 12,000 as the limit of its markdown block and none for rich text.
MAX_ALL = 11_000
GAP = text("\n")

# Readers must see at a glance that a government speaks through this outlet.
MARKS = {Affiliation.STATE: "state media", Affiliation.GOVERNMENT: "government"}


@dataclass(frozen=True, slots=True)
class Card:
    """What Slack is sent: the blocks people see, and the text of the notification and of screen readers."""

    blocks: list[Block]
    text: str


def message(shown: Message) -> Card:
    """The card of an alert, an update, a reply in its thread, a catch-up, or notices."""
    if shown.kind is DeliveryKind.CATCH_UP:
        return _catch_up(shown.summaries)
    if shown.kind is DeliveryKind.NOTICE:
        return Card(notice.blocks(shown.notices), notice.fallback(shown.notices))
    summary = shown.summaries[0]
    label = _topics(summary)
    if shown.kind is DeliveryKind.REPLY:
        label = f"New in this story: {label}"
    first_seen = f"first seen by Parley {moment(summary.seen)}"
    blocks = [header(label), rich(*_story(summary)), context(f"published {moment(summary.published)}", first_seen)]
    return Card(blocks, _fallback(summary))


def reply(answer: Reply) -> Card:
    """The answer to a command."""
    blocks = [header(answer.title)]
    if answer.text:
        blocks.append(rich(section(text(plain(answer.text, MAX_TEXT, lines=True)))))
    if answer.facts:
        blocks.append(rich(*_facts(answer.facts[:MAX_FACTS])))
        if len(answer.facts) > MAX_FACTS:
            blocks.append(context(f"+{len(answer.facts) - MAX_FACTS} more"))
    stories = _fitting((_story(s) for s in answer.summaries[:MAX_CARDS]), MAX_ALL - length(blocks))
    for summary, story in zip(answer.summaries, stories, strict=False):
        blocks += [{"type": "divider"}, rich(*story), context(f"published {moment(summary.published)}")]
    hidden = len(answer.summaries) - len(stories)
    if hidden:
        blocks.append(context(f"+{hidden} more"))
    words = ": ".join(w for w in (answer.title, answer.text) if w)
    return Card(blocks, escape(plain(words, MAX_FALLBACK), MAX_FALLBACK))


def _facts(facts: tuple[tuple[str, str], ...]) -> list[Element]:
    room = max(min(MAX_VALUE, ALL_FACTS // len(facts) - MAX_NAME), MIN_VALUE)
    return [
        section(text(plain(name, MAX_NAME), bold=True), text(": " + plain(value, room, lines=True) + "\n"))
        for name, value in facts
    ]


def _fitting(pieces: Iterable[list[Element]], room: int) -> list[list[Element]]:
    """The first pieces that have room together."""
    kept = []
    for piece in pieces:
        room -= length(piece)
        if room < 0:
            break
        kept.append(piece)
    return kept


def _story(summary: Summary) -> list[Element]:
    """The title, then who said what in their own words, then who reports it."""
    first = next((s.link for s in summary.sources if s.link), None)
    parts = [section(link(first, plain(summary.title, MAX_TITLE), bold=True), GAP)]
    for said in summary.statements[:MAX_STATEMENTS]:
        parts += [section(*_who_said_what(said, topic=len(summary.topics) > 1)), quote(_words(said))]
    hidden = len(summary.statements) - MAX_STATEMENTS
    if hidden > 0:
        parts.append(section(text(f"+{hidden} more\n", italic=True)))
    if summary.sources:
        parts.append(section(*_sources(summary.sources)))
    return parts


def _who_said_what(said: Said, *, topic: bool) -> list[Element]:
    """`topic`: name it too, where no headline does."""
    about = ", ".join(plain(t, MAX_NAME) for t in said.target[:4])
    words = [f" {VERBS[said.stance]}", plain(said.topic, 40) if topic else "", about]
    return [text(plain(said.speaker, MAX_NAME), bold=True), text(" · ".join(w for w in words if w))]


def _words(said: Said) -> str:
    return f"“{plain(said.quote, MAX_QUOTE)}”" if said.quote else plain(said.evidence, MAX_QUOTE)


def _sources(sources: tuple[Source, ...]) -> list[Element]:
    elements = [text("\n")]
    for number, source in enumerate(sources[:MAX_SOURCES]):
        if number:
            elements.append(text(" · "))
        elements.append(link(source.link, plain(source.publisher, MAX_NAME)))
        notes = [MARKS.get(source.affiliation, ""), source.foreign and plain(source.foreign, 12)]
        if any(notes):
            elements.append(text(f" ({', '.join(n for n in notes if n)})"))
    hidden = len(sources) - MAX_SOURCES
    return [*elements, text(f" · +{hidden} more")] if hidden > 0 else elements


def _catch_up(summaries: tuple[Summary, ...]) -> Card:
    number = len(summaries)
    title = f"Catch-up: {number} earlier {'story' if number == 1 else 'stories'}"
    rows = _fitting((_row(summary) for summary in summaries[:MAX_CAUGHT_UP]), MAX_ALL)
    blocks = [header(title), rich(bullets(rows))]
    if number > len(rows):
        blocks.append(context(f"+{number - len(rows)} more"))
    words = "; ".join(plain(s.title, MAX_NAME) for s in summaries[: len(rows)])
    return Card(blocks, escape(f"{title}: {words}", MAX_FALLBACK))


def _row(summary: Summary) -> list[Element]:
    """One story in two lines: its first statement and its title."""
    first = next((s.link for s in summary.sources if s.link), None)
    row: list[Element] = []
    if summary.statements:
        row += _who_said_what(summary.statements[0], topic=True)
        hidden = len(summary.statements) - 1
        row.append(text(f" (+{hidden} more): " if hidden else ": "))
    row.append(link(first, plain(summary.title, MAX_NAME)))
    names = ", ".join(plain(s.publisher, MAX_NAME) for s in summary.sources[:3])
    return [*row, text(f" · {names}")] if names else row


def _topics(summary: Summary) -> str:
    return " · ".join(plain(t, 40).capitalize() for t in summary.topics[:3]) or "Statement"


def _fallback(summary: Summary) -> str:
    """The notification: who said what first, then the title and who reports it."""
    said = "; ".join(
        f"{plain(s.speaker, MAX_NAME)} {VERBS[s.stance]} ({plain(s.topic, 40)})"
        for s in summary.statements[:MAX_STATEMENTS]
    )
    names = ", ".join(plain(s.publisher, MAX_NAME) for s in summary.sources[:MAX_SOURCES])
    parts = [p for p in (said, plain(summary.title, MAX_TITLE), names) if p]
    return escape(" — ".join(parts), MAX_FALLBACK)
