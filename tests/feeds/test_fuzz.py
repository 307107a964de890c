"""A short slice of scripts/fuzz, and everything it keeps."""

from random import Random

import pytest

from tests.feeds.fuzz import KEPT, damaged, fault, seeds


@pytest.mark.parametrize("path", sorted(KEPT.iterdir()), ids=lambda path: path.name)
def test_what_was_found_once_stays_mended(path: object) -> None:
    assert fault(path.read_bytes()) is None  # type: ignore[attr-defined]  # a Path; ids want an object


@pytest.mark.parametrize("seed", range(8))
def test_a_slice(seed: int) -> None:
    random = Random(seed)
    bodies = seeds()
    for _ in range(40):
        body = damaged(random, bodies)
        assert (fault(body), body) == (None, body)


def test_a_fault_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.feeds.fuzz.parse_feed", lambda *_, **__: 1 / 0)
    assert "ZeroDivisionError" in (fault(b"<rss/>") or "")
