"""Exports of several machines: one queue in PostgreSQL, files and pictures through a bucket of S3."""

from __future__ import annotations

import io
import json
import os
import secrets
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from machines import machine
from PIL import Image
from serving import environment_of, free_port
from sqlalchemy import text
from waiting import LIMIT_SECONDS, wait_for

from reader.cli import main
from reader.errors import Busy
from reader.exports.publications import of_article
from reader.jobs.export_worker import _answer_line, make
from reader.jobs.job_message import deserialize
from reader.jobs.shared_queue import SharedJobQueue
from reader.services import build_services
from reader.settings import Settings
from reader.state import State, database
from reader.storage import bucket as bucket_module
from reader.storage.shared_file_cache import export_store
from reader.templating import Renderer
from reader.web.views import downloads


def picture() -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (800, 450), "teal").save(target, "JPEG")
    return target.getvalue()


FILES = {"2026-05-01/rain.md": "# 大雨\n\n![雨](rain.jpg)\n\n路面积水。\n", "2026-05-01/rain.jpg": picture()}


def name_of(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@pytest.fixture(scope="module")
def template(postgresql):
    """The name of a state database without rows: a copy takes a tenth of the time of the migrations."""
    with postgresql.database() as url:
        state = State(url)
        with state.reading():
            pass
        state.close()
        yield name_of(url)


@pytest.fixture
def settings(settings, s3, postgresql, template, tmp_path, monkeypatch):
    """Those of one of several machines. The address of the database is a link that is made when it is ready."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    with postgresql.database(template) as real:
        url = f"postgresql://reader@/{name_of(real)}?host={tmp_path / 'pg'}"
        yield replace(settings, bucket=f"s3://reader/{secrets.token_hex(6)}", database_url=url)


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
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 0)
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
        assert "bucket" in without_bucket.export_service.fault()
        without_bucket.state.close()
    assert services.export_service.fault() == ""
    working = export_store(tmp_path / "work" / "exports", 10**9, settings.bucket, must_upload=True)
    assert "size" in json.loads(_answer_line(renderer, working, tmp_path / "work", job.spec))


def test_machines_share_the_queue_only_if_they_share_the_files():
    """With a queue alone, a visitor would wait on one machine for what is made on another."""
    postgresql, bucket = "postgresql://reader@db/news", "s3://news-files"
    assert Settings(database_url=postgresql, bucket=bucket).shares_exports
    for settings in (Settings(), Settings(database_url=postgresql), Settings(bucket=bucket)):
        assert not settings.shares_exports


def children_of(process):
    """The process ids of the export workers of a machine."""
    lists = Path(f"/proc/{process.pid}/task").glob("*/children")
    return [int(pid) for path in lists for pid in path.read_text().split()]


def test_one_file_is_made_once_for_two_machines_by_a_third_that_gives_back_what_it_has_not_finished(
    services, publish, settings, tmp_path, runner
):
    publish(FILES)
    doctor = {"LC_ALL": "C.UTF-8", **environment_of(settings)}
    assert "no machine with this version of Reader takes orders" in runner.invoke(main, ["doctor"], env=doctor).output
    with services.state.queueing() as connection:
        connection.execute(text("CREATE TABLE claims (key text)"))
        connection.execute(text("CREATE RULE claim AS ON UPDATE TO export_jobs WHERE NEW.state = 'working' AND"
                                " OLD.state = 'waiting' DO ALSO INSERT INTO claims VALUES (NEW.key)"))  # fmt: skip
    rain = of_article(services.catalog.article("rain"))
    other = build_services(replace(settings, instance=tmp_path / "other"))
    other.library.scan_all()
    nodes = [services.export_service, other.export_service]
    with machine("work", settings, tmp_path / "work") as work, ThreadPoolExecutor(8) as visitors:
        asked = [
            visitors.submit(nodes[n % 2].get_or_wait, rain, "epub", patience_seconds=LIMIT_SECONDS) for n in range(8)
        ]
        assert len({path.result(LIMIT_SECONDS).read_bytes() for path in asked}) == 1
        with services.state.reading() as connection:
            assert len(connection.execute(text("SELECT key FROM claims")).all()) == 1
        assert nodes[0].fault() == ""
        assert "all machines share one queue" in runner.invoke(main, ["doctor"], env=doctor).output
        child = wait_for(lambda: children_of(work.process))[0]
        os.kill(child, signal.SIGSTOP)
        nodes[1].submit(rain, "pdf")
        key = nodes[1].key(rain, "pdf")
        wait_for(lambda: nodes[1].jobs.status(key).state == "working")
        work.process.terminate()
        assert work.process.wait(LIMIT_SECONDS) == 0
    assert nodes[0].jobs.status(key).position == 1
    other.state.close()


def test_work_refuses_to_begin_without_what_machines_share(runner, tmp_path):
    variables = {"READER_ARTICLES": str(tmp_path / "a"), "READER_INSTANCE": str(tmp_path / "i"), "LC_ALL": "C.UTF-8"}
    for missing in ("READER_DATABASE_URL", "READER_BUCKET"):
        given = {"READER_DATABASE_URL": "postgresql://reader@db/news", "READER_BUCKET": "s3://files"} | {missing: ""}
        answer = runner.invoke(main, ["work"], env=variables | given)
        assert (answer.exit_code, missing in answer.output) == (2, True)
