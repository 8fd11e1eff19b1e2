"""Monitoring: Prometheus metrics, aggregated over all web processes.

Requests are counted per view, so no metric identifies a visitor.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from ...errors import Busy
from ...services import Services
from .. import services
from ..metrics.metric_files import has_metric_files, restore_metric_files, unchanged_files
from ..metrics.metrics_access import is_operator
from ..middleware.response_cache import MISSED

bp = Blueprint("prometheus_metrics", __name__)

REQUESTS = Counter("reader_requests", "Requests that Flask answered.", ["view", "status"])
SECONDS = Histogram(
    "reader_request_seconds", "How long Flask took.", ["view"], buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)
)
HITS = Counter("reader_hot_hits", "Requests answered from the table of ready answers, without Flask.", ["status"])

EXPORT_SECONDS = Histogram(
    "reader_export_seconds",
    "How long a worker took for a file.",
    ["format", "outcome"],
    buckets=(0.1, 0.3, 1, 3, 10, 30, 120),
)
FAILED = Counter("reader_failed_quietly", "What failed without harm to any answer.", ["what"])

_lock = threading.Lock()


@cache
def misses() -> Counter:
    """The counter, created at its first use: a metric without labels opens its file immediately, which can fail."""
    return Counter("reader_hot_misses", "Answers that the table may hold, built by Flask.")


@cache
def lag_seconds() -> Histogram:
    """The histogram, created at its first use like ``misses``."""
    return Histogram(
        "reader_index_lag_seconds",
        "From the change of a file until its article was in the catalog.",
        buckets=(0.3, 0.5, 1, 2, 5, 10, 30, 60, 300),
    )


@bp.get("/metrics")
def metrics() -> Response:
    """The metrics, for the clients in READER_METRICS_ALLOW. 403 if the client's address behind a proxy is uncertain.

    Cache hits of other processes are as of their last request that reached Flask, usually within a minute.
    """
    if not is_operator():
        abort(403)
    count_quiet_failures(current_app)
    count_cache_hits(current_app)
    registry = CollectorRegistry()
    if has_metric_files():
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client types only a part
    else:
        registry.register(REGISTRY)
    registry.register(CurrentState())
    with unchanged_files():
        text = generate_latest(registry)
    response = Response(text, content_type=CONTENT_TYPE_LATEST)
    response.headers["Cache-Control"] = "no-store"
    return response


class CurrentState:
    """Gauges that have the same value in every process: catalog, problems, queue."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        catalog, jobs = services().catalog.as_it_is, services().export_service.jobs
        now = time.time()
        yield GaugeMetricFamily("reader_articles", "Public articles.", catalog.count())
        yield GaugeMetricFamily(
            "reader_problems", "Files that cannot be read; `check` lists them.", len(catalog.problems())
        )
        yield GaugeMetricFamily("reader_catalog_revision", "Moves on with every visible change.", catalog.revision)
        age = now - catalog.changed_at.timestamp()
        yield GaugeMetricFamily("reader_catalog_age_seconds", "Since the last visible change.", age)
        silent = services().heartbeat.silent_seconds()
        yield GaugeMetricFamily("reader_indexer_stalled_seconds", "How long the indexing process is silent.", silent)
        with suppress(Busy):  # no queue metrics while the queue is unusable
            waiting, failed, oldest = jobs.waiting(), len(jobs.failures()), jobs.oldest_seconds()
            yield GaugeMetricFamily("reader_exports_waiting", "Exports in the queue.", waiting)
            yield GaugeMetricFamily("reader_exports_failed", "Exports that failed lately.", failed)
            yield GaugeMetricFamily("reader_exports_oldest_seconds", "How long the oldest waits.", oldest)
            idle = services().export_service.heartbeat.silent_seconds()
            yield GaugeMetricFamily("reader_exports_stalled_seconds", "How long no export worker is ready.", idle)


def init_app(app: Flask) -> None:
    app.before_request(start)
    app.after_request(count)
    site: Services = app.extensions["reader"]
    site.export_service.measured, site.library.lag.observe = count_export, count_lag


def start() -> None:
    g.started = time.perf_counter()


def count(response: Response) -> Response:
    """Counts the request. A failure does not affect the response."""
    _ignore_failures(partial(_count, response))
    return response


def count_export(suffix: str, seconds: float, is_made: bool) -> None:
    """Records the time for an export. Runs in the process with the worker pool."""
    outcome = "made" if is_made else "failed"
    _ignore_failures(lambda: EXPORT_SECONDS.labels(suffix, outcome).observe(seconds))


def count_lag(seconds: float) -> None:
    """Records the time from a file's change to its indexing. Runs in the indexing process."""
    _ignore_failures(lambda: lag_seconds().observe(seconds))


def _ignore_failures(step: Callable[[], None]) -> None:
    try:
        step()
    except OSError:  # the instance folder was deleted, or no file can be opened
        with suppress(OSError, KeyError):
            restore_metric_files()
            FAILED.labels("figures").inc()


def _count(response: Response) -> None:
    view = request.endpoint or "none"
    REQUESTS.labels(view, str(response.status_code)).inc()
    SECONDS.labels(view).observe(time.perf_counter() - g.get("started", time.perf_counter()))
    count_quiet_failures(current_app)
    count_cache_hits(current_app)


def count_quiet_failures(app: Flask) -> None:
    """Adds to the counter the prefetches and access log lines of this process that failed since the last call."""
    export_service, access_log = services().export_service, app.extensions.get("access_log")
    with _lock:
        ahead, export_service.failed_prefetches = export_service.failed_prefetches, 0
        lost = 0
        if access_log is not None:
            lost, access_log.lost = access_log.lost, 0
    for what, failures in (("exports ahead", ahead), ("access log lines", lost)):
        if failures:
            FAILED.labels(what).inc(failures)


def count_cache_hits(app: Flask) -> None:
    """Adds to the counters the response cache's hits and misses in this process since the last call."""
    response_cache = app.extensions.get("response_cache")
    if response_cache is None:
        return
    with _lock:
        collected = response_cache.collected.get(MISSED, 0)
        for status, hits in list(response_cache.hits.items()):
            if (more := hits - response_cache.collected.get(status, 0)) > 0:
                HITS.labels(status).inc(more)
                response_cache.collected[status] = hits
        missed, response_cache.collected[MISSED] = response_cache.misses, response_cache.misses
        misses().inc(missed - collected)
