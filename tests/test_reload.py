"""feeds.toml edited under a running bot: all of it or nothing, and the operator is told."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Settings, load_settings
from bot.domain.feed import FetchState
from bot.errors import StorageError
from bot.reload import Reloader
from bot.storage import SqlStorage, open_storage, upgrade
from tests.fakes.meter import FakeMeter

WIRE = '[[feed]]\nname = "Wire"\nurl = "https://wire.example/rss"\n'
RADIO = '[[feed]]\nname = "Radio"\nurl = "https://radio.example/rss"\n'
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
GRACE = timedelta(seconds=10)


class Running:
    """A bot of which only the storage and the reloader run."""

    def __init__(self, folder: Path, storage: SqlStorage) -> None:
        self.file = folder / "feeds.toml"
        self.file.write_text(WIRE + RADIO)
        self.storage = storage
        self.meter = FakeMeter()
        self.env = {"PARLEY_CONFIG": str(self.file), "PARLEY_DATABASE_URL": "sqlite:////tmp/x.db"}
        self.broken: StorageError | None = None
        self.reloader = Reloader(self.read(), reread=self.read, apply=self.apply, meter=self.meter)

    def read(self) -> Settings:
        return load_settings(self.env, topics=("ceasefire", "territory"), conflicts=("gaza",))

    async def apply(self, settings: Settings) -> None:
        if self.broken:
            raise self.broken
        await self.storage.sync_settings(settings.feeds, settings.subscriptions)

    async def feeds(self) -> dict[str, str | None]:
        return {h.feed.name: h.state.etag for h in await self.storage.health()}

    async def looks(self, times: int = 2) -> None:
        for _ in range(times):
            await self.reloader.look()

    async def hangup(self) -> None:
        self.reloader.ask()
        await self.reloader.stop(GRACE)

    @property
    def stale(self) -> int:
        return self.meter.counts[("parley_settings_stale",)]


@pytest.fixture
async def bot(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Running]:
    url = f"sqlite:///{tmp_path / 'parley.db'}"
    await upgrade(url)
    storage = await open_storage(url)
    bot = Running(tmp_path, storage)
    settings = bot.read()
    await storage.sync_settings(settings.feeds, settings.subscriptions)
    for one in await storage.claim_feeds(now=NOW, limit=9, lease=timedelta(minutes=1)):
        await storage.finish_poll(one, FetchState(etag=one.feed.name.lower(), last_success=NOW, next_check=NOW))
    await bot.looks()
    caplog.set_level(logging.INFO)
    yield bot
    await storage.close()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [r.getMessage() for r in caplog.records]
    caplog.clear()
    return lines


async def test_a_good_file_is_applied_with_a_line_per_difference_and_no_feed_forgets(bot, caplog):
    bot.file.write_text(WIRE + 'every = "15m"\n' + RADIO.replace("adio", "ocks"))
    await bot.looks()
    assert told(caplog) == [
        'feeds.toml: feed "Rocks": added',
        'feeds.toml: feed "Wire": every 5m -> 15m',
        'feeds.toml: feed "Radio": removed',
        "feeds.toml is applied (changes: 3)",
    ]
    assert await bot.feeds() == {"Wire": "wire", "Rocks": None}
    bot.file.write_text(WIRE + RADIO)
    await bot.looks()
    assert await bot.feeds() == {"Wire": "wire", "Radio": "radio"}, "a feed that comes back knows what it knew"
    assert bot.stale == 0


async def test_a_file_with_a_mistake_changes_nothing_and_each_mistake_is_told_once(bot, caplog):
    bot.file.write_text(WIRE + 'every = "soon"\n[[feed]]\nname = "X"\nurl = "gopher://x.example"\n')
    await bot.looks(5)
    assert told(caplog) == [
        (
            'feeds.toml:4: feed "Wire": every = "soon" is not a time span '
            '(write a number and s, m, h or d in quotes, for example "5m")'
        ),
        (
            'feeds.toml:7: feed "X": url = "gopher://x.example" is not an http(s) address '
            '(write it as in a browser: "https://example.org/rss.xml")'
        ),
        "feeds.toml: nothing of it is applied, the bot goes on as before (mistakes: 2); mend it and save it again",
    ]
    assert set(await bot.feeds()) == {"Wire", "Radio"}
    assert bot.stale == 1
    bot.file.write_text(WIRE + RADIO)
    await bot.looks(5)
    assert told(caplog) == ["feeds.toml says what runs already"]
    assert bot.stale == 0


@pytest.mark.parametrize("absent", [True, False])
async def test_a_file_that_is_empty_or_gone_removes_no_feed(bot, caplog, absent):
    if absent:
        bot.file.unlink()
    else:
        bot.file.write_text("")
    await bot.looks(1)
    assert told(caplog) == [], "an editor may be about to write it"
    await bot.looks(4)
    assert len(told(caplog)) == 2
    assert set(await bot.feeds()) == {"Wire", "Radio"}
    assert bot.stale == 1


async def test_a_file_that_is_still_being_written_waits_until_it_rests(bot, caplog):
    for text in (WIRE, WIRE + "# more to come", WIRE + RADIO.replace("Radio", "Rundfunk")):
        bot.file.write_text(text)
        await bot.looks(1)
        assert told(caplog) == []
    await bot.looks(1)
    assert told(caplog)[0] == 'feeds.toml: feed "Radio": name Radio -> Rundfunk'
    assert await bot.feeds() == {"Wire": "wire", "Rundfunk": "radio"}


async def test_an_editor_may_replace_the_file(bot, caplog):
    new = bot.file.with_suffix(".tmp")
    new.write_text(WIRE)
    new.replace(bot.file)
    await bot.looks()
    assert told(caplog)[0] == 'feeds.toml: feed "Radio": removed'


async def test_a_hangup_is_answered_at_once_and_always(bot, caplog):
    await bot.hangup()
    assert told(caplog) == ["feeds.toml says what runs already"]
    bot.file.write_text(WIRE)
    await bot.hangup()
    assert set(await bot.feeds()) == {"Wire"}
    assert told(caplog)[0] == 'feeds.toml: feed "Radio": removed'
    await bot.looks(3)
    assert told(caplog) == []


async def test_what_takes_a_restart_is_said(bot, caplog):
    bot.env["PARLEY_DATABASE_URL"] = "postgresql://user:s3cret@db/parley"
    bot.file.write_text(WIRE)
    await bot.looks()
    assert told(caplog)[1] == "PARLEY_DATABASE_URL has changed: it takes a restart"
    await bot.hangup()
    lines = told(caplog)
    assert lines == [
        "PARLEY_DATABASE_URL has changed: it takes a restart",
        "feeds.toml says what runs already",
    ], "not forgotten by a second reading"


async def test_what_is_perhaps_not_meant_is_told_when_it_is_new(bot, caplog):
    bot.env["PARLEY_DISCORD_TOKEN"] = "made-up"
    bot.reloader = Reloader(bot.read(), reread=bot.read, apply=bot.apply, meter=bot.meter)
    posts = '[[channel]]\nplatform = "discord"\nid = "123456789012345678"\n'
    unused = "discord: a token is set, but feeds.toml has no [[channel]] for it; "
    for text, warned in ((posts, 0), ("", 1), ("", 0), (posts, 0)):
        bot.file.write_text(WIRE + text)
        await bot.hangup()
        assert sum(line.startswith(unused) for line in told(caplog)) == warned


async def test_a_database_that_does_not_answer_is_asked_again(bot, caplog):
    bot.file.write_text(WIRE)
    bot.broken = StorageError("disk full")
    await bot.looks(2)
    assert told(caplog) == ["feeds.toml: nothing of it is applied yet, trying again: disk full"]
    assert bot.stale == 1
    bot.broken = None
    await bot.looks(1)
    assert set(await bot.feeds()) == {"Wire"}
    assert bot.stale == 0


async def test_the_running_program_follows_its_file_on_sighup(tmp_path: Path) -> None:
    file = tmp_path / "feeds.toml"
    file.write_text(WIRE.replace("https://wire.example", "http://127.0.0.1:9"))
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")},
        "PARLEY_CONFIG": str(file),
        "PARLEY_DATABASE_URL": f"sqlite:///{tmp_path}/parley.db",
        "PARLEY_HTTP": "off",
    }
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"), env=env, stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
    )
    assert program.stderr is not None

    async def wait_for(words: str) -> None:
        async with asyncio.timeout(60):
            while words not in (await program.stderr.readline()).decode():
                assert program.returncode is None

    try:
        await wait_for("failing feeds: 0 of 1")
        file.write_text(WIRE.replace("Wire", "Cable").replace("https://wire.example", "http://127.0.0.1:9"))
        program.send_signal(signal.SIGHUP)
        await wait_for('feed "Wire": name Wire -> Cable')
        program.terminate()
        assert await program.wait() == 0
    finally:
        if program.returncode is None:
            program.kill()
