"""Message and Reply -> embeds. Pure; whatever the feeds hold, the result keeps every limit of Discord's.

Author and footer show text as it is; title, description and fields are parsed, so feed text there is escaped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from bot.chat.discord import notice
from bot.chat.discord.text import literal, moment, web_address
from bot.chat.plain import cut, plain
from bot.domain.delivery import DeliveryKind, Message
from bot.domain.feed import Affiliation
from bot.domain.statement import CEASEFIRE, CONTROL, TERRITORY, VERBS
from bot.domain.story import Said, Source, Summary
from bot.service.reply import Reply

Embed = dict[str, Any]

# Discord's limits. All texts of all embeds of one message together: MAX_ALL.
MAX_ALL = 6000
MAX_TITLE = 256
MAX_EMBEDS = 10
MAX_FIELDS = 25
# Ours. An alert's description stays far below Discord's 4096, or nobody would read it.
ALERT = 3200
# An answer's title, text and facts where stories follow; each of those then has COMPACT at least.
HEAD = 1400
COMPACT = 450
SLACK = 40
CATCH_UP = 3800
MAX_NAME = 80
MAX_ABOUT = 160
MAX_QUOTE = 600
MAX_STATEMENTS = 5
MAX_SOURCES = 8
MAX_CAUGHT_UP = 15
MAX_TEXT = 1500
MAX_VALUE = 1000
# Told only when it came to us this much later than it was published.
LATE = timedelta(minutes=10)

FOOTER = "Parley"
COLOURS = {CEASEFIRE: 0x2E9E6B, TERRITORY: 0xD9A400, CONTROL: 0x3B7DD8}
OTHER = 0x2AA5A0
# Readers must see at a glance that a government speaks through this outlet.
MARKS = {Affiliation.STATE: "state media", Affiliation.GOVERNMENT: "government"}


@dataclass(frozen=True, slots=True)
class Card:
    """What Discord is sent: the embeds, and a line above them where an answer needs one."""

    embeds: list[Embed]
    content: str = ""


def message(shown: Message) -> Card:
    """The card of an alert, an update, a reply in its thread, a catch-up or notices. Its footer carries its id."""
    if shown.kind is DeliveryKind.CATCH_UP:
        embed = _catch_up(shown.summaries)
    elif shown.kind is DeliveryKind.NOTICE:
        embed = notice.embed(shown.notices)
    else:
        embed = _story(shown.summaries[0], ALERT)
        if shown.kind is DeliveryKind.REPLY:
            embed["author"] = {"name": f"New in this story: {embed['author']['name']}"}
    return Card([{**embed, "footer": {"text": carried(shown.delivery)}}])


def carried(delivery: str) -> str:
    """The footer by which a message is known again in the channel's history."""
    return f"{FOOTER} · {delivery}"


def reply(answer: Reply) -> Card:
    """The answer to a command: title and facts first, then stories, as many as there is room for."""
    embeds: list[Embed] = []
    content = ""
    if answer.text or answer.facts or not answer.summaries:
        embeds.append(_head(answer))
    else:
        content = f"**{literal(answer.title, MAX_TITLE)}**"
    shown = answer.summaries[: MAX_EMBEDS - len(embeds)]
    hidden = len(answer.summaries) - len(shown)
    for number, summary in enumerate(shown):
        # What short stories leave over goes to the ones that follow.
        room = (MAX_ALL - SLACK - sum(map(length, embeds))) // (len(shown) - number)
        embeds.append(_story(summary, min(room, ALERT)))
    if hidden:
        embeds[-1]["footer"] = {"text": f"+{hidden} more"}
    return Card(embeds, content)


def length(embed: Embed) -> int:
    """The characters of an embed as Discord adds them up."""
    texts = [embed.get("title", ""), embed.get("description", "")]
    texts += [embed.get("author", {}).get("name", ""), embed.get("footer", {}).get("text", "")]
    for field in embed.get("fields", []):
        texts += [field["name"], field["value"]]
    return sum(map(len, texts))


def _head(answer: Reply) -> Embed:
    room = HEAD if answer.summaries else MAX_ALL - SLACK
    embed: Embed = {"title": literal(answer.title, min(MAX_TITLE, room // 4)), "color": OTHER}
    if answer.text:
        embed["description"] = literal(answer.text, min(MAX_TEXT, room // 3), lines=True)
    left = room - length(embed)
    facts = answer.facts[: min(MAX_FIELDS, left // (MAX_NAME + 40))]
    if facts:
        value = min(MAX_VALUE, left // len(facts) - MAX_NAME)
        embed["fields"] = [
            {"name": literal(n, MAX_NAME), "value": literal(v, value, lines=True), "inline": len(v) <= 30}
            for n, v in facts
        ]
    return embed


def _story(summary: Summary, room: int) -> Embed:
    """Topic, title, who said what in their own words, who reports it, when; all within `room`, COMPACT at least."""
    first = next((a for a in (web_address(s.link) for s in summary.sources) if a), None)
    small = room < 2 * COMPACT
    embed: Embed = {
        "author": {"name": cut(_topics(summary), 40 if small else MAX_NAME)},
        "title": literal(summary.title, min(MAX_TITLE, room // 4)),
        "color": COLOURS.get(summary.topics[0], OTHER) if summary.topics else OTHER,
    }
    if first:
        embed["url"] = first
    left = room - length(embed)
    times = _times(summary, late=not small)
    sources = _sources(summary.sources, left // (4 if small else 3))
    parts = _statements(summary, left - len(times) - len(sources) - 2)
    embed["description"] = "\n".join([*parts, *([sources] if sources else []), times])
    return embed


def _topics(summary: Summary) -> str:
    return " · ".join(plain(t, 25).capitalize() for t in summary.topics[:3]) or "Statement"


def _times(summary: Summary, *, late: bool) -> str:
    late = late and summary.seen - summary.published > LATE
    return f"published {moment(summary.published)}" + (f", first seen {moment(summary.seen)}" if late else "")


def _statements(summary: Summary, room: int) -> list[str]:
    """As many statements as have room together, the first one in any case, and how many were left out.

    Statements that rest on the same words share them: those stand once, below both.
    """
    more = len("\n*+999999 more statements*\n")
    topic = len(summary.topics) > 1
    parts: list[str] = []
    told = 0
    for _, alike in groupby(summary.statements[:MAX_STATEMENTS], key=lambda s: s.quote or s.evidence):
        group = [(said, _who_said_what(said, topic=topic, room=room // 3)) for said in alike]
        while len(group) > 1 and sum(len(line) + 1 for _, line in group) > room * 2 // 3:
            group.pop()
        who = "\n".join(line for _, line in group)
        limit = min(MAX_QUOTE, room - len(who) - len("\n> “”\n\n") - more)
        if parts and limit < 100:
            break
        part = f"{who}\n> {_words(group[0][0], max(limit, 20))}\n"
        room -= len(part) + 1
        parts.append(part)
        told += len(group)
    hidden = len(summary.statements) - told
    return [*parts, f"*+{hidden} more statements*\n"] if hidden else parts


def _who_said_what(said: Said, *, topic: bool, room: int = MAX_NAME + MAX_ABOUT) -> str:
    """`topic`: name it too, where no headline does."""
    words = [f"**{literal(said.speaker, min(MAX_NAME, room // 2))}** {VERBS[said.stance]}"]
    if topic:
        words.append(literal(said.topic, 20))
    if said.target:
        words.append(literal(", ".join(said.target[:4]), min(MAX_ABOUT, room // 2)))
    return " · ".join(words)


def _words(said: Said, limit: int) -> str:
    return f"“{literal(said.quote, limit)}”" if said.quote else literal(said.evidence, limit)


def _sources(sources: Sequence[Source], room: int) -> str:
    """Publishers in one line, each linked to its report where there is room for its address."""
    parts: list[str] = []
    more = len(" · +999999 more")
    for source in sources[:MAX_SOURCES]:
        name = literal(source.publisher, min(MAX_NAME, max(room // 3, 20)))
        notes = [MARKS.get(source.affiliation, ""), source.foreign and literal(source.foreign, 12)]
        note = f" ({', '.join(n for n in notes if n)})" if any(notes) else ""
        address = web_address(source.link)
        ways = [f"[{name}]({address}){note}"] if address else []
        left = room - len(" · ".join([*parts, ""])) - more
        part = next((way for way in [*ways, name + note] if len(way) <= left), None)
        if part is None:
            break
        parts.append(part)
    hidden = len(sources) - len(parts)
    return " · ".join([*parts, *([f"+{hidden} more"] if parts and hidden else [])])


def _catch_up(summaries: Sequence[Summary]) -> Embed:
    number = len(summaries)
    rows: list[str] = []
    for row in _rows(summaries[:MAX_CAUGHT_UP]):
        if sum(map(len, rows)) + len(rows) + len(row) > CATCH_UP:
            break
        rows.append(row)
    if number > len(rows):
        rows.append(f"*+{number - len(rows)} more*")
    return {
        "title": f"Catch-up: {number} earlier {'story' if number == 1 else 'stories'}",
        "description": "\n".join(rows),
        "color": OTHER,
    }


def _rows(summaries: Iterable[Summary]) -> Iterable[str]:
    """Each story in two lines: who said what first, then its title and publishers."""
    for summary in summaries:
        title = literal(summary.title, 120)
        address = next((a for a in (web_address(s.link) for s in summary.sources) if a), None)
        row = f"[{title}]({address})" if address and len(address) <= 500 else title
        if summary.statements:
            hidden = len(summary.statements) - 1
            who = _who_said_what(summary.statements[0], topic=True, room=MAX_ABOUT)
            row = f"{who}{f' (+{hidden} more)' if hidden else ''}\n  {row}"
        names = ", ".join(literal(s.publisher, 40) for s in summary.sources[:3])
        yield f"- {row} · " + (f"{names} · " if names else "") + moment(summary.published)
