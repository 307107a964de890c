"""A meter that remembers."""

from collections import Counter


class FakeMeter:
    """Satisfies `Meter`."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        self.counts[(name, *labels.values())] += int(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        self.counts[(name, *labels.values())] = int(value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        self.counts[(name, *labels.values())] += 1
