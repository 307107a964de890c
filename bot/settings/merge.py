"""Feeds of an OPML file into the text of feeds.toml: nothing that stands there is touched, comments and order stay."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, groupby
from urllib.parse import urlsplit

from bot.domain.article import canonical_url
from bot.domain.feed import Feed
from bot.settings.lines import Lines
from bot.settings.opml import Outline, fitting
from bot.settings.values import LONGEST_NAME
from bot.settings.words import shown

# Room for " 123456" behind what names that begin alike share.
_ALIKE = LONGEST_NAME - 7


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
    numbers: dict[str, int] = {}
    for outline in outlines:
        where, name, url = f"{source}:{outline.line}", outline.row["name"], outline.row["url"]
        if (before := known.get(_same(url))) is not None:
            notes.append(f"{where}: {shown(name)} is there already, at {before}")
            continue
        known[_same(url)] = where
        free = _free(name, urlsplit(url).hostname or "", taken, numbers)
        if free != name:
            notes.append(f"{where}: {shown(name)} is the name of another feed; this one is called {shown(free)}")
        taken.add(free.casefold())
        yield Outline(outline.line, {**outline.row, "name": free}, outline.folder)


def _free(name: str, host: str, taken: set[str], numbers: dict[str, int]) -> str:
    """The name, or the nearest to it that no feed has.

    `numbers` is where to go on counting for names that begin alike: a file may call all its feeds the same.
    """
    begin = name[:_ALIKE].casefold()
    for tail in ("", f" ({host})"):
        if (free := _with(name, tail)).casefold() not in taken and len(free) <= LONGEST_NAME:
            return free
    number = next(n for n in count(numbers.get(begin, 2)) if _with(name, f" {n}").casefold() not in taken)
    numbers[begin] = number + 1
    return _with(name, f" {number}")


def _with(name: str, tail: str) -> str:
    return name[: max(LONGEST_NAME - len(tail), 1)] + tail


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
            # Cut: what stands around many feeds is written once for each of its inner folders.
            yield from (f"# --- {fitting(' / '.join(folder)[: 2 * LONGEST_NAME])} ---", "")
        for outline in group:
            yield from row(outline.row)


def row(keys: Mapping[str, str]) -> Iterator[str]:
    """A [[feed]] as the lines of feeds.toml, and an empty one."""
    yield "[[feed]]"
    # What may stand in a name is printable, so that JSON's escapes are all that TOML asks for.
    yield from (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items())
    yield ""
