"""Standing: how a feed fares in the long run, and the notice that a change of it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# A feed that fails for this long by the time it is asked again is told of: shorter outages mend themselves.
LONG_FAILING = timedelta(days=1)
# Fewer failures say little, however long the pause between them that its server asked for.
ENOUGH_FAILURES = 3
# A retired feed is looked in on this often: an outlet may have said 410 by mistake, and no feed ends in silence.
LOOK_IN = timedelta(days=7)


class Standing(StrEnum):
    """What a feed's channels are told that it is."""

    WORKING = "working"  # it answers, or has not failed for long
    FAILING = "failing"  # it has failed for a day
    RETIRED = "retired"  # its outlet says that it is gone for good (410)


@dataclass(frozen=True, slots=True)
class Notice:
    """A feed whose standing has changed. `since` is when the first of its failures in a row was, `error` the last."""

    feed: str
    standing: Standing
    since: datetime | None = None
    error: str = ""


HEADINGS = {
    Standing.RETIRED: "Gone for good",
    Standing.FAILING: "Failing for a day now",
    Standing.WORKING: "Working again",
}
# For whoever runs the bot; a reader of the channel at least learns what is missing.
ADVICE = {
    Standing.RETIRED: "The server says so (410 Gone). Parley looks once a week whether that has changed. "
    "Take the feed out of feeds.toml, or write its new address there.",
    Standing.FAILING: "Parley goes on trying, at least once a day. Until then nothing of it is reported here.",
    Standing.WORKING: "",
}


def after_failure(before: Standing, *, gone: bool, failures: int, since: datetime, next_try: datetime) -> Standing:
    """The standing of a feed that has just failed for the `failures`-th time in a row, the first time at `since`.

    `next_try` is when it would be asked again. What is retired stays so, whatever else its server then says.
    """
    if gone or before is Standing.RETIRED:
        return Standing.RETIRED
    long = next_try - since >= LONG_FAILING and failures >= ENOUGH_FAILURES
    return Standing.FAILING if long else before


def grouped(notices: Sequence[Notice]) -> list[tuple[Standing, list[Notice]]]:
    """Notices by standing, the gravest first, by name within."""
    groups = {standing: [n for n in notices if n.standing is standing] for standing in HEADINGS}
    return [(standing, sorted(group, key=lambda n: n.feed)) for standing, group in groups.items() if group]


def title(notices: Sequence[Notice]) -> str:
    """What a message with these notices is about, on one line."""
    standings = {n.standing for n in notices}
    if len(standings) > 1:
        return f"News of {len(notices)} feeds"
    feeds = "A feed is" if len(notices) == 1 else f"{len(notices)} feeds are"
    return f"{feeds} {HEADINGS[standings.pop()].lower()}"
