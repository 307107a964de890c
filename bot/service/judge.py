"""What to do with one entry: pure decisions, each with its reason."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.article import Article
from bot.service.storage import Known

# An item first seen three days after its date is an archive being republished, not news. Dates decide nothing else.
MAX_AGE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Add:
    """Never seen in this feed. `announce` False: it goes into the archive without a message, for `reason`."""

    announce: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Revise:
    """Seen before with other words. `story` is the story it already belongs to, if any."""

    story: int | None
    announce: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Skip:
    """Nothing to do."""

    reason: str


Verdict = Add | Revise | Skip


def judge(article: Article, known: Known | None, *, now: datetime, first_poll: bool) -> Verdict:
    """Decide on an article, given what the archive knows of its key, else of its page. The clock is handed in."""
    if known is not None and known.digest == article.digest:
        return Skip("same words")
    announce, reason = True, "new" if known is None else "edited"
    if first_poll:
        announce, reason = False, "first poll of this feed"
    elif article.published is not None and now - article.published > MAX_AGE:
        announce, reason = False, f"dated more than {MAX_AGE.days} days ago"
    if known is None:
        return Add(announce, reason)
    return Revise(known.story, announce, reason)


def recent(article: Article, *, now: datetime, window: timedelta) -> bool:
    """Whether an article belongs in a catch-up message over `window`; an undated one does not."""
    return article.published is not None and now - article.published <= window
