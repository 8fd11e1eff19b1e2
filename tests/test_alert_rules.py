"""The alert rules and the dashboard in docs/deploy/ ask for metrics that there are. promtool 2.42 accepts the rules and
each query of the dashboard."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client.metrics import MetricWrapperBase

from reader.exports.publications import of_article
from reader.web.views import prometheus_metrics

DEPLOY = Path(__file__).resolve().parent.parent / "docs" / "deploy"
RULES, DASHBOARD = DEPLOY / "prometheus-alerts.yml", DEPLOY / "grafana-dashboard.json"


@pytest.fixture
def exposed(client, publish, services):
    """The names of all samples of a site that has been used a little."""
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    for _ in range(2):
        client.get("/a/rain")
    services.export_service.submit(of_article(services.catalog.article("rain")), "txt")
    services.export_service.measured("txt", 0.2, True)
    services.export_service.failed_prefetches = 1
    text = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).get_data(as_text=True)
    counted = [one for one in vars(prometheus_metrics).values() if isinstance(one, MetricWrapperBase)]
    counted += [prometheus_metrics.misses(), prometheus_metrics.lag_seconds()]
    samples = {sample.name for one in counted for metric in one.collect() for sample in metric.samples}
    return samples | set(re.findall(r"^(reader_\w+) ", text, re.MULTILINE))


def test_each_alert_and_each_panel_asks_for_a_metric_that_the_site_has(exposed):
    panels = json.loads(DASHBOARD.read_text("utf-8"))["panels"]
    queries = " ".join(target["expr"] for panel in panels for target in panel["targets"])
    assert {panel["id"] for panel in panels} == set(range(1, len(panels) + 1))
    for asked in (RULES.read_text("utf-8"), queries):
        names = set(re.findall(r"\breader_\w+", asked))
        assert len(names) >= 8
        assert names <= exposed, names - exposed


def test_the_lag_of_a_file_that_was_there_before_the_site_is_not_counted(settings, drop, client, services):
    lags: list[float] = []
    services.library.lag.observe = lags.append
    drop("new.md", "# 新\n\n今天下雨。")
    services.library.scan_all()
    assert len(lags) == 1
    assert lags[0] >= 0
    services.library.lag._began += 3600
    drop("old.md", "# 旧\n\n今天下雨。")
    services.library.scan_all()
    assert len(lags) == 1
