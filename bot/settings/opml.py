"""OPML, the lists of subscriptions that feed readers exchange: to rows of feeds.toml, and back. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from bot.domain.feed import Affiliation, Feed, FullText
from bot.errors import Mistake
from bot.settings import values
from bot.settings.changes import span
from bot.settings.feeds_toml import AT_MOST, EVERY
from bot.settings.values import WrongError
from bot.settings.words import plain, shown

# What OPML 2.0 has no attribute for stands in a namespace of ours, which other readers pass over.
NAMESPACE = "urn:parley:feeds"
OURS = ("publisher", "affiliation", "every", "at_most", "full_text")
LARGEST = 10_000_000
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Outline:
    """One feed of an OPML file: `row` are its keys of feeds.toml as text, `folder` the outlines around it."""

    line: int
    row: Mapping[str, str]
    folder: tuple[str, ...] = ()


@dataclass(slots=True)
class Opml:
    """What an OPML file holds: the outlines that can be read, and what is wrong with the others."""

    outlines: list[Outline] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)


class _RefusedError(Exception):
    """This file is not read on: what is wrong, and the mend."""


def read_opml(body: bytes, *, source: str) -> Opml:
    """The feeds of an OPML file. No entity is resolved and no address is opened, whatever the file holds."""
    if len(body) > LARGEST:
        return Opml(mistakes=[Mistake(source, None, "is larger than 10 MB", "export feeds only, without articles")])
    return _Reader(source).read(body)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._found = Opml()
        self._around: list[str | None] = []
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.EntityDeclHandler = self._entity
        self._parser.AttlistDeclHandler = self._defaults

    def read(self, body: bytes) -> Opml:
        try:
            self._parser.Parse(body, True)
        except _RefusedError as refused:
            self._add(*refused.args)
        except (expat.ExpatError, LookupError, ValueError) as error:
            number = getattr(error, "code", None)
            why = expat.ErrorString(number) if number else "its charset is unknown"
            mend = "export it anew; in an attribute & is written &amp; and < is written &lt;"
            self._found.mistakes.append(
                Mistake(self._source, getattr(error, "lineno", None), f"is not well-formed XML: {why}", mend)
            )
        return self._found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        depth = len(self._around)
        if depth == 0 and name.lower() != "opml":
            raise _RefusedError(f"is no OPML: it begins with <{plain(name)}>", "export subscriptions as OPML")
        if depth > _DEEPEST:
            raise _RefusedError(f"nests outlines more than {_DEEPEST} deep", "flatten its folders")
        self._around.append(self._outline(attributes) if name.lower() == "outline" else None)

    def _end(self, _: str) -> None:
        self._around.pop()

    def _entity(self, *_: object) -> None:
        raise _RefusedError("declares XML entities, which are refused", "export it anew; readers do not write such")

    def _defaults(self, *_: object) -> None:
        # Each outline would get them: megabytes, times a hundred thousand.
        raise _RefusedError("declares attributes, which is refused", "export it anew; readers do not write such")

    def _outline(self, written: Mapping[str, str]) -> str | None:
        """Note a feed; the name of what is a folder."""
        attributes = {key.lower(): " ".join(value.split()) for key, value in written.items()}
        name, url, kind = _name(attributes), attributes.get("xmlurl", ""), attributes.get("type", "").lower()
        if kind == "include":
            self._add(f"outline {shown(name)} includes another file", "import that file, too, and remove the outline")
        elif kind == "rss" and not url:
            self._add(f"outline {shown(name)}: xmlUrl is missing", "add the feed's address, or remove the outline")
        elif url and (row := self._row(attributes, name, url)):
            folder = tuple(around for around in self._around if around)
            self._found.outlines.append(Outline(self._line, row, folder))
        return fitting(name) if not url else None

    def _row(self, attributes: Mapping[str, str], name: str, url: str) -> dict[str, str] | None:
        """The row of feeds.toml, checked; None where something in it is wrong."""
        given = {"url": url, **{key: attributes.get(f"{NAMESPACE} {key}", "") for key in OURS}}
        row, good = {"name": fitting(name or urlsplit(url).hostname or ""), "url": url}, True
        for key, value in given.items():
            try:
                row |= {key: CHECKS[key](value)} if value else {}
            except ValueError as error:
                good = False
                what, mend = _words(error)
                attribute = "xmlUrl" if key == "url" else f"parley:{key}"
                self._add(f"outline {shown(name)}: {attribute} = {shown(value)} {what}", mend)
        if (language := attributes.get("language", "")) and (tag := _language(language)):
            row["language"] = tag
        return row if good else None

    @property
    def _line(self) -> int:
        return self._parser.CurrentLineNumber

    def _add(self, what: str, mend: str) -> None:
        self._found.mistakes.append(Mistake(self._source, self._line, what, mend))


def _interval(value: str) -> str:
    values.interval(value)
    return value


# Each raises ValueError; what it returns is what feeds.toml will hold.
CHECKS: Mapping[str, Callable[[str], str]] = {
    "url": values.address,
    "publisher": values.name,
    "affiliation": lambda value: Affiliation(value).value,
    "every": _interval,
    "at_most": _interval,
    "full_text": lambda value: FullText(value).value,
}


def _words(error: ValueError) -> tuple[str, str]:
    return (error.what, error.mend) if isinstance(error, WrongError) else ("is unknown", "leave it out")


def _name(attributes: Mapping[str, str]) -> str:
    return attributes.get("text") or attributes.get("title") or ""


def fitting(name: str) -> str:
    """A name that feeds.toml takes: what cannot be shown goes, what is too long is cut."""
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    return name if len(name) <= values.LONGEST_NAME else name[: values.LONGEST_NAME - 1] + "…"


def _language(value: str) -> str | None:
    """A tag we know to read; readers write all sorts of words here, which is no mistake of the operator's."""
    try:
        return values.language(value.replace("_", "-"))
    except WrongError:
        return None


# --- the other way -----------------------------------------------------------------------------------


def write_opml(feeds: Iterable[Feed], *, now: datetime) -> str:
    """Feeds as OPML 2.0. What it has no attribute for is only written where it is not what everybody has by default."""
    outlines = "\n".join(f"    <outline {_attributes(_told(feed))}/>" for feed in feeds)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<opml version="2.0" xmlns:parley="{NAMESPACE}">\n'
        f"  <head>\n    <title>Feeds of Parley</title>\n"
        f"    <dateCreated>{format_datetime(now)}</dateCreated>\n  </head>\n"
        f"  <body>\n{outlines}\n  </body>\n</opml>\n"
    )


def _told(feed: Feed) -> Iterator[tuple[str, str]]:
    yield from (("type", "rss"), ("text", feed.name), ("title", feed.name), ("xmlUrl", feed.url))
    if feed.language:
        yield "language", feed.language
    if feed.publisher != feed.name:
        yield "parley:publisher", feed.publisher
    if feed.affiliation is not Affiliation.INDEPENDENT:
        yield "parley:affiliation", feed.affiliation
    if feed.every != EVERY:
        yield "parley:every", span(feed.every)
    if feed.slowest != max(feed.every, AT_MOST):
        yield "parley:at_most", span(feed.slowest)
    if feed.full_text is not FullText.NEVER:
        yield "parley:full_text", feed.full_text


def _attributes(told: Iterable[tuple[str, str]]) -> str:
    return " ".join(f"{key}={quoteattr(value)}" for key, value in told)
