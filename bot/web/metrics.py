"""The metrics page's figures: every metric is declared once, in the table below."""

from dataclasses import dataclass, field
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

FETCH_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Two seconds is the promise; an outage of a platform may last for hours.
LAG_BUCKETS = (0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 3600)

Instrument = Counter | Gauge | Histogram


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: `labels` are all of its labels, `buckets` the upper bounds (seconds) of a histogram."""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = field(default=())


METRICS = (
    Metric("counter", "parley_polls_total", "Polls by outcome: unchanged, polled, failed, lost, unsaved", ("outcome",)),
    Metric("histogram", "parley_fetch_seconds", "Time from request to answer of a feed", buckets=FETCH_BUCKETS),
    Metric("counter", "parley_articles_total", "Articles read, by whether they were flagged: yes, no", ("flagged",)),
    Metric("counter", "parley_statements_total", "Statements found in articles, by topic", ("topic",)),
    Metric(
        "counter",
        "parley_deliveries_total",
        "Messages by platform and outcome: sent, retried, dead",
        ("platform", "outcome"),
    ),
    Metric(
        "histogram", "parley_delivery_lag_seconds", "Time from a message owed to a message sent", buckets=LAG_BUCKETS
    ),
    Metric("gauge", "parley_outbox_pending", "Messages owed and not yet sent"),
    Metric("gauge", "parley_outbox_dead", "Messages given up"),
    Metric("gauge", "parley_outbox_oldest_seconds", "How long the oldest message due is owed, 0 if none is"),
    Metric("gauge", "parley_feeds", "Feeds by state: working, failing, retired", ("state",)),
    Metric("gauge", "parley_feeds_overdue", "Feeds not polled for more than three of their intervals"),
    Metric("gauge", "parley_platform_connected", "1 while a chat platform is connected", ("platform",)),
    Metric(
        "counter",
        "parley_pushes_total",
        "What hubs sent, by outcome: saved, taken, unreadable, unsigned, unknown, too_large, slow, broken_off, later",
        ("outcome",),
    ),
    Metric("gauge", "parley_push_subscriptions", "Subscriptions at hubs: asked, active, refused, ending", ("status",)),
    Metric("counter", "parley_scheduler_missed_total", "Ticks left out or ended by an error, by job", ("job",)),
    Metric("gauge", "parley_settings_stale", "1 while the settings file on disk is not what runs"),
    Metric("gauge", "parley_build_info", "1; the label tells the version that runs", ("version",)),
)


class PrometheusMeter:
    """Satisfies `Meter` on a registry of its own. A name that METRICS does not declare is a KeyError: our fault."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second line a counter that no dashboard reads
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._counters: dict[str, Counter] = {}
        self._series: dict[tuple[object, ...], Counter] = {}  # looking one up by its labels costs more than to count
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for metric in METRICS:
            self._declare(metric)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        series = (name, *labels.items())
        counter = self._series.get(series)
        if counter is None:
            counter = self._counters[name]
            counter = self._series[series] = counter.labels(**labels) if labels else counter
        counter.inc(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record a duration."""
        histogram = self._histograms[name]
        (histogram.labels(**labels) if labels else histogram).observe(seconds)

    def page(self) -> bytes:
        """Every figure in Prometheus' text format."""
        return generate_latest(self._registry)

    def _declare(self, metric: Metric) -> None:
        if metric.kind == "counter":
            self._counters[metric.name] = Counter(metric.name, metric.help, metric.labels, registry=self._registry)
        elif metric.kind == "gauge":
            self._gauges[metric.name] = Gauge(metric.name, metric.help, metric.labels, registry=self._registry)
        else:
            self._histograms[metric.name] = Histogram(
                metric.name, metric.help, metric.labels, registry=self._registry, buckets=metric.buckets
            )
