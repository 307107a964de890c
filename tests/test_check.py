"""`check`: what is wrong, once, and what is right."""

from pathlib import Path

import pytest

from bot import app
from bot.config import TERMINAL, Settings
from bot.domain.feed import Feed
from bot.domain.subscription import Subscription
from bot.secret import Secret


def settings(folder: Path, *, database: str = "parley.db") -> Settings:
    return Settings(
        feeds=(Feed("Harbour Wire", "http://127.0.0.1:1/rss", "Harbour Wire"),),
        subscriptions=(Subscription(TERMINAL),),
        database_url=Secret(f"sqlite:///{folder}/{database}"),
        config=Path("feeds.toml"),
    )


async def test_each_thing_is_a_line_and_what_fails_is_told_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await app.check(settings(tmp_path)) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "settings  ok: 1 feed, 1 channel"
    assert lines[2] == f"database  ok: {tmp_path}/parley.db will be made at the first start"
    (told,) = [line for line in lines if "Harbour Wire" in line]
    assert told.startswith("feed      FAILED: Harbour Wire <http://127.0.0.1:1/rss>: refused")
    assert lines[-2:] == ["1 of 1 feeds cannot be read", "no feed could be reached: is this machine online?"]


async def test_a_database_that_cannot_be_opened_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_text("no database " * 100)
    assert await app.check(settings(tmp_path, database="text")) == 2
    assert "database  FAILED: file is not a database" in capsys.readouterr().out
