"""The whole bot, put together, against a feed on loopback."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import once
from bot.config import TERMINAL, Settings
from bot.domain.feed import Feed
from bot.domain.subscription import Subscription
from bot.secret import Secret
from tests.feeds.conftest import LOOPBACK, Site

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.server.start_server()
    yield site
    await site.server.close()


async def test_once_tells_one_line_of_a_new_database_and_no_warning_of_a_notice_that_waits_on_purpose(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(
        feeds=(Feed("Gone", site.answer("/rss", status=410), "Gone"),),
        subscriptions=(Subscription(TERMINAL),),
        database_url=Secret(f"sqlite:///{tmp_path}/parley.db"),
        config=Path("feeds.toml"),
        http=None,
        allow_addresses=LOOPBACK,
    )
    caplog.set_level("INFO")
    assert await once(settings) == 1
    assert sum("database upgraded to" in line for line in caplog.messages) == 1
    assert any("410 Gone" in line for line in caplog.messages)
    assert not any("could not be sent" in line for line in caplog.messages)


def test_a_start_imports_nothing_that_it_may_not_need() -> None:
    """Each of these is a tenth of a start of `once` or more, at every run of cron."""
    needless = {
        "alembic",
        "bot.lexicons.building",
        "discord",
        "feedparser",
        "lxml",
        "prometheus_client",
        "rich",
        "slack_bolt",
        "sqlalchemy.dialects.postgresql",
        "sqlalchemy.ext.asyncio",
        "sqlalchemy.orm",
        "trafilatura",
        "bot.web.server",
        "apscheduler",
    }
    ours = "bot.__main__, bot.app, bot.chat.console, bot.lexicons, bot.settings.feeds_toml"
    program = f"import sys, {ours}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert needless & set(done.stdout.split()) == set()
