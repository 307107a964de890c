"""Statement: who said what about which topic, with the words that prove it."""

from dataclasses import dataclass
from enum import StrEnum

CEASEFIRE = "ceasefire"
TERRITORY = "territory"
CONTROL = "control"  # who holds a place on the battlefield; a topic of its own, off by default
DEFAULT_TOPICS = (CEASEFIRE, TERRITORY)


class Stance(StrEnum):
    """What the actor does towards the topic."""

    PROPOSE = "propose"
    DEMAND = "demand"
    CONDITION = "condition"
    AGREE = "agree"
    CONCEDE = "concede"
    REJECT = "reject"
    CLAIM = "claim"
    RECOGNISE = "recognise"
    ACCUSE = "accuse"
    THREATEN = "threaten"
    ASSESS = "assess"


# How people are told, on every platform: "<speaker> rejects: ceasefire".
VERBS = {
    Stance.PROPOSE: "proposes",
    Stance.DEMAND: "demands",
    Stance.CONDITION: "sets a condition",
    Stance.AGREE: "agrees",
    Stance.CONCEDE: "concedes",
    Stance.REJECT: "rejects",
    Stance.CLAIM: "claims",
    Stance.RECOGNISE: "recognises",
    Stance.ACCUSE: "accuses",
    Stance.THREATEN: "threatens",
    Stance.ASSESS: "assesses",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A verbatim excerpt: `document[start:end] == text`, offsets in code points, half-open."""

    start: int
    end: int
    text: str

    @classmethod
    def of(cls, document: str, start: int, end: int) -> "Span":
        """The excerpt of a document between two offsets."""
        return cls(start, end, document[start:end])


@dataclass(frozen=True, slots=True)
class Statement:
    """One reported statement. Every Span lies in the article's document (title, line break, text).

    `speaker` is the actor's canonical English name, or the article's own words where the actor is unknown.
    `target` are canonical names of territories or of the parties; `conflicts` ids of conflicts, often one.
    `confidence` lies in [0, 1]; `reason` tells an analyst which rule read it so.
    `said_on` is an ISO date where the article's own day makes it one, else the article's words ("last month");
    `said_in` its words for the place or the medium ("press conference in Ankara", "X").
    """

    speaker: str
    speaker_span: Span
    topic: str
    stance: Stance
    target: tuple[str, ...]
    evidence: Span
    quote: Span | None
    cue: Span
    confidence: float
    reason: str
    conflicts: tuple[str, ...] = ()
    said_on: str | None = None
    said_in: str | None = None

    @property
    def gist(self) -> tuple[str, str, Stance]:
        """What makes two reports the same statement within one story."""
        return (self.speaker, self.topic, self.stance)


@dataclass(frozen=True, slots=True)
class Document:
    """What the engine reads: an article's words and what is known of them. `published` is ISO 8601 or None."""

    title: str
    text: str
    language: str | None = None
    published: str | None = None
    source: str | None = None

    @property
    def body(self) -> str:
        """The text that every span counts in: the title, a line break, the body."""
        return f"{self.title}\n{self.text}"


@dataclass(frozen=True, slots=True)
class Analysis:
    """The verdict on one article: the topics it is flagged for, the statements behind them, and why.

    `reasons` holds at least one line also when nothing was found ("quiet: ...").
    """

    topics: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
    reasons: tuple[str, ...] = ()
