from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.delivery import retry_at

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "asked", "seconds"),
    [(0, None, 2), (1, None, 2), (2, None, 4), (5, None, 32), (200, None, 600), (1, 30, 30), (9, 1, 512)],
)
def test_tries_space_out_and_obey_the_platform(attempts, asked, seconds):
    wish = None if asked is None else timedelta(seconds=asked)
    assert retry_at(NOW, attempts=attempts, asked_to_wait=wish) == NOW + timedelta(seconds=seconds)
