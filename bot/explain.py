"""`analyse --explain`: one article with what the engine saw marked in it, and each verdict's reasons in plain words."""

import os
from collections.abc import Iterator
from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from bot.domain.statement import Analysis, Document, Statement

# What is marked: its colours on a terminal, and the signs around it where there are none.
MARKS: Final = {
    "evidence": ("underline", "⟦", "⟧"),
    "speaker": ("bold cyan", "{", "}"),
    "cue": ("bold yellow", "<", ">"),
    "quote": ("green", "«", "»"),
}
# Directions and joins that would make the terminal show another text than the article's.
BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
Mark = tuple[int, int, str]


def show(document: Document, analysis: Analysis, stream: TextIO) -> None:
    """Write the explanation. Coloured on a terminal, unless NO_COLOR is set; elsewhere plain, with signs for marks."""
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb" or not stream.isatty()
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True, no_color=plain)
    marks = [m for s in analysis.statements for m in _marks(s)]
    console.print(_signed(document.body, marks) if plain else _coloured(document.body, marks))
    console.print(_legend(plain=plain))
    for line in _reasons(analysis):
        console.print(Text(line))


def _marks(statement: Statement) -> Iterator[Mark]:
    spans = {"evidence": statement.evidence, "speaker": statement.speaker_span, "cue": statement.cue}
    for name, span in spans.items():
        yield span.start, span.end, name
    if statement.quote is not None:
        yield statement.quote.start, statement.quote.end, "quote"


def _coloured(body: str, marks: list[Mark]) -> Text:
    text = Text(_safe(body))
    for name, (style, _, _) in MARKS.items():
        for start, end, _ in (m for m in marks if m[2] == name):
            text.stylize(style, start, end)
    return text


def _signed(body: str, marks: list[Mark]) -> Text:
    """The article with signs around what is marked; a span that several statements share is marked once."""
    order = list(MARKS)
    unique = sorted(set(marks), key=lambda m: (m[0], -m[1], order.index(m[2])))
    opened = [(start, 1, n, MARKS[name][1]) for n, (start, _, name) in enumerate(unique)]
    closed = [(end, 0, -n, MARKS[name][2]) for n, (_, end, name) in enumerate(unique)]
    out, at, safe = [], 0, _safe(body)
    for place, _, _, sign in sorted(opened + closed):
        out += [safe[at:place], sign]
        at = place
    return Text("".join([*out, safe[at:]]))


def _legend(*, plain: bool) -> Text:
    legend = Text("\nmarked: ")
    for name, (style, before, after) in MARKS.items():
        legend.append(f"{before}{name}{after}" if plain else name, style=None if plain else style)
        legend.append("  ")
    return legend


def _reasons(analysis: Analysis) -> Iterator[str]:
    """Each statement, how it was read and why so; of a quiet article what stood against it."""
    yield "flagged: " + (", ".join(analysis.topics) or "for nothing")
    for number, statement in enumerate(analysis.statements, 1):
        read, _, stance = statement.reason.partition("; stance: ")
        on = f" on {', '.join(statement.target)}" if statement.target else ""
        yield ""
        yield f"{number}. {statement.speaker}: {statement.topic}, {statement.stance.value}{on}"
        yield f"   who: {_quoted(statement.speaker_span.text)}, read from: {_safe(read)}"
        if statement.said_on or statement.said_in:
            said = (("when", statement.said_on), ("where", statement.said_in))
            yield "   " + ", ".join(f"{how}: {_quoted(words)}" for how, words in said if words)
        yield f"   stance {statement.stance.value}: {_safe(stance) or 'of the words themselves'}"
        yield f"   sure: {statement.confidence:.2f} of 1" + (
            f"; conflict: {', '.join(statement.conflicts)}" if statement.conflicts else ""
        )
    if not analysis.statements:
        for reason in analysis.reasons:
            yield f"   {_safe(reason)}"


def _quoted(text: str) -> str:
    return f"“{' '.join(_safe(text).split())}”"


def _safe(text: str) -> str:
    """The text with a sign in place of every control character, one for one, so that offsets stay true."""
    return "".join(c if (c.isprintable() and c not in BIDI) or c in "\n\t" else "\ufffd" for c in text)
