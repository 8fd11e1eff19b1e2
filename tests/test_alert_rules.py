"""The alert rules for Prometheus in docs/deploy/ ask for metrics that there are. promtool 2.42 accepts them."""

from __future__ import annotations

import re
from pathlib import Path

from reader.web.views.monitoring import FAILED, REQUESTS

RULES = Path(__file__).resolve().parent.parent / "docs" / "deploy" / "prometheus-alerts.yml"


def test_each_alert_asks_for_a_metric_that_the_site_has(publish, client):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    client.get("/a/rain")
    text = client.get("/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).get_data(as_text=True)
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    known = {f"{metric.name}_total" for counter in (FAILED, REQUESTS) for metric in counter.collect()}
    asked = set(re.findall(r"\breader_\w+", RULES.read_text("utf-8")))
    assert len(asked) >= 6
    for name in asked:
        assert name in kinds or name in known, name
