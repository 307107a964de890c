"""Feeds of an OPML file into the text of feeds.toml: nothing that stands there is touched, comments and order stay."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, groupby
from urllib.parse import urlsplit

from bot.domain.article import canonical_url
from bot.domain.feed import Feed
from bot.settings.lines import Lines
from bot.settings.opml import Outline
from bot.settings.values import LONGEST_NAME
from bot.settings.words import shown


@dataclass(frozen=True, slots=True)
class Merged:
    """`text` is the new feeds.toml, `block` what is new in it; `notes` tell what was not taken as it is."""

    text: str
    block: str
    added: int
    notes: tuple[str, ...] = ()


def merge(text: str, feeds: Sequence[Feed], outlines: Iterable[Outline], *, file: str, source: str) -> Merged:
    """Add what is not there yet below the last feed.

    `text` is a feeds.toml without mistakes and `feeds` what it says; `file` and `source` name it and the OPML file.
    """
    notes: list[str] = []
    new = list(_new(feeds, outlines, Lines(text.replace("\r\n", "\n")), file=file, source=source, notes=notes))
    if not new:
        return Merged(text, "", 0, tuple(notes))
    block = "\n".join(_written(new)).rstrip("\n")
    rows = text.split("\n")
    place = Lines(text.replace("\r\n", "\n")).end_of("feed") or len(rows)
    end = "\r" if "\r\n" in text else ""
    below = rows[place:] or [""]
    gap = [""] if below[0].strip() else []
    inserted = [line + end for line in ("", *block.split("\n"), *gap)]
    merged = "\n".join([*_whole(rows[:place], end), *inserted, *below])
    return Merged(merged, block, len(new), tuple(notes))


def _whole(rows: list[str], end: str) -> list[str]:
    """Lines that another may follow: the last one of a file may lack its end, or be empty."""
    if rows[-1] == "":
        return rows[:-1]
    return [*rows[:-1], rows[-1] if rows[-1].endswith(end) else rows[-1] + end]


def _new(
    feeds: Sequence[Feed], outlines: Iterable[Outline], lines: Lines, *, file: str, source: str, notes: list[str]
) -> Iterator[Outline]:
    places = (f"{file}:{lines.of(('feed', number))}" for number in range(len(feeds)))
    known = {_same(feed.url): f"{place} ({shown(feed.name)})" for feed, place in zip(feeds, places, strict=True)}
    taken = {feed.name.casefold() for feed in feeds}
    for outline in outlines:
        where, name, url = f"{source}:{outline.line}", outline.row["name"], outline.row["url"]
        if (before := known.get(_same(url))) is not None:
            notes.append(f"{where}: {shown(name)} is there already, at {before}")
            continue
        known[_same(url)] = where
        free = _free(name, urlsplit(url).hostname or "", taken)
        if free != name:
            notes.append(f"{where}: {shown(name)} is the name of another feed; this one is called {shown(free)}")
        taken.add(free.casefold())
        yield Outline(outline.line, {**outline.row, "name": free}, outline.folder)


def _free(name: str, host: str, taken: set[str]) -> str:
    """The name, or the nearest to it that no feed has."""
    tails = chain(("", f" ({host})"), (f" {number}" for number in count(2)))
    candidates = (name[: max(LONGEST_NAME - len(tail), 1)] + tail for tail in tails)
    return next(c for c in candidates if c.casefold() not in taken and len(c) <= LONGEST_NAME)


def _same(url: str) -> str:
    return canonical_url(url) or url.strip()


def _written(outlines: Sequence[Outline]) -> Iterator[str]:
    """Rows as a person writes them; a folder, which feeds.toml does not know, is a heading among comments."""
    before: tuple[str, ...] = ()
    for folder, group in groupby(outlines, key=lambda outline: outline.folder):
        if before and not folder:
            yield from ("# ---", "")
        before = folder
        if folder:
            heading = " / ".join(" ".join("".join(c if c.isprintable() else " " for c in f).split()) for f in folder)
            yield from (f"# --- {heading} ---", "")
        for outline in group:
            yield from row(outline.row)


def row(keys: Mapping[str, str]) -> Iterator[str]:
    """A [[feed]] as the lines of feeds.toml, and an empty one."""
    yield "[[feed]]"
    # What may stand in a name is printable, so that JSON's escapes are all that TOML asks for.
    yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items())
    yield ""
