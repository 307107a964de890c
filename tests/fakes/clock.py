"""A clock that tests own."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    """Satisfies `Clock`; moves only when told."""

    def __init__(self, at: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)
