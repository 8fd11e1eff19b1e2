from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from factories import make_article
from long_forms import LONG, few
from PIL import Image
from waiting import LIMIT_SECONDS, wait_for

from reader.catalog import Catalog, prepare
from reader.child_process.parent import NO_LIMITS, ChildProcess
from reader.errors import BadOption, Busy, ExportFailed, UnknownFormat
from reader.exports import EXPORTS
from reader.exports.publications import of_article, of_issue
from reader.jobs import export_service as export_service_module
from reader.jobs import export_worker, worker_pool
from reader.jobs.export_service import ExportService, offers
from reader.jobs.queue import JobQueue
from reader.jobs.queue_contract import MOST_FAILURES, PREFETCH, JobStatus
from reader.jobs.worker_pool import WorkerPool
from reader.services import build_services
from reader.templating import Renderer

RAIN = of_article(make_article())
ECHO = "import sys\nfor line in sys.stdin:\n print('{\"size\": %d}' % len(line.strip()), flush=True)"
"""A worker that answers each job with its length."""


def open_press(settings):
    prepare(settings.catalog)
    build_id = Renderer(settings.templates, settings.static).build_id
    return ExportService(settings, Catalog(settings.catalog, settings.timezone, must_be_complete=False), build_id)


@contextmanager
def at_work(work, *arguments):
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop, *arguments))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def export_service(settings):
    return open_press(settings)


@pytest.mark.slow
@pytest.mark.parametrize("times", few([1, 100, 2], 2))
def test_a_file_that_is_deleted_as_soon_as_it_is_finished_is_made_again(export_service, monkeypatch, times):
    status, deleted, file = export_service.jobs.status, [], export_service.store.folder / "{}/{}"

    def status_before_deletion(key):
        found, path = status(key), Path(str(file).format(key[:2], key))
        if found is None and len(deleted) < times and path.exists():
            path.unlink()
            deleted.append(key)
        return found

    monkeypatch.setattr(export_service.jobs, "status", status_before_deletion)
    with at_work(export_service.run_workers):
        if times < export_service_module.MOST_SUBMISSIONS:
            path = export_service.get_or_wait(RAIN, "epub", patience_seconds=LIMIT_SECONDS)
            assert path.read_bytes().startswith(b"PK")
            assert len(deleted) == times
        else:
            with pytest.raises(ExportFailed, match="READER_EXPORT_CACHE_MB"):
                export_service.get_or_wait(RAIN, "epub", patience_seconds=LIMIT_SECONDS)


def test_an_ordered_file_is_made_once_and_its_size_is_known(export_service):
    assert export_service.size_bytes(RAIN, "epub") is None
    with at_work(export_service.run_workers), ThreadPoolExecutor(8) as visitors:
        paths = set(
            visitors.map(lambda _: export_service.get_or_wait(RAIN, "epub", patience_seconds=LIMIT_SECONDS), range(8))
        )
    (path,) = paths
    assert path.read_bytes().startswith(b"PK")
    assert export_service.size_bytes(RAIN, "epub") == path.stat().st_size
    assert export_service.jobs.idle()
    due = (export_service.store.folder.parent / "exports.lock").stat().st_mtime
    assert due < time.time() - 1e9  # of the monotonic clock: the pool has told that it is alive


def test_the_process_that_answers_pages_never_loads_weasyprint(export_service):
    program = (
        "import sys; import reader.jobs.export_service; print([m for m in sys.modules if 'weasyprint' in m.lower()])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_a_file_made_elsewhere_has_the_same_bytes(export_service, settings, tmp_path):
    other = open_press(replace(settings, instance=tmp_path / "other"))
    with at_work(export_service.run_workers):
        first = {
            suffix: export_service.get_or_wait(RAIN, suffix, patience_seconds=LIMIT_SECONDS).read_bytes()
            for suffix in ("pdf", "epub")
        }
    with at_work(other.run_workers):
        assert {
            suffix: other.get_or_wait(RAIN, suffix, patience_seconds=LIMIT_SECONDS).read_bytes()
            for suffix in ("pdf", "epub")
        } == first


def test_the_key_follows_content_page_script_and_site(export_service, settings):
    changed = of_article(make_article(title="小雨"))
    elsewhere = open_press(replace(settings, base_url="https://news.example"))
    keys = {
        export_service.key(RAIN, "pdf"),
        export_service.key(RAIN, "pdf", "phone"),
        export_service.key(RAIN, "pdf", script="hant"),
        export_service.key(changed, "pdf"),
        elsewhere.key(RAIN, "pdf"),
    }
    assert len(keys) == 5
    assert export_service.key(RAIN, "pdf", "a4") == export_service.key(RAIN, "pdf")


def test_unknown_wishes_are_refused_by_name(export_service):
    with pytest.raises(UnknownFormat, match="docx"):
        export_service.key(RAIN, "docx")
    with pytest.raises(BadOption, match="a4, phone"):
        export_service.key(RAIN, "pdf", "b5")
    with pytest.raises(BadOption, match="hant"):
        export_service.key(RAIN, "pdf", script="latin")


def test_patience_ends_with_a_place_in_the_queue(export_service):
    status = export_service.get_or_wait(RAIN, "pdf", patience_seconds=0)
    assert isinstance(status, JobStatus)
    assert (status.state, status.position) == ("waiting", 1)


def test_a_full_queue_is_busy(settings):
    export_service = open_press(replace(settings, export_queue=1))
    export_service.submit(RAIN, "pdf")
    with pytest.raises(Busy):
        export_service.submit(RAIN, "epub")


def test_an_order_of_other_code_is_refused_not_made(settings):
    prepare(settings.catalog)
    stale = ExportService(
        settings, Catalog(settings.catalog, settings.timezone, must_be_complete=False), build_id="0" * 16
    )
    with at_work(stale.run_workers), pytest.raises(ExportFailed, match="restart"):
        stale.get_or_wait(RAIN, "epub", patience_seconds=LIMIT_SECONDS)


@pytest.fixture
def jobs(tmp_path):
    return JobQueue(tmp_path / "jobs.sqlite3", limit=10)


def pool_of(jobs, program, finished=lambda *_: None, timeout_seconds=LIMIT_SECONDS, limits=NO_LIMITS):
    return WorkerPool(jobs, [sys.executable, "-c", program], 1, timeout_seconds, finished, limits=limits)


def test_a_crashed_worker_is_replaced_and_its_job_reported(jobs, tmp_path):
    program = ECHO.replace(" print", " 'bomb' in line and __import__('os').abort()\n print")
    sizes = {}
    with at_work(pool_of(jobs, program, sizes.__setitem__).run, tmp_path / "lock"):
        jobs.submit("a-bad.pdf", "bomb")
        jobs.submit("b-good.pdf", "four")
        wait_for(lambda: sizes)
    assert sizes == {"b-good.pdf": 4}
    assert jobs.failures() == {"a-bad.pdf": f"the process died (signal {signal.SIGABRT})"}


def test_exports_go_on_when_the_lock_file_can_be_opened_again(jobs, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(worker_pool, "TAKE_OVER_SECONDS", 0.01)
    (tmp_path / "instance").touch()
    sizes = {}
    with at_work(pool_of(jobs, ECHO, sizes.__setitem__).run, tmp_path / "instance" / "lock"):
        wait_for(lambda: "no exports are made" in caplog.text)
        (tmp_path / "instance").unlink()
        jobs.submit("a.pdf", "four")
        wait_for(lambda: sizes)
    assert caplog.text.count("no exports are made") == 1


ORDERS = 2000 if LONG else 1100


def test_many_orders_leave_a_bounded_number_of_rows_files_and_bytes(tmp_path):
    """Each of another key, with 20 KB of text; every second one fails."""
    program = """if True:
        import sys, pathlib
        from reader.storage.file_cache import FileCache
        store = FileCache(pathlib.Path(sys.argv[1]), 100_000)
        for number, line in enumerate(sys.stdin):
            if not line.strip():
                print(flush=True)
            elif number % 2:
                print('{"error": "no"}', flush=True)
            else:
                store.put(line.split()[0], bytes(1000))
                print('{"size": 1000}', flush=True)
    """
    folder, made = tmp_path / "exports", []
    jobs = JobQueue(tmp_path / "jobs.sqlite3", limit=64)
    command = [sys.executable, "-c", program, str(folder)]
    pool = WorkerPool(jobs, command, 1, LIMIT_SECONDS, lambda key, _: made.append(key))
    with at_work(pool.run, tmp_path / "lock"):
        for n in range(ORDERS):
            wait_for(lambda: jobs.waiting() < 60)
            jobs.submit(f"{n:04x}.pdf", f"{n:04x}.pdf {'字' * 7000}")
        wait_for(jobs.idle)
        wait_for(lambda: len(jobs.failures()) <= MOST_FAILURES)
    assert len(made) == ORDERS / 2
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 100_000
    assert len(list(folder.iterdir())) <= 256
    assert len(jobs.failures()) <= MOST_FAILURES
    assert (tmp_path / "jobs.sqlite3").stat().st_size < 4_000_000


def test_a_worker_that_has_grown_large_is_replaced_and_no_order_is_lost(jobs, tmp_path):
    program = ECHO.replace(
        "'{\"size\": %d}' % len(line.strip())",
        "'{\"size\": %d, \"resident_bytes\": 999999999}' % __import__('os').getpid()",
    )
    sizes = {}
    for n in range(6):
        jobs.submit(f"{n}.pdf", "x")
    with at_work(pool_of(jobs, program, sizes.__setitem__).run, tmp_path / "lock"):
        wait_for(lambda: len(sizes) == 6)
    assert len(set(sizes.values())) == 6  # each by a separate process
    assert jobs.failures() == {}


def test_a_worker_grown_large_by_a_book_answers_the_next_order_too(export_service, monkeypatch):
    monkeypatch.setattr("reader.jobs.worker_pool.RECYCLE_BYTES", 1)
    with at_work(export_service.run_workers):
        for suffix in ("epub", "txt", "md"):
            assert export_service.get_or_wait(RAIN, suffix, patience_seconds=LIMIT_SECONDS).stat().st_size


def test_a_job_whose_worker_is_killed_is_made_once_more_but_not_for_ever(jobs, tmp_path):
    program = ECHO.replace(" print", " 'bomb' in line and __import__('os').kill(__import__('os').getpid(), 9)\n print")
    mark = tmp_path / "killed"
    once = ECHO.replace(
        " print",
        f" p = __import__('pathlib').Path({str(mark)!r})\n p.exists() or (p.touch(), __import__('os').kill(__import__('os').getpid(), 9))\n print",
    )
    sizes = {}
    jobs.submit("a.pdf", "four")
    with at_work(pool_of(jobs, once, sizes.__setitem__).run, tmp_path / "lock"):
        wait_for(lambda: sizes)
    assert jobs.failures() == {}
    jobs.submit("b.pdf", "bomb")
    with at_work(pool_of(jobs, program).run, tmp_path / "lock"):
        wait_for(jobs.failures)
    assert jobs.failures() == {"b.pdf": f"the process died (signal {signal.SIGKILL})"}


def test_an_endless_job_is_ended_and_reported(jobs, tmp_path):
    program = "import sys, time\nfor line in sys.stdin: print(line.strip() and time.sleep(60) or '', flush=True)"
    with at_work(pool_of(jobs, program, timeout_seconds=0.3).run, tmp_path / "lock"):
        jobs.submit("a.pdf", "x")
        wait_for(jobs.failures)
    jobs.submit("b.pdf", "x")
    pool = pool_of(jobs, program, timeout_seconds=0.3)
    with ChildProcess(pool._command) as worker:
        assert pool._serve(worker, threading.Event()) == 1  # an answer, so the next worker starts without a pause
    assert jobs.failures() == dict.fromkeys(("a.pdf", "b.pdf"), "timed out after 0.3 s (READER_EXPORT_TIMEOUT_SECONDS)")


def test_a_job_that_nobody_asked_for_makes_way_for_one_that_a_visitor_waits_for(jobs, tmp_path, monkeypatch):
    monkeypatch.setattr(worker_pool, "PREFETCH_SECONDS", 0.1)
    started = tmp_path / "started"
    program = ECHO.replace(
        " print", f" 'slow' in line and (open({str(started)!r}, 'a').write('x'), __import__('time').sleep(60))\n print"
    )
    sizes = {}
    jobs.submit("ahead.pdf", "slow", PREFETCH)
    with at_work(pool_of(jobs, program, sizes.__setitem__).run, tmp_path / "lock"):
        wait_for(started.exists)
        jobs.submit("asked.pdf", "x")
        wait_for(lambda: "asked.pdf" in sizes)
    assert jobs.failures() == {}
    assert jobs.status("ahead.pdf") is not None


def test_a_job_that_eats_all_memory_is_reported_and_the_machine_is_spared(export_service, jobs, tmp_path):
    program = (
        "import sys\nfrom reader.jobs import export_worker as worker\nworker.make = lambda *_: bytes(10**10)\n"
        f"sys.argv = ['', {str(tmp_path)!r}, '1000']\nworker.main()"
    )
    export_service.submit(RAIN, "epub")
    spec = export_service.jobs.claim().spec
    with at_work(pool_of(jobs, program, limits=export_worker.limits(1024)).run, tmp_path / "lock"):
        jobs.submit("a.epub", spec)
        wait_for(jobs.failures)
    assert jobs.failures() == {"a.epub": "needs more than 1024 MB of memory (READER_EXPORT_MEMORY_MB)"}


def test_the_newest_articles_are_made_before_anybody_asks(services, publish):
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。"})
    article = of_article(services.catalog.article("rain"))
    with at_work(services.export_service.run_workers):
        wait_for(
            lambda: (
                services.export_service.size_bytes(article, "pdf")
                and services.export_service.size_bytes(article, "epub")
            )
        )


def test_a_pool_that_does_not_start_early_starts_its_worker_with_the_first_job(jobs, tmp_path):
    started, ready = tmp_path / "started", []
    program = f"open({str(started)!r}, 'w').close()\n{ECHO}"
    sizes = {}
    pool = WorkerPool(
        jobs,
        [sys.executable, "-c", program],
        1,
        LIMIT_SECONDS,
        sizes.__setitem__,
        beat=ready.append,
        starts_early=False,
    )
    with at_work(pool.run, tmp_path / "lock"):
        wait_for(lambda: len(ready) > 2)
        assert not started.exists()
        jobs.submit("a.pdf", "four")
        wait_for(lambda: sizes)
    assert sizes == {"a.pdf": 4}


def test_with_exports_ahead_off_only_what_is_asked_for_is_made(settings, drop):
    drop("2026-05-01/rain.md", "# 大雨\n\n今天下雨。")
    services = build_services(replace(settings, exports_ahead=False))
    services.library.scan_all()
    service, article = services.export_service, of_article(services.catalog.article("rain"))
    with at_work(service.run_workers):
        service.get_or_wait(article, "epub", patience_seconds=LIMIT_SECONDS)
        wait_for(service.jobs.idle)
        service._try_to_prefetch()
    assert service.jobs.idle()
    assert service.size_bytes(article, "epub")
    assert service.size_bytes(article, "pdf") is None


def test_the_newest_issue_is_made_ahead_once_its_articles_have_stood_still_and_its_page_shows_the_sizes(
    services, publish, client, monkeypatch
):
    monkeypatch.setattr(export_service_module, "QUIET_SECONDS", 0.0)
    publish({"2026-05-01/rain.md": "# 大雨\n\n今天下雨。", "2026-05-02/sun.md": "# 晴\n\n今天晴。"})
    page = "/d/2026-05-02/"
    before = client.get(page).text
    service, catalog = services.export_service, services.catalog
    issue = of_issue(catalog.issue(date(2026, 5, 2)), catalog.articles(["sun"]))
    with at_work(service.run_workers):
        wait_for(lambda: all(service.size_bytes(issue, *offer) for offer in export_service_module.OFFERS_OF_ISSUE))
    older = of_issue(catalog.issue(date(2026, 5, 1)), catalog.articles(["rain"]))
    assert service.size_bytes(older, "epub") is None
    publish({"2026-05-03/snow.md": "# 雪\n\n下雪。"})
    assert before.count("约") - client.get(page).text.count("约") == len(export_service_module.OFFERS_OF_ISSUE)


def test_an_article_with_a_picture_is_exported_within_the_default_memory(services, publish):
    picture = io.BytesIO()
    Image.effect_noise((900, 600), 50).convert("RGB").save(picture, "PNG")
    publish({"2026-05-01/p.png": picture.getvalue(), "2026-05-01/rain.md": "# 大雨\n\n![雨](p.png)\n"})
    article = of_article(services.catalog.article("rain"))
    with at_work(services.export_service.run_workers):
        for suffix in ("epub", "pdf", "html"):
            path = services.export_service.get_or_wait(article, suffix, patience_seconds=LIMIT_SECONDS)
            assert path.stat().st_size > 20_000


def test_of_many_keepers_one_works_and_another_takes_over(jobs, tmp_path):
    done = []
    with at_work(pool_of(jobs, ECHO, lambda *_: done.append("first")).run, tmp_path / "lock"):
        jobs.submit("a.pdf", "x")
        wait_for(lambda: done)
        with at_work(pool_of(jobs, ECHO, lambda *_: done.append("second")).run, tmp_path / "lock"):
            jobs.submit("b.pdf", "x")
            wait_for(lambda: len(done) == 2)
    assert done == ["first", "first"]
    with at_work(pool_of(jobs, ECHO, lambda *_: done.append("third")).run, tmp_path / "lock"):
        jobs.submit("c.pdf", "x")
        wait_for(lambda: len(done) == 3)
    assert done[-1] == "third"


def test_workers_do_not_outlive_their_parent(settings, tmp_path):
    program = (
        "import subprocess, sys, time\n"
        f"p = subprocess.Popen([sys.executable, '-m', 'reader.jobs.export_worker', {str(tmp_path)!r}, '1000'],"
        " stdin=subprocess.PIPE)\nprint(p.pid, flush=True)\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    wait_for(lambda: is_warm(child))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_for(lambda: is_gone(child))


def is_warm(pid):
    return b"pango" in Path(f"/proc/{pid}/maps").read_bytes()


def is_gone(pid):
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except (ProcessLookupError, FileNotFoundError):
        return True


def test_no_page_links_to_a_format_that_asks_for_no_link(monkeypatch):
    assert ("txt", "") in offers()
    monkeypatch.setattr(EXPORTS["txt"], "IS_LINKED", False, raising=False)
    assert ("txt", "") not in offers()
