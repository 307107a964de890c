"""An OPML file into the feeds.toml on the disk."""

import errno
import os
from pathlib import Path

import pytest

from bot import exchange
from bot.config import FeedsFile, load_feeds
from bot.errors import ConfigError
from bot.settings.merge import Merged

FEED = '[[feed]]\nname = "A"\nurl = "https://a.example/rss"\n'
OPML = b'<opml version="2.0"><body><outline type="rss" text="B" xmlUrl="https://b.example/rss"/></body></opml>'


@pytest.fixture
def before(tmp_path: Path) -> FeedsFile:
    (tmp_path / "feeds.toml").write_bytes(b"\xef\xbb\xbf" + FEED.encode())
    return load_feeds({}, root=tmp_path)


def imported(before: FeedsFile) -> Merged:
    merged, mistakes = exchange.take_in(before, OPML, source="my.opml")
    assert mistakes == []
    return merged


def test_the_file_is_written_in_its_place(before: FeedsFile, tmp_path: Path) -> None:
    inode = before.path.stat().st_ino
    link = tmp_path / "link.toml"
    link.symlink_to(before.path)
    exchange.write(before, imported(before))
    assert [f.name for f in load_feeds({"PARLEY_CONFIG": str(link)}).feeds] == ["A", "B"]
    assert before.path.stat().st_ino == inode


def test_a_file_that_somebody_has_changed_meanwhile_is_left_alone(before: FeedsFile) -> None:
    before.path.write_text(FEED + "# mine\n")
    with pytest.raises(ConfigError, match=r"feeds\.toml: has changed meanwhile"):
        exchange.write(before, imported(before))
    assert before.path.read_text() == FEED + "# mine\n"


def test_a_full_disk_leaves_what_was_there(before: FeedsFile, monkeypatch: pytest.MonkeyPatch) -> None:
    written = os.pwrite

    def pwrite(descriptor: int, data: bytes, offset: int) -> int:
        if offset + len(data) > len(FEED):
            if offset:
                raise OSError(errno.ENOSPC, "No space left on device")
            return written(descriptor, data[: len(FEED) - 3], offset)
        return written(descriptor, data, offset)

    monkeypatch.setattr(exchange.os, "pwrite", pwrite)
    with pytest.raises(ConfigError, match="cannot be written: No space left"):
        exchange.write(before, imported(before))
    assert before.path.read_text() == FEED


def test_feeds_that_this_files_defaults_do_not_suit_are_not_taken(tmp_path: Path) -> None:
    text = '[defaults]\nevery = "5s"\n' + FEED.replace("https://a.example", "http://127.0.0.1")
    (tmp_path / "feeds.toml").write_text(text)
    with pytest.raises(ConfigError, match=r'feeds.toml with my.opml:2: defaults: every = "5s" is less than a minute'):
        exchange.take_in(load_feeds({}, root=tmp_path), OPML, source="my.opml")


def test_a_feeds_toml_with_mistakes_is_mended_first(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(FEED + 'every = "soon"\n')
    with pytest.raises(ConfigError, match=r"feeds\.toml:4"):
        load_feeds({}, root=tmp_path)


def test_channels_may_be_of_platforms_whose_tokens_are_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text(FEED + '[[channel]]\nplatform = "discord"\nid = "123456789012345678"\n')
    assert [f.name for f in load_feeds({}, root=tmp_path).feeds] == ["A"]
