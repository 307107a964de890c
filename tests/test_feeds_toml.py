"""The feeds.toml that ships."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.domain.feed import Affiliation

ROOT = Path(__file__).resolve().parents[1]
KNOWN = ROOT / ".." / "shared" / "feeds" / "known.csv"
FEEDS = load_settings({}, root=ROOT).feeds


def test_it_holds_a_good_spread_of_outlets() -> None:
    assert len(FEEDS) >= 40
    assert len({f.publisher for f in FEEDS}) >= 35
    assert len({f.language for f in FEEDS}) >= 10
    assert {f.affiliation for f in FEEDS} == set(Affiliation)
    assert all(f.language for f in FEEDS)


def test_a_publisher_has_one_affiliation() -> None:
    pairs = {(f.publisher, f.affiliation) for f in FEEDS}
    assert [p for p, n in Counter(p for p, _ in pairs).items() if n > 1] == []


def test_every_address_has_been_seen_working() -> None:
    if not KNOWN.is_file():
        pytest.skip("the list of addresses seen working (../shared/feeds/known.csv) is not here")
    with KNOWN.open(encoding="utf-8", newline="") as file:
        known = {row["url"] for row in csv.DictReader(file)}
    assert [f.url for f in FEEDS if f.url not in known] == []


def test_its_examples_of_channels_are_right(tmp_path: Path) -> None:
    text = (ROOT / "feeds.toml").read_text(encoding="utf-8")
    examples = text[text.index("# --- channels ---") :].replace("\n# [[", "\n[[")
    examples = re.sub(r"^# (\w+ = )", r"\1", examples, flags=re.MULTILINE)
    (tmp_path / "feeds.toml").write_text(text + examples, encoding="utf-8")
    env = {"PARLEY_DISCORD_TOKEN": "x", "PARLEY_SLACK_BOT_TOKEN": "xoxb-x", "PARLEY_SLACK_APP_TOKEN": "xapp-x"}
    found = load_settings(env, root=tmp_path, topics=["ceasefire", "territory", "control"], conflicts=["ukraine"])
    assert [s.channel.platform.value for s in found.subscriptions] == ["discord", "slack", "console"]
