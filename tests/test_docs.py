"""Docs tell what the code does: every verb, setting, command and metric, and no link that leads nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
import pytest

import bot.__main__
from bot import __version__
from bot.service.catalog import build_catalog
from bot.settings.environment import NAMES
from bot.web.metrics import METRICS

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def verbs(group: click.Group, before: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from verbs(command, f"{before}{name} ")
        else:
            yield before + name


def command_line() -> click.Group:
    groups = [v for v in vars(bot.__main__).values() if isinstance(v, click.Group)]
    inner = {c.name for g in groups for c in g.commands.values()}
    (root,) = {id(g): g for g in groups if g.name not in inner}.values()
    return root


def table_cells(heading: str) -> set[str]:
    """What stands between backticks in the first column of the section's table."""
    section = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", section, re.MULTILINE)
    return {cell for row in rows for cell in re.findall(r"`([^`]+)`", row)}


def test_readme_lists_exactly_the_verbs_there_are() -> None:
    told = {re.sub(r" \[.*", "", cell) for cell in table_cells("Verbs")}
    assert told == set(verbs(command_line()))


def test_readme_lists_exactly_the_settings_there_are() -> None:
    assert table_cells("Settings") == set(NAMES)


def test_env_example_names_every_setting() -> None:
    assert set(re.findall(r"\bPARLEY_[A-Z_]+", (ROOT / ".env.example").read_text())) - {"PARLEY_"} >= set(NAMES)


def test_every_variable_in_the_code_is_a_setting() -> None:
    for path in sorted((ROOT / "bot").rglob("*.py")):
        named = set(re.findall(r"\bPARLEY_[A-Z][A-Z_]*[A-Z]\b", path.read_text("utf-8")))
        assert {n.removesuffix("_FILE") for n in named} <= set(NAMES), path


def test_readme_lists_exactly_the_chat_commands_there_are() -> None:
    names = {c.name for c in build_catalog(cast(Any, None), topics=(), conflicts={})}
    assert table_cells("Discord and Slack") == names
    for name in names:
        assert f"/parley {name}" in README


@pytest.mark.parametrize("name", sorted(m.name for m in METRICS if m.name != "parley_build_info"))
def test_readme_tells_what_each_metric_is_good_for(name: str) -> None:
    assert re.search(rf"`{name}[`{{]", README)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if not re.match(r"https?://|mailto:|#", target):
            assert (page.parent / target.split("#")[0]).exists(), target


def test_design_notes_are_numbered_without_a_gap() -> None:
    notes = sorted((ROOT / "docs/design").glob("*.md"))
    assert [n.name[:4] for n in notes] == [f"{i:04}" for i in range(1, len(notes) + 1)]
    for note in notes:
        assert re.match(rf"# 0*{int(note.name[:4])}\W", note.read_text("utf-8")), note


def test_changelog_has_an_entry_for_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[{re.escape(__version__)}\] - (unreleased|\d{{4}}-\d\d-\d\d)$", changelog, re.MULTILINE)
