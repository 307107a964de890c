"""Story: articles that report the same event; Summary: what a channel is told of it."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.article import UNKNOWN_LANGUAGE
from bot.domain.feed import Affiliation
from bot.domain.statement import Stance


@dataclass(frozen=True, slots=True)
class Story:
    """A group of articles about one event. `revision` grows by one whenever the story gains something to tell."""

    id: int
    title: str
    started: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class Source:
    """One publisher's report of a story. `link` is the original address, checked to be http(s), or None."""

    publisher: str
    affiliation: Affiliation
    link: str | None
    title: str
    language: str
    published: datetime | None

    @property
    def foreign(self) -> str:
        """The language to tell readers of: empty for English, and where neither the feed nor its settings name one."""
        return "" if self.language in ("en", UNKNOWN_LANGUAGE) else self.language


@dataclass(frozen=True, slots=True)
class Said:
    """One statement as told to a channel: canonical names, verbatim evidence.

    `revision` is the story revision that brought it; `publisher` who reported it first.
    """

    speaker: str
    speaker_text: str
    topic: str
    stance: Stance
    target: tuple[str, ...]
    evidence: str
    quote: str | None
    confidence: float
    revision: int
    publisher: str
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A story ready to be shown: platform-free, nothing cut, nothing escaped (adapters do both).

    `sources` come one a publisher, earliest first. `seen` is when Parley first saw it.
    """

    story: int
    revision: int
    title: str
    statements: tuple[Said, ...]
    sources: tuple[Source, ...]
    seen: datetime

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics of its statements, each once, in order of appearance."""
        return tuple(dict.fromkeys(s.topic for s in self.statements))

    @property
    def published(self) -> datetime:
        """The earliest date that any source gives, else when it was first seen."""
        return min((s.published for s in self.sources if s.published), default=self.seen)
