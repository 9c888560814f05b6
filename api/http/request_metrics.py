"""Metrics of a server, in the format of Prometheus: how much is asked, how long it takes, and what waits.

Requests are counted by the template of their route (`/v1/policies/{slug}`), never by what a client chose to write, so
that there are only so many series whatever is sent. Positions and queues are looked at when the metrics are read.

Of several workers, whichever answers gives the requests of all of them together, and those that ended; what is looked
at (the process, positions, queues) is its own.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from api.http.cached_answers import CachedAnswers
from api.http.question_queue import Questions
from api.http.visit import Answered
from api.settings import counts_folder
from projections import Engine

PREFIX = "supply_ledger"
MEDIA_TYPE = CONTENT_TYPE_LATEST
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
UNMATCHED = "unmatched"
"""The route of a request that no route takes, or that was refused before one was looked for."""
# The instant at which each series began is left out: nobody asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class RequestMetrics:
    """Counts what was answered."""

    def __init__(self, engine: Engine, questions: Questions, cached: CachedAnswers) -> None:
        self._registry = CollectorRegistry()
        self._looks = CollectorRegistry()
        ProcessCollector(registry=self._looks)
        PlatformCollector(registry=self._looks)
        self._looks.register(_Looks(engine, questions, cached))
        self._counts_folder = counts_folder()
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            f"{PREFIX}_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            f"{PREFIX}_request_seconds", "How long answers took.", ["route"], buckets=BUCKETS, registry=self._registry
        )
        self._refused = Counter(
            f"{PREFIX}_refused", "Requests answered with a problem, by its kind.", ["reason"], registry=self._registry
        )
        self._appends = Counter(f"{PREFIX}_appends", "Appends and imports accepted.", registry=self._registry)
        self._events = Counter(
            f"{PREFIX}_events", "Events in them: new, or recorded before.", ["outcome"], registry=self._registry
        )

    def count(self, answered: Answered) -> None:
        """Count a request."""
        visit = answered.visit
        route = visit.route.template if visit.route is not None else UNMATCHED
        method = answered.method if answered.method in METHODS else "other"
        series = method, route, answered.status
        if series not in self._series:  # to find it by its labels takes longer than to count
            self._series[series] = self._requests.labels(*map(str, series)), self._seconds.labels(route)
        requests, seconds = self._series[series]
        requests.inc()
        seconds.observe(answered.seconds)
        if visit.refusal is not None:
            self._refused.labels(visit.refusal).inc()
        if visit.recorded is not None and answered.status < 300:
            self._appends.inc()
            for outcome, count in visit.recorded.items():
                self._events.labels(outcome).inc(count)

    def text(self) -> bytes:
        """All of them as they are now. It reads the log, so it is no work for the loop. Raises LedgerError."""
        counts = self._registry
        if self._counts_folder is not None:
            counts = CollectorRegistry()
            counts.register(_Together(self._counts_folder))
        return generate_latest(counts) + generate_latest(self._looks)


class _Together:
    """What several processes have counted, each in files of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """The sums."""
        files = [str(path) for path in self._folder.glob("*.db") if path.stat().st_size]  # empty: it is being made
        metrics: Iterable[Metric] = MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]
        return metrics


class _Looks:
    """What is not counted but looked at."""

    def __init__(self, engine: Engine, questions: Questions, cached: CachedAnswers) -> None:
        self._engine = engine
        self._questions = questions
        self._cached = cached

    def describe(self) -> Iterable[Metric]:
        """Nothing: to be registered, it is not looked at."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The gauges."""
        head, tables = self._engine.ledger.head(), self._engine.position
        yield _gauge("process_id", "The process that says this.", os.getpid())
        yield _gauge("log_position", "The position of the last event of the log.", head)
        yield _gauge("tables_position", "The position up to which answers are made.", tables)
        yield _gauge("tables_lag_events", "How many events the tables are behind the log.", max(0, head - tables))
        waiting = GaugeMetricFamily(f"{PREFIX}_waiting", "What waits for its turn.", labels=["queue"])
        waiting.add_metric(["appends"], self._engine.ledger.waiting)
        for name, count in self._questions.waiting().items():
            waiting.add_metric([f"{name}_questions"], count)
        yield waiting
        yield _gauge("cached_answers_bytes", "What cached answers take in memory.", self._cached.bytes)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, value)
