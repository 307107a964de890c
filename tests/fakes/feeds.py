"""Feeds and an engine in memory, for tests of the use cases alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.article import Entry
from bot.domain.feed import Feed, FetchState
from bot.domain.pace import SAYS_NOTHING
from bot.domain.statement import Analysis, Document, Span, Stance, Statement
from bot.errors import FeedError
from bot.service.ports import Fetched, Parsed

WHEN = datetime(2026, 3, 1, 11, tzinfo=UTC)


def entry(
    guid: str, title: str, text: str = "", *, link: str | None = None, published: datetime | None = WHEN
) -> Entry:
    return Entry(
        guid=guid, link=link or f"https://outlet.example/{guid}", title=title, summary=text, published=published
    )


class FakeSource:
    """Satisfies `FeedSource`: each url answers with the entries, or raises the error, that stands in `answers`.

    Every body says `said`, every answer is fresh for `fresh_for`.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Entry] | FeedError] = {}
        self.pages: dict[str, str] = {}
        self.asked: list[str] = []
        self.said = SAYS_NOTHING
        self.fresh_for: timedelta | None = None
        self.moved_to: str | None = None

    async def fetch(self, feed: Feed, state: FetchState) -> Fetched:
        answer = self.answers[feed.url]
        if isinstance(answer, FeedError):
            raise answer
        body = repr(answer).encode()
        digest = str(hash(body)).encode()
        unchanged = digest == state.body_digest
        return Fetched(
            body=None if unchanged else body,
            size=None if unchanged else len(body),
            url=feed.url,
            digest=digest,
            etag="e",
            fresh_for=self.fresh_for,
            moved_to=self.moved_to,
        )

    async def parse(self, fetched: Fetched, *, known: frozenset[bytes]) -> Parsed:
        answer = self.answers[fetched.url]
        assert not isinstance(answer, FeedError)
        plain = tuple((e.title, e.summary) for e in answer)
        items = frozenset(repr(e).encode() for e in answer)
        return Parsed(tuple(answer), items=items, said=self.said, plain=plain)

    async def page_text(self, link: str) -> str | None:
        self.asked.append(link)
        return self.pages.get(link)


class FakeAnalyst:
    """Satisfies `Analyst`: reads "SPEAKER rejects ceasefire" wherever a line has that shape, word for word."""

    async def analyse(self, documents: Sequence[Document]) -> list[Analysis]:
        return [_read(d) for d in documents]


def _read(document: Document) -> Analysis:
    body, found, at = document.body, [], 0
    for line in body.split("\n"):
        words = line.split()
        if len(words) == 3 and words[1].removesuffix("s") in set(Stance):
            speaker, stance, topic = words
            evidence = Span.of(body, at, at + len(line))
            found.append(
                Statement(
                    speaker=speaker,
                    speaker_span=Span.of(body, at, at + len(speaker)),
                    topic=topic,
                    stance=Stance(stance.removesuffix("s")),
                    target=(),
                    evidence=evidence,
                    quote=None,
                    cue=evidence,
                    confidence=0.9,
                    reason="a test's line",
                    conflicts=("ukraine",),
                )
            )
        at += len(line) + 1
    return Analysis(tuple(dict.fromkeys(s.topic for s in found)), tuple(found), ("read",))
