"""Exports of several machines: one queue in PostgreSQL, files and pictures through a bucket of S3."""

from __future__ import annotations

import io
import json
import secrets
from dataclasses import replace

import pytest
from PIL import Image
from serving import free_port

from reader.errors import Busy
from reader.exports.publications import of_article
from reader.jobs.export_worker import _answer_line, make
from reader.jobs.job_message import deserialize
from reader.jobs.shared_queue import SharedJobQueue
from reader.services import build_services
from reader.settings import Settings
from reader.state import database
from reader.storage import bucket as bucket_module
from reader.storage.shared_file_cache import export_store
from reader.templating import Renderer


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (800, 450), "teal").save(target, "JPEG")
    return target.getvalue()


FILES = {"2026-05-01/rain.md": "# 大雨\n\n![雨](rain.jpg)\n\n路面积水。\n", "2026-05-01/rain.jpg": picture()}


@pytest.fixture
def settings(settings, s3, postgresql, tmp_path, monkeypatch):
    """Those of one of several machines. The address of the database is a link that is made when it is ready."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    url = f"postgresql://reader@/{{}}?host={tmp_path / 'pg'}"
    with postgresql.database() as real:
        name = real.partition("?")[0].rpartition("/")[2]
        yield replace(settings, bucket=f"s3://reader/{secrets.token_hex(6)}", database_url=url.format(name))


@pytest.fixture
def services(settings, postgresql, tmp_path, request):
    if "client" not in request.fixturenames:
        (tmp_path / "pg").symlink_to(postgresql.folder)
    services = build_services(settings)
    services.library.scan_all()
    yield services
    services.state.close()


def test_without_the_database_pages_stay_and_exports_answer_503_until_it_is_back(
    services, publish, client, postgresql, tmp_path, monkeypatch
):
    publish(FILES)
    for _ in range(2):
        assert client.get("/a/rain").status_code == 200
        refused = client.get("/a/rain.pdf")
        assert (refused.status_code, int(refused.headers["Retry-After"])) == (503, 10)
        assert str(tmp_path) not in refused.text
        assert client.get("/metrics").status_code == 200
    monkeypatch.setattr(database, "REST_SECONDS", 0)
    (tmp_path / "pg").symlink_to(postgresql.folder)
    assert client.get("/a/rain.pdf", headers={"Accept": "text/html"}).status_code == 202, "its place in the queue"
    assert services.export_service.jobs.waiting() == 1


def test_a_machine_without_articles_makes_the_same_file_with_its_pictures(services, publish, settings, tmp_path):
    """It has a folder of its own, and gets the job, the pictures and what it has made through database and bucket."""
    publish(FILES)
    rain, renderer = of_article(services.catalog.article("rain")), Renderer(settings.templates, settings.static)
    services.export_service.submit(rain, "epub")
    other = SharedJobQueue(services.state, 3, renderer.build_id)
    job = other.claim()
    assert str(tmp_path) not in job.spec
    work = tmp_path / "work"
    store = export_store(work / "exports", 10**9, settings.bucket, must_upload=True)
    answer = json.loads(_answer_line(renderer, store, work, job.spec))
    other.finish(job.key)
    with services.export_service.open(rain, "epub") as file:
        made = file.read()
    assert len(made) == answer["size"]
    own = deserialize(job.spec)
    assert made == make(replace(own, options=replace(own.options, instance=str(settings.instance))), renderer)
    assert b".jpg" in made
    third = export_store(tmp_path / "third" / "exports", 10**9, settings.bucket, must_upload=True)
    again = json.loads(_answer_line(renderer, third, tmp_path / "third", job.spec))
    assert (again["size"], (tmp_path / "third" / "pictures").exists()) == (len(made), False), "fetched, not made"


def test_while_the_bucket_fails_nothing_is_ordered_or_finished_and_then_all_is(
    services, publish, settings, tmp_path, monkeypatch
):
    publish(FILES)
    monkeypatch.setattr(bucket_module, "PAUSE_SECONDS", 0)
    rain, renderer = of_article(services.catalog.article("rain")), Renderer(settings.templates, settings.static)
    services.export_service.submit(rain, "epub")
    job = services.export_service.jobs.claim()
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{free_port()}")
        broken = export_store(tmp_path / "work" / "exports", 10**9, settings.bucket, must_upload=True)
        answer = json.loads(_answer_line(renderer, broken, tmp_path / "work", job.spec))
        assert (answer["passing"], "size" in answer) == (True, False)
        without_bucket = build_services(replace(settings, instance=settings.instance))
        with pytest.raises(Busy) as refusal:
            without_bucket.export_service.submit(rain, "pdf")
        assert refusal.value.retry_seconds == 10
        without_bucket.state.close()
    working = export_store(tmp_path / "work" / "exports", 10**9, settings.bucket, must_upload=True)
    assert "size" in json.loads(_answer_line(renderer, working, tmp_path / "work", job.spec))


def test_machines_share_the_queue_only_if_they_share_the_files():
    """With a queue alone, a visitor would wait on one machine for what is made on another."""
    postgresql, bucket = "postgresql://reader@db/news", "s3://news-files"
    assert Settings(database_url=postgresql, bucket=bucket).shares_exports
    for settings in (Settings(), Settings(database_url=postgresql), Settings(bucket=bucket)):
        assert not settings.shares_exports
