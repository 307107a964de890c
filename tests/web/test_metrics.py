import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.service.ports import Meter
from bot.web.metrics import METRICS, PrometheusMeter

BOT = Path(__file__).resolve().parents[2] / "bot"
METHODS = {"count": "counter", "gauge": "gauge", "observe": "histogram"}


def test_satisfies_the_port() -> None:
    meter: Meter = PrometheusMeter()
    meter.gauge("parley_outbox_pending", 3)


def test_page_shows_every_declared_metric_with_its_help() -> None:
    meter = PrometheusMeter()
    page = meter.page().decode()
    for metric in METRICS:
        family = metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name
        assert f"# HELP {family}" in page
        assert metric.help in page


def test_figures_arrive_on_the_page() -> None:
    meter = PrometheusMeter()
    meter.count("parley_polls_total", outcome="polled")
    meter.count("parley_polls_total", 2, outcome="polled")
    meter.gauge("parley_feeds", 41, state="working")
    meter.observe("parley_fetch_seconds", 0.2)
    page = meter.page().decode()
    assert 'parley_polls_total{outcome="polled"} 3.0' in page
    assert 'parley_feeds{state="working"} 41.0' in page
    assert "parley_fetch_seconds_count 1.0" in page
    assert 'parley_fetch_seconds_bucket{le="0.25"} 1.0' in page
    assert 'parley_fetch_seconds_bucket{le="0.1"} 0.0' in page
    assert "_created" not in page


def test_two_meters_do_not_share_figures() -> None:
    one, two = PrometheusMeter(), PrometheusMeter()
    one.count("parley_statements_total", topic="ceasefire")
    assert b'topic="ceasefire"' in one.page()
    assert b'topic="ceasefire"' not in two.page()


@pytest.mark.parametrize("method", METHODS)
def test_undeclared_names_raise(method: str) -> None:
    with pytest.raises(KeyError, match="parley_typo"):
        getattr(PrometheusMeter(), method)("parley_typo", 1)


def test_every_metric_the_code_uses_is_declared_with_exactly_these_labels() -> None:
    declared = {(m.kind, m.name): set(m.labels) for m in METRICS}
    used = [call for path in sorted(BOT.rglob("*.py")) for call in _meter_calls(path)]
    assert used
    for where, kind, name, labels in used:
        assert declared.get((kind, name)) == labels, where


def _meter_calls(path: Path) -> Iterator[tuple[str, str, str, set[str | None]]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            continue
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and str(first.value).startswith("parley_"):
            labels = {k.arg for k in node.keywords} - {"amount", "value", "seconds"}
            yield f"{path}:{node.lineno}", METHODS[node.func.attr], str(first.value), labels
