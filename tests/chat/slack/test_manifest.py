"""What operators copy must fit what the code does."""

import re
from pathlib import Path

from bot.chat.slack.fault import MENDABLE
from bot.chat.slack.parse import SLASH

ROOT = Path(__file__).resolve().parents[3]
MANIFEST = (ROOT / "slack-manifest.yaml").read_text(encoding="utf-8")
DOCS = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")


def scopes() -> set[str]:
    listed = MANIFEST.split("scopes:")[1].split("settings:")[0]
    return set(re.findall(r"^ +- ([\w.:]+)", listed, re.MULTILINE))


def test_the_manifest_offers_the_command_over_socket_mode() -> None:
    assert f"- command: {SLASH}\n" in MANIFEST
    assert "socket_mode_enabled: true" in MANIFEST
    assert "token_rotation_enabled: false" in MANIFEST


def test_the_manifest_asks_for_what_the_code_calls_and_no_more() -> None:
    assert scopes() == {"chat:write", "commands", "channels:history", "groups:history", "metadata.message:read"}


def test_every_permission_is_explained() -> None:
    assert all(f"`{scope}`" in DOCS for scope in scopes())


def test_every_refusal_that_can_be_mended_is_explained() -> None:
    assert [word for word in MENDABLE if f"`{word}`" not in DOCS] == []
