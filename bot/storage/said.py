"""What a feed says of itself, as it is kept in a column."""

import json
from datetime import timedelta

from bot.domain.pace import SAYS_NOTHING, Said
from bot.domain.push import Offer


def stored(said: Said) -> str | None:
    """JSON with what there is, times in seconds; None for a feed that says nothing."""
    if said == SAYS_NOTHING:
        return None
    parts = {
        "ttl": said.ttl.total_seconds() if said.ttl is not None else None,
        "period": said.period.total_seconds() if said.period is not None else None,
        "hours": sorted(said.skip_hours),
        "days": sorted(said.skip_days),
        "hub": said.offer.hub if said.offer is not None else None,
        "topic": said.offer.topic if said.offer is not None else None,
    }
    return json.dumps({name: value for name, value in parts.items() if value})


def said_of(column: str | None) -> Said:
    """The reverse of `stored`."""
    if column is None:
        return SAYS_NOTHING
    parts = json.loads(column)
    return Said(
        ttl=timedelta(seconds=parts["ttl"]) if "ttl" in parts else None,
        period=timedelta(seconds=parts["period"]) if "period" in parts else None,
        skip_hours=frozenset(parts.get("hours", ())),
        skip_days=frozenset(parts.get("days", ())),
        offer=Offer(parts["hub"], parts.get("topic")) if "hub" in parts else None,
    )
