"""Exports when the disk is full, and when their article changes or is withdrawn meanwhile."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import threading
import zipfile

import pytest
from faults.running import Server, running, wait_for
from faults.test_resources import file_system, fill
from long_forms import few, pairs
from PIL import Image
from serving import inherited
from waiting import LIMIT_SECONDS

from reader.exports.publications import of_article
from reader.jobs.queue import JobQueue
from reader.jobs.queue_contract import PASSING_SECONDS, WORKING
from reader.jobs.worker_pool import WorkerPool
from reader.media.images import measure
from reader.media.renditions import exported_picture, write_record
from reader.settings import ROOT
from reader.web.views import downloads

pytestmark = pytest.mark.slow

RAIN = "---\ntitle: 大雨\npublished: 2026-05-01 06:00\nsection: 天气\n---\n今天下雨。\n"
OTHER = RAIN.replace("今天下雨", "今天无雨")


@pytest.fixture
def export(tmp_path):
    """Runs ``export`` in a process of its own; its exit status and what it says."""
    (tmp_path / "articles").mkdir()
    for n in range(3):
        text = "".join(chr(0x4E00 + (n * 7919 + i * 104_729) % 20_000) for i in range(4_000))
        (tmp_path / "articles" / f"n{n}.md").write_text(RAIN.replace("大雨", f"大雨{n}") + text, "utf-8")
    places = {f"READER_{name.upper()}": str(tmp_path / name) for name in ("articles", "instance")}

    def export(*words):
        command = [sys.executable, "-m", "reader", "export", *words]
        done = subprocess.run(command, cwd=ROOT, env=inherited() | places, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    return export


@pytest.mark.parametrize(
    ("name", "words"),
    few([("a.json", ("n0", "n1", "n2", "--format", "json")), ("a.pdf", ("n0",)), ("a.zim", ("--all",))]),
)
def test_a_full_disk_leaves_the_earlier_file_and_no_half_of_a_new_one(export, tmp_path, name, words):
    out = tmp_path / "out"
    with file_system(out, 1):
        (out / name).write_bytes(b"an earlier export")
        fill(out)
        status, said = export(*words, "-o", str(out / name))
        assert status == 1
        assert "Traceback" not in said
        assert re.search(rf"Error: .*{name}", said), said
        assert (out / name).read_bytes() == b"an earlier export"
        assert sorted(path.name for path in out.iterdir()) == sorted([name, "full"])


@pytest.mark.parametrize("words", [("n0",), ("--all",)], ids=" ".join)
def test_an_empty_name_of_the_output_is_refused(export, words):
    status, said = export(*words, "-o", "")
    assert status == 2
    assert "is empty" in said
    assert "Traceback" not in said


def test_a_link_to_the_output_stays_a_link_and_a_device_is_written_as_it_is(export, tmp_path):
    (tmp_path / "real.txt").write_text("earlier")
    (tmp_path / "link.txt").symlink_to("real.txt")
    assert export("n0", "--format", "txt", "-o", str(tmp_path / "link.txt"))[0] == 0
    assert (tmp_path / "link.txt").is_symlink()
    assert "大雨0" in (tmp_path / "real.txt").read_text("utf-8")
    assert export("n0", "--format", "txt", "-o", os.devnull)[0] == 0
    assert not os.path.isfile(os.devnull)


@pytest.mark.parametrize(("suffix", "change"), few(pairs(["epub", "zip"], ["withdrawn", "changed"])))
def test_a_file_whose_article_changes_while_it_is_made_is_not_handed_out(
    services, publish, drop, client, monkeypatch, suffix, change
):
    """The request waits; the article is withdrawn or changed; then a worker makes the file."""
    monkeypatch.setattr(downloads, "PATIENCE_SECONDS", 120)
    monkeypatch.setattr(downloads, "is_light", lambda *_: False)
    publish({"2026-05-01/rain.md": RAIN, "2026-05-01/sun.md": RAIN.replace("大雨", "晴").replace("下雨", "晴")})
    made = of_article(services.catalog.article("rain"))
    for path in (f"/a/rain.{suffix}", f"/d/2026-05-01.{suffix}"):
        if path != f"/a/rain.{suffix}":
            publish({"2026-05-01/rain.md": RAIN})
        answers, stop = [], threading.Event()
        visitor = threading.Thread(target=lambda path=path, to=answers: to.append(client.get(path, buffered=True)))
        visitor.start()
        wait_for(lambda: services.export_service.jobs.waiting() > 0)
        if change == "changed":
            publish({"2026-05-01/rain.md": OTHER})
        else:
            drop("2026-05-01/rain.md", RAIN.replace("---\n", "---\ndraft: true\n", 1))
            services.library.scan_all()
        workers = threading.Thread(target=services.export_service.run_workers, args=(stop,))
        workers.start()
        try:
            visitor.join()
            assert answers[0].status_code == 302
            assert answers[0].headers["Cache-Control"] == "no-store"
            assert answers[0].headers["Location"] == path
            again = client.get(path, buffered=True)
        finally:
            stop.set()
            workers.join()
        if path.startswith("/a/") and change == "withdrawn":
            assert again.status_code in (404, 410)
        else:
            assert again.status_code == 200
            assert "今天下雨".encode() not in unpacked(again.data) or suffix == "pdf"
    key = services.export_service.key(made, suffix)
    if change == "withdrawn":
        assert client.get(f"/files/{key.removesuffix(f'.{suffix}')}/rain.{suffix}").status_code in (404, 410)


def unpacked(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return b"".join(book.read(name) for name in book.namelist() if name.startswith("EPUB/a1"))


def test_an_export_that_found_no_room_is_made_as_soon_as_there_is_room(tmp_path):
    server = Server(tmp_path, workers=1, environment={"READER_EXPORTS_PER_MINUTE": "1000000"})
    store = server.instance / "exports"
    with file_system(store, 1), running(server):
        fill(store)
        server.publish("rain", "".join(chr(0x4E00 + n * 7919 % 20_000) for n in range(3_000)))
        wait_for(lambda: server.status("/a/rain") == 200, server)
        wait_for(lambda: server.status("/a/rain.pdf") and "failed: No space left" in server.log, server)
        status, _, fields = server.request("/a/rain.pdf")
        assert status == 503
        assert 0 < int(fields["Retry-After"]) <= PASSING_SECONDS + 1
        (store / "full").unlink()
        wait_for(lambda: server.status("/a/rain.pdf") == 200, server)
        assert list(store.glob("*/.*.part")) == []


FILLS_THE_DISK = """
import contextlib, pathlib, sys
for line in sys.stdin:
    with contextlib.suppress(OSError), open(sys.argv[1], "wb", buffering=0) as file:
        while line.strip():
            file.write(bytes(1 << 12))
    print('{"size": 1}' if line.strip() else "", flush=True)
"""


def test_a_job_is_finished_although_the_disk_of_the_queue_became_full_meanwhile(tmp_path, caplog):
    place, stop = tmp_path / "queue", threading.Event()
    with file_system(place, 1):
        jobs = JobQueue(place / "jobs.sqlite3", 8)
        jobs.submit("a.pdf", "spec")
        command = [sys.executable, "-c", FILLS_THE_DISK, str(place / "full")]
        pool = WorkerPool(jobs, command, size=1, timeout_seconds=LIMIT_SECONDS)
        running_pool = threading.Thread(target=pool.run, args=(stop, tmp_path / "lock"))
        running_pool.start()
        try:
            wait_for(lambda: "queue of exports cannot be used" in caplog.text)
            assert jobs.status("a.pdf").state == WORKING
            (place / "full").unlink()
            wait_for(lambda: jobs.status("a.pdf") is None)
        finally:
            stop.set()
            running_pool.join()


def test_a_picture_for_which_there_is_no_room_is_no_picture_that_is_left_out(tmp_path, monkeypatch):
    original, place = tmp_path / "noise.png", tmp_path / "small"
    Image.effect_noise((1500, 1500), 90).save(original)
    picture = measure(io.BytesIO(original.read_bytes()))
    write_record(tmp_path, picture, original)
    with file_system(place, 1):
        monkeypatch.setattr("tempfile.tempdir", str(place))
        with (place / "full").open("wb") as file:
            file.write(bytes(1_000_000))
        with pytest.raises(OSError, match="No space left"):
            exported_picture(tmp_path, f"/media/{picture.digest}-720.jpg", 1_000_000)
        (place / "full").unlink()
        assert exported_picture(tmp_path, f"/media/{picture.digest}-720.jpg", 1_000_000)
