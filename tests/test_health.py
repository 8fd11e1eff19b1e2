"""The health checks: ``/healthz`` and, of more, ``/readyz``."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from reader.exports.publications import of_article
from reader.state import write_check
from reader.state.write_check import WriteCheck

STRANGER = {"REMOTE_ADDR": "198.51.100.7"}


@pytest.fixture
def site(publish, client):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    return client


def test_a_site_that_can_do_everything_is_ready(site):
    answer = site.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "checks": {"catalog": "ok", "state": "ok", "exports": "ok"}}
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_site_whose_exports_nobody_makes_is_not_ready_and_serves_pages(site, services):
    exports = services.export_service
    exports.submit(of_article(services.catalog.article("rain")), "txt")
    pool = services.settings.instance / "exports.lock"
    pool.touch()
    now = time.monotonic()
    exports.heartbeat._began = now - 300
    os.utime(pool, (now - 200, now - 50))  # the last beat, and when the next one was due
    answer = site.get("/readyz")
    assert answer.status_code == 503
    assert "1 exports wait" in answer.json["checks"]["exports"]
    assert answer.json["reason"] == answer.json["checks"]["exports"]
    assert answer.json["checks"]["catalog"] == answer.json["checks"]["state"] == "ok"
    assert site.get("/healthz").status_code == 200
    exports.heartbeat.beat(60)
    assert site.get("/readyz").status_code == 200


def test_a_state_that_cannot_be_written_is_told_and_its_place_only_to_operators(site, services, monkeypatch):
    monkeypatch.setattr(write_check, "BUSY_SECONDS", 0.0)
    with closing(sqlite3.connect(services.state.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer, seen = site.get("/readyz"), site.get("/readyz", environ_overrides=STRANGER)
    assert answer.status_code == seen.status_code == 503
    assert answer.json["checks"]["state"].endswith(f"{services.state.path}: database is locked")
    assert seen.json["checks"]["state"] == "the state database cannot be used"
    assert site.get("/healthz").status_code == 200


def test_the_check_of_writing_makes_nothing_and_looks_at_the_folder(tmp_path):
    assert WriteCheck(tmp_path / "new" / "data" / "state.sqlite3").fault() == ""
    assert list(tmp_path.iterdir()) == []
    assert WriteCheck(Path("/proc/none/state.sqlite3")).fault().startswith("/proc/none/state.sqlite3: ")
    assert WriteCheck(None).fault() == ""
