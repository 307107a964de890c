"""Deliveries for the Slack tests; their stories are those of every platform."""

from datetime import UTC, datetime
from typing import Any

from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.subscription import Channel, Platform
from tests.chat.examples import NOON, message, said, source, summary

__all__ = ["CHANNEL", "NOON", "delivery", "message", "said", "source", "summary"]

CHANNEL = "C0NEWS"


def delivery(kind: DeliveryKind = DeliveryKind.ALERT, **changes: Any) -> Delivery:
    fields: dict[str, Any] = {
        "id": "d1",
        "channel": Channel(Platform.SLACK, CHANNEL),
        "kind": kind,
        "story": 1,
        "revision": 1,
        # Slack's history is read by time, so this one is real.
        "created": datetime.now(UTC),
    }
    return Delivery(**(fields | changes))
