"""The script of the demo: which sample outlet shows which article from when on. Read from feeds/*.toml."""

import re
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any, Literal

from bot.domain.feed import Affiliation

MARK = "(sample)"
SECONDS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Version:
    """The words of an article from `at` on, counted from the feed's first poll; negative: they were there before."""

    at: timedelta
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One article with its edits, in time order. `raw`: its words are HTML as they stand, else plain text."""

    id: str
    link: str
    dated: bool
    raw: bool
    versions: tuple[Version, ...]

    def as_of(self, elapsed: timedelta) -> Version | None:
        """The version to be seen after that time; None while the article is not out yet."""
        return next((v for v in reversed(self.versions) if v.at <= elapsed), None)


@dataclass(frozen=True, slots=True)
class Outlet:
    """A made-up outlet with one feed. `fault`: html answers with a web page, busy with 503 for a while."""

    slug: str
    name: str
    affiliation: Affiliation
    language: str
    format: Literal["rss", "atom", "rdf"]
    fault: Literal["", "html", "busy"]
    samples: tuple[Sample, ...]

    @property
    def path(self) -> str:
        """Where the feed is on the demo's server."""
        return f"/{self.slug}.xml"


def load_outlets() -> tuple[Outlet, ...]:
    """Every outlet of the demo, by file name."""
    folder = files("bot.demo") / "feeds"
    paths = sorted((p for p in folder.iterdir() if p.name.endswith(".toml")), key=lambda p: p.name)
    return tuple(read_outlet(p.name.removesuffix(".toml"), tomllib.loads(p.read_text("utf-8"))) for p in paths)


def read_outlet(slug: str, data: dict[str, Any]) -> Outlet:
    """An outlet from a file's content. Every name gets the mark, so that nobody takes a sample for news."""
    return Outlet(
        slug=slug,
        name=f"{data['name']} {MARK}",
        affiliation=Affiliation(data["affiliation"]),
        language=data["language"],
        format=data.get("format", "rss"),
        fault=data.get("fault", ""),
        samples=tuple(_read_sample(slug, number, item) for number, item in enumerate(data.get("item", ()), 1)),
    )


def read_time(text: str) -> timedelta:
    """ "3s", "-20m", "-7h" as a duration. Raises ValueError."""
    match = re.fullmatch(r"(-?\d+)([smh])", text)
    if match is None:
        raise ValueError(f"no duration: {text!r}")
    return timedelta(seconds=int(match[1]) * SECONDS[match[2]])


def _read_sample(slug: str, number: int, item: dict[str, Any]) -> Sample:
    first = Version(read_time(item["at"]), item["title"], item["text"].strip())
    versions = [first]
    for edit in item.get("edit", ()):
        title, text = edit.get("title", versions[-1].title), edit.get("text", versions[-1].text)
        versions.append(Version(read_time(edit["at"]), title, text.strip()))
    return Sample(
        id=f"{slug}-{number}",
        link=item.get("link", f"https://{slug}.example/{number}"),
        dated=item.get("dated", True),
        raw=item.get("raw", False),
        versions=tuple(versions),
    )
