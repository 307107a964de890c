"""The rules of docs/design/0002-layers.md: who may import whom, and who may import which outside library."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "bot").rglob("*.py"))
NOUNS = {"bot.domain", "bot.errors"}
RULES = NOUNS | {"bot.analysis", "bot.lexicons"}
USE_CASES = RULES | {"bot.service"}
SETTINGS = {"bot.config", "bot.settings", "bot.secret", "bot.log"}


@dataclass(frozen=True)
class Zone:
    """What a part of bot/ may import: parts of bot by prefix, outside libraries by name. Itself always."""

    parts: set[str]
    libraries: set[str]


ZONES = {
    "bot.domain": Zone({"bot.errors"}, {"yarl"}),
    "bot.errors": Zone(set(), set()),
    "bot.analysis": Zone(NOUNS, {"ahocorasick_rs", "py3langid", "sentencex"}),
    "bot.lexicons": Zone(NOUNS | {"bot.analysis"}, set()),
    "bot.service": Zone(RULES, set()),
    "bot.child": Zone(set(), set()),
    "bot.worker": Zone({"bot.child", "bot.errors"}, set()),
    "bot.childwork": Zone(RULES | {"bot.feeds.jobs"}, set()),  # one child serves both, so it warms for both
    "bot.analyst": Zone(NOUNS | {"bot.childwork", "bot.worker"}, set()),
    "bot.scheduler": Zone({"bot.service"}, {"apscheduler"}),
    "bot.feeds": Zone(
        NOUNS | {"bot.service", "bot.worker"},
        {"aiohttp", "feedparser", "lxml", "multidict", "protego", "publicsuffixlist", "trafilatura", "yarl"},
    ),
    "bot.storage": Zone(NOUNS | {"bot.service"}, {"alembic", "psycopg", "sqlalchemy"}),
    "bot.chat.console": Zone(NOUNS | {"bot.service"}, {"rich"}),
    "bot.chat.plain": Zone(set(), set()),
    "bot.chat.discord": Zone(NOUNS | {"bot.service", "bot.chat.plain"}, {"aiohttp", "discord", "yarl"}),
    "bot.chat.slack": Zone(NOUNS | {"bot.service", "bot.chat.plain"}, {"aiohttp", "slack_bolt", "slack_sdk", "yarl"}),
    "bot.web": Zone(NOUNS | {"bot.service"}, {"aiohttp", "prometheus_client"}),
    "bot.demo": Zone(NOUNS, {"aiohttp"}),
    "bot.config": Zone(RULES | SETTINGS, {"pydantic", "yarl"}),
    "bot.settings": Zone(RULES | SETTINGS, {"pydantic", "pydantic_core", "yarl"}),
    "bot.secret": Zone(set(), set()),
    "bot.log": Zone({"bot.secret"}, set()),
    # Wiring may import everything; nobody may import it, save wiring itself and `python -m bot`.
    "bot.app": Zone({"bot"}, set()),
    "bot.analyse": Zone(NOUNS, set()),
    "bot.explain": Zone(NOUNS, {"rich"}),
    "bot.check": Zone({"bot"}, set()),
    "bot.messengers": Zone({"bot"}, set()),
    "bot.probe": Zone(set(), set()),
    "bot.progress": Zone({"bot"}, set()),
    "bot.reload": Zone({"bot"}, set()),
    "bot.archive": Zone(NOUNS | {"bot.secret", "bot.service", "bot.storage"}, set()),
    "bot.tryout": Zone({"bot"}, set()),
    "bot.feedverbs": Zone({"bot"}, {"click"}),
    "bot.finish": Zone({"bot.errors"}, set()),
    "bot.exchange": Zone(SETTINGS | NOUNS, set()),
    "bot.listing": Zone(NOUNS | {"bot.service"}, {"rich"}),
    "bot.__main__": Zone({"bot"}, {"click"}),
}
WIRING = {
    "bot.analyse",
    "bot.app",
    "bot.check",
    "bot.explain",
    "bot.messengers",
    "bot.probe",
    "bot.progress",
    "bot.reload",
    "bot.archive",
    "bot.tryout",
    "bot.feedverbs",
    "bot.finish",
    "bot.exchange",
    "bot.listing",
    "bot.__main__",
}


def module_of(path: Path) -> str:
    """bot/feeds/guard.py -> bot.feeds.guard."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def inside(module: str, prefix: str) -> bool:
    """Whether a module is the prefix, in its folder, or a helper beside it (console_card.py is of console.py)."""
    return module == prefix or module.startswith((prefix + ".", prefix + "_"))


def zone_of(module: str) -> str | None:
    return max((z for z in ZONES if inside(module, z)), key=len, default=None)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute name) of every import, also those inside functions; `from a import b` counts as a.b."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def faults(path: Path) -> Iterator[str]:
    module = module_of(path)
    name = zone_of(module)
    if name is None:
        yield f"{module} belongs to no layer: enter it in ZONES and in docs/design/0002-layers.md"
        return
    zone = ZONES[name]
    for line, imported in imports(path):
        where = f"{path.relative_to(ROOT)}:{line}"
        root = imported.split(".")[0]
        if root in sys.stdlib_module_names:
            continue
        if root != "bot":
            if root not in zone.libraries:
                yield f"{where}: {name} may not import the library {root}"
        elif imported != "bot.__version__" and not any(inside(imported, part) for part in zone.parts | {name}):
            yield f"{where}: {name} may not import {imported}"


@pytest.mark.parametrize("path", [f for f in FILES if module_of(f) not in ("bot", "bot.chat")], ids=module_of)
def test_imports_point_down(path: Path) -> None:
    assert list(faults(path)) == []


def test_packages_that_hold_others_are_empty() -> None:
    for module in ("bot", "bot.chat"):
        assert list(imports(ROOT / module.replace(".", "/") / "__init__.py")) == []


def test_nobody_imports_the_wiring() -> None:
    for path in FILES:
        if module_of(path) not in WIRING:
            assert [i for _, i in imports(path) if any(inside(i, w) for w in WIRING)] == [], path


@pytest.mark.parametrize("folder", ["domain", "analysis"])
def test_rules_are_pure(folder: str) -> None:
    forbidden_names = {"open", "print", "input", "exec", "eval"}
    forbidden_attributes = {"now", "utcnow", "today", "time", "monotonic", "read_text", "read_bytes", "write_text"}
    for path in (ROOT / "bot" / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
            assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"{where}: await"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in forbidden_names, f"{where}: {node.func.id}()"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in forbidden_attributes, f"{where}: .{node.func.attr}()"


def test_the_check_itself_sees_what_it_should() -> None:
    assert zone_of("bot.chat.discord.render") == "bot.chat.discord"
    assert zone_of("bot.chat") is None
    assert zone_of("bot.domain2") is None
    assert not inside("bot.services", "bot.service")
    assert ("bot.service.ports.Meter") in [name for _, name in imports(ROOT / "bot/scheduler.py")]
