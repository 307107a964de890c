"""Cards for a terminal: a coloured bar beside the text, or plain paragraphs where there is no terminal.

Cards have no right border: what a person marks with the mouse is the text alone, and a long address stays whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style
from rich.text import Text

from bot.chat.console_text import (
    AFFILIATIONS,
    act,
    ago,
    clean,
    clean_link,
    heading,
    moment,
    original,
    publisher,
    publishers,
    words,
)
from bot.domain.feed import Affiliation
from bot.domain.story import Said, Source, Summary

MAX_WIDTH: Final = 100
NARROWEST: Final = 16
STATEMENTS: Final = 6
SOURCES: Final = 5
STORIES: Final = 20
COLOURS: Final = {"ceasefire": "green", "territory": "yellow", "control": "blue"}
OTHER: Final = "cyan"
MARKED: Final = (Affiliation.STATE, Affiliation.GOVERNMENT)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text that is wrapped to the card's width, `indent` columns in; `right` stands at the end of its first line.

    `whole`: stays on one line where no bar stands beside it; beside one an address is folded, other text is cut.
    """

    text: Text
    indent: int = 0
    right: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """A rich renderable: paragraphs, beside a bar in `colour` if there is one."""

    paragraphs: tuple[Paragraph, ...]
    colour: str | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Lines of text; an address in a plain card is not wrapped."""
        width = min(options.max_width, MAX_WIDTH)
        bar = Text("▌ ", self.colour) if self.colour else Text()
        for paragraph in self.paragraphs:
            for line in _wrapped(console, paragraph, width - bar.cell_len, fold=bool(self.colour)):
                yield Text.assemble(bar, line, no_wrap=True, overflow="ignore")


def render_alert(summary: Summary, *, now: datetime, colour: bool = True, reply: bool = False, note: str = "") -> Card:
    """A story as a card; `reply` for what is new in one already told, `note` a remark below it.

    Fit for pictures, too: `console = Console(record=True, width=90); console.print(card, crop=False)`, then
    `console.export_svg()`.
    """
    shade = COLOURS.get(summary.topics[0], OTHER) if summary.topics else OTHER
    head = heading(summary)
    title = f"NEW IN THIS STORY · {head}" if reply else head
    rows = [
        Paragraph(Text(title, Style(color=shade, bold=True)), right=ago(summary.published, now)),
        Paragraph(Text(clean(summary.title, limit=300), "dim" if reply else "")),
    ]
    for said in summary.statements[:STATEMENTS]:
        rows += [Paragraph(Text()), *_statement(said, shade)]
    if len(summary.statements) > STATEMENTS:
        rows.append(Paragraph(Text(f"and {len(summary.statements) - STATEMENTS} more statements", "dim")))
    rows.append(Paragraph(Text()))
    for source in summary.sources[:SOURCES]:
        rows += _source(source)
    if len(summary.sources) > SOURCES:
        rows.append(Paragraph(Text(f"also {publishers(summary.sources[SOURCES:])}", "dim")))
    rows.append(Paragraph(Text(f"published {moment(summary.published)}, {ago(summary.published, now)}", "dim")))
    if note:
        rows.append(Paragraph(Text(note, "italic")))
    return Card(tuple(rows), shade if colour else None)


def render_update(summary: Summary, *, colour: bool = True, note: str = "") -> Card:
    """One line: who else reports a story that has been told."""
    shade = COLOURS.get(summary.topics[0], OTHER) if summary.topics else OTHER
    text = Text.assemble(
        (f"{note} " if note else "", "italic"),
        ("also reported by ", "dim"),
        (publishers(summary.sources[1:]) or publishers(summary.sources), "bold"),
        (f": {clean(summary.title, limit=120)}", "dim"),
        overflow="ellipsis",
    )
    return Card((Paragraph(text, whole=True),), shade if colour else None)


def render_catch_up(summaries: Sequence[Summary], *, now: datetime, colour: bool = True, note: str = "") -> Card:
    """What new feeds already held, newest first, a few lines each."""
    stories = "1 story" if len(summaries) == 1 else f"{len(summaries)} stories"
    rows = [Paragraph(Text(f"CATCH-UP · {stories} from before", "bold"))]
    for summary in summaries[:STORIES]:
        rows += [Paragraph(Text()), *_gist(summary, now)]
    if len(summaries) > STORIES:
        rows += [Paragraph(Text()), Paragraph(Text(f"and {len(summaries) - STORIES} more", "dim"))]
    if note:
        rows.append(Paragraph(Text(note, "italic")))
    return Card(tuple(rows), "white" if colour else None)


def _statement(said: Said, shade: str) -> Iterator[Paragraph]:
    speaker, verb, about = act(said)
    yield Paragraph(
        Text.assemble((speaker, "bold"), " ", (verb, Style(color=shade, bold=True)), " · ", (about, "bold"))
    )
    yield Paragraph(Text(words(said)), indent=4)
    reported = f"confidence {said.confidence:.0%}, first reported by {clean(said.publisher, limit=60)}"
    yield Paragraph(Text(reported, "dim"), indent=4)


def _source(source: Source) -> Iterator[Paragraph]:
    kind = (AFFILIATIONS[source.affiliation], "bold red" if source.affiliation in MARKED else "dim")
    language = original(source.foreign)
    foreign = (f" · {language}", "dim") if language else ""
    yield Paragraph(Text.assemble((publisher(source), "bold"), (" · ", "dim"), kind, foreign))
    yield from _link(source)


def _gist(summary: Summary, now: datetime) -> Iterator[Paragraph]:
    shade = COLOURS.get(summary.topics[0], OTHER) if summary.topics else OTHER
    told = [f"{speaker} {verb} · {about}" for speaker, verb, about in map(act, summary.statements[:3])]
    yield Paragraph(
        Text("; ".join(told) or clean(summary.title), Style(color=shade, bold=True)), right=ago(summary.published, now)
    )
    yield Paragraph(
        Text.assemble(clean(summary.title, limit=160), (f" — {publishers(summary.sources)}", "dim")), indent=2
    )
    yield from _link(summary.sources[0]) if summary.sources else ()


def _link(source: Source) -> Iterator[Paragraph]:
    link = clean_link(source.link)
    if link:
        yield Paragraph(Text(link, Style(color="blue", underline=True, link=link)), indent=2, whole=True)


def _wrapped(console: Console, paragraph: Paragraph, width: int, *, fold: bool) -> Iterator[Text]:
    """The paragraph's lines, indented, none wider than `width` (in columns of a terminal)."""
    if paragraph.whole and not fold:
        yield Text.assemble(" " * paragraph.indent, paragraph.text)
        return
    if paragraph.whole and paragraph.text.overflow == "ellipsis":
        paragraph.text.truncate(width)
    right = paragraph.right
    room = max(width - paragraph.indent - (len(right) + 2 if right else 0), NARROWEST)
    for number, line in enumerate(paragraph.text.wrap(console, room, overflow="fold")):
        line.rstrip()
        line.pad_left(paragraph.indent)
        if right and number == 0:
            gap = max(width - line.cell_len - len(right), 2)
            line = Text.assemble(line, " " * gap, (right, "dim"))
        yield line
