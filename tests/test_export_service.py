from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from factories import make_article

from reader.catalog import Catalog, prepare
from reader.errors import BadOption, Busy, ExportFailed, UnknownFormat
from reader.exports.publications import of_article
from reader.jobs.exports import Press
from reader.jobs.pool import Crew
from reader.jobs.queue import Jobs, Ticket
from reader.templating import Renderer

RAIN = of_article(make_article())
ECHO = "import sys\nfor line in sys.stdin:\n print('{\"size\": %d}' % len(line.strip()), flush=True)"
"""A worker that answers each order with its length."""


def open_press(settings):
    prepare(settings.catalog)
    look = Renderer(settings.templates, settings.static).look
    return Press(settings, Catalog(settings.catalog, settings.timezone), look)


@contextmanager
def at_work(keep, *arguments):
    stop = threading.Event()
    thread = threading.Thread(target=keep, args=(stop, *arguments))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def wait_for(fact, seconds=60):
    deadline = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found


@pytest.fixture
def press(settings):
    return open_press(settings)


def test_an_ordered_file_is_made_once_and_its_size_is_known(press):
    assert press.size_bytes(RAIN, "epub") is None
    with at_work(press.keep), ThreadPoolExecutor(8) as visitors:
        paths = set(visitors.map(lambda _: press.open(RAIN, "epub"), range(8)))
    (path,) = paths
    assert path.read_bytes().startswith(b"PK")
    assert press.size_bytes(RAIN, "epub") == path.stat().st_size
    assert press.jobs.idle()


def test_the_process_that_answers_pages_never_loads_weasyprint(press):
    program = "import sys; import reader.exports.press; print([m for m in sys.modules if 'weasyprint' in m.lower()])"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_file_made_elsewhere_has_the_same_bytes(press, settings, tmp_path):
    other = open_press(replace(settings, instance=tmp_path / "other"))
    with at_work(press.keep):
        first = {suffix: press.open(RAIN, suffix, patience_seconds=60).read_bytes() for suffix in ("pdf", "epub")}
    with at_work(other.keep):
        assert {
            suffix: other.open(RAIN, suffix, patience_seconds=60).read_bytes() for suffix in ("pdf", "epub")
        } == first


def test_the_key_follows_content_page_script_and_site(press, settings):
    changed = of_article(make_article(title="小雨"))
    elsewhere = open_press(replace(settings, base_url="https://news.example"))
    keys = {
        press.key(RAIN, "pdf"),
        press.key(RAIN, "pdf", "phone"),
        press.key(RAIN, "pdf", script="hant"),
        press.key(changed, "pdf"),
        elsewhere.key(RAIN, "pdf"),
    }
    assert len(keys) == 5
    assert press.key(RAIN, "pdf", "a4") == press.key(RAIN, "pdf")


def test_unknown_wishes_are_refused_by_name(press):
    with pytest.raises(UnknownFormat, match="docx"):
        press.key(RAIN, "docx")
    with pytest.raises(BadOption, match="a4, phone"):
        press.key(RAIN, "pdf", "b5")
    with pytest.raises(BadOption, match="hant"):
        press.key(RAIN, "pdf", script="latin")


def test_patience_ends_with_a_place_in_the_queue(press):
    ticket = press.open(RAIN, "pdf", patience_seconds=0)
    assert isinstance(ticket, Ticket)
    assert (ticket.state, ticket.place) == ("waiting", 1)


def test_a_full_queue_is_busy(settings):
    press = open_press(replace(settings, export_queue=1))
    press.order(RAIN, "pdf")
    with pytest.raises(Busy):
        press.order(RAIN, "epub")


def test_an_order_of_other_code_is_refused_not_made(settings):
    prepare(settings.catalog)
    stale = Press(settings, Catalog(settings.catalog, settings.timezone), look="0" * 16)
    with at_work(stale.keep), pytest.raises(ExportFailed, match="restart"):
        stale.open(RAIN, "epub")


@pytest.fixture
def jobs(tmp_path):
    return Jobs(tmp_path / "jobs.sqlite3", limit=10)


def crew_of(jobs, program, finished=lambda *_: None, timeout_seconds=20.0):
    return Crew(jobs, [sys.executable, "-c", program], 1, timeout_seconds, finished)


def test_a_crashed_worker_is_replaced_and_its_job_reported(jobs, tmp_path):
    program = ECHO.replace(" print", " 'bomb' in line and __import__('os').abort()\n print")
    sizes = {}
    with at_work(crew_of(jobs, program, sizes.__setitem__).keep, tmp_path / "lock"):
        jobs.order("a-bad.pdf", "bomb")
        jobs.order("b-good.pdf", "four")
        wait_for(lambda: sizes)
    assert sizes == {"b-good.pdf": 4}
    assert jobs.failures() == {"a-bad.pdf": f"the worker died (signal {signal.SIGABRT})"}


def test_an_endless_job_is_ended_and_reported(jobs, tmp_path):
    program = "import sys, time\nfor line in sys.stdin: time.sleep(60)"
    with at_work(crew_of(jobs, program, timeout_seconds=0.3).keep, tmp_path / "lock"):
        jobs.order("a.pdf", "x")
        wait_for(jobs.failures)
    assert jobs.failures() == {"a.pdf": "it took longer than 0.3 s"}


def test_a_job_that_eats_all_memory_is_reported_and_the_machine_is_spared(press, jobs, tmp_path):
    program = (
        "import sys\nfrom reader.exports import worker\nworker.make = lambda *_: bytes(10**10)\n"
        f"sys.argv = ['', {str(tmp_path)!r}, '1000', '1024']\nworker.main()"
    )
    press.order(RAIN, "epub")
    spec = press.jobs.claim().spec
    with at_work(crew_of(jobs, program).keep, tmp_path / "lock"):
        jobs.order("a.epub", spec)
        wait_for(jobs.failures)
    assert jobs.failures() == {"a.epub": "it needs more memory than READER_EXPORT_MEMORY_MB allows"}


def test_the_newest_articles_are_made_before_anybody_asks(services, publish):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    article = of_article(services.catalog.article("rain"))
    with at_work(services.press.keep):
        wait_for(lambda: services.press.size_bytes(article, "pdf") and services.press.size_bytes(article, "epub"))


def test_of_many_keepers_one_works_and_another_takes_over(jobs, tmp_path):
    done = []
    with at_work(crew_of(jobs, ECHO, lambda *_: done.append("first")).keep, tmp_path / "lock"):
        jobs.order("a.pdf", "x")
        wait_for(lambda: done)
        with at_work(crew_of(jobs, ECHO, lambda *_: done.append("second")).keep, tmp_path / "lock"):
            jobs.order("b.pdf", "x")
            wait_for(lambda: len(done) == 2)
    assert done == ["first", "first"]
    with at_work(crew_of(jobs, ECHO, lambda *_: done.append("third")).keep, tmp_path / "lock"):
        jobs.order("c.pdf", "x")
        wait_for(lambda: len(done) == 3)
    assert done[-1] == "third"


def test_workers_do_not_outlive_their_parent(settings, tmp_path):
    program = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-m', 'reader.jobs.worker', {str(tmp_path)!r}, '1000', '1024'],"
        " stdin=subprocess.PIPE)\nprint(p.pid, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    worker = int(parent.stdout.readline())
    wait_for(lambda: is_warm(worker))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: is_gone(worker))


def is_warm(pid):
    return b"pango" in Path(f"/proc/{pid}/maps").read_bytes()


def is_gone(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True
