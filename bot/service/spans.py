"""Time spans in words."""

from datetime import datetime, timedelta


def ago(now: datetime, then: datetime | None) -> str:
    """ "5 min ago", "never"."""
    return "never" if then is None else f"{span(now - then)} ago"


def span(delta: timedelta) -> str:
    """A duration in its largest fitting unit: "40 s", "5 min", "3 h", "2 days"."""
    seconds = max(delta.total_seconds(), 0)
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86_400:.0f} days"
