from __future__ import annotations

import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from factories import make_article
from markupsafe import Markup
from sqlalchemy import text
from waiting import wait_for

from reader.errors import Busy
from reader.exports.publications import of_article, of_selection
from reader.i18n import translated
from reader.jobs import shared_queue
from reader.jobs.job_priority import priority_of, size_in_chapters
from reader.jobs.queue import JobQueue
from reader.jobs.queue_contract import (
    ATTEMPTS,
    FORGET_FAILURE_SECONDS,
    INTERRUPTIONS,
    MOST_FAILURES,
    PREFETCH,
    JobStatus,
    background_of,
)
from reader.jobs.shared_queue import LEASE_SECONDS, SharedHeartbeat, SharedJobQueue
from reader.state import State
from reader.storage.sqlite import wal_of


class Clock:
    now = 1000.0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(scope="module")
def shared_state(postgresql):
    """A state database in PostgreSQL for all tests of this module."""
    with postgresql.database() as url:
        state = State(url)
        yield state
        state.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_queue(request, tmp_path, clock):
    """A function that opens the same queue, as another process or machine would; the test runs once for each kind."""
    if request.param == "sqlite":
        return lambda limit=3, name="jobs": JobQueue(tmp_path / f"{name}.sqlite3", limit, clock)
    state = request.getfixturevalue("shared_state")
    with state.queueing() as connection:
        connection.execute(text("TRUNCATE export_jobs, export_pools"))
    return lambda limit=3, name="jobs": SharedJobQueue(state, limit, name, clock)


@pytest.fixture
def jobs(new_queue):
    return new_queue()


@pytest.fixture
def embedded(tmp_path, clock):
    return JobQueue(tmp_path / "jobs.sqlite3", limit=3, clock=clock)


def recover(jobs, clock):
    """What the next pool does after one was killed; a lease has ended by then."""
    clock.now += LEASE_SECONDS + 1
    jobs.recover()


def test_one_key_is_one_job_however_many_ask(jobs):
    for _ in range(5):
        jobs.submit("a.pdf", "spec")
    assert jobs.claim().key == "a.pdf"
    assert jobs.claim() is None


def test_a_ticket_tells_the_place_in_the_queue(jobs):
    for key in ("a.pdf", "b.pdf", "c.pdf"):
        jobs.submit(key, "spec")
    assert [jobs.status(key).position for key in ("a.pdf", "b.pdf", "c.pdf")] == [1, 2, 3]
    jobs.claim()
    assert jobs.status("a.pdf") == JobStatus("a.pdf", "working")
    assert jobs.status("c.pdf").position == 2


def test_visitors_are_served_before_background_work(jobs):
    jobs.submit("night.pdf", "spec", background=PREFETCH)
    jobs.submit("visitor.pdf", "spec")
    assert jobs.claim().key == "visitor.pdf"


def test_a_visitor_pulls_background_work_forward(jobs):
    jobs.submit("a.pdf", "spec", background=PREFETCH)
    jobs.submit("b.pdf", "spec", background=PREFETCH)
    jobs.submit("b.pdf", "spec")
    assert jobs.claim().key == "b.pdf"


def test_a_full_queue_says_when_to_come_back(jobs):
    for key in ("a.pdf", "b.pdf", "c.pdf"):
        jobs.submit(key, "spec")
    with pytest.raises(Busy) as refusal:
        jobs.submit("d.pdf", "spec")
    assert refusal.value.retry_seconds > 0
    jobs.submit("a.pdf", "spec")  # who waits already may ask again


def test_a_finished_job_leaves_the_queue(jobs):
    jobs.submit("a.pdf", "spec")
    jobs.finish(jobs.claim().key)
    assert jobs.status("a.pdf") is None
    assert jobs.idle()


def test_a_failed_job_is_reported_and_not_tried_again_at_once(jobs, clock):
    jobs.submit("a.pdf", "spec")
    jobs.fail(jobs.claim().key, "it took longer than 1 s")
    jobs.submit("a.pdf", "spec")
    assert jobs.status("a.pdf") == JobStatus("a.pdf", "failed", message="it took longer than 1 s", retry_seconds=598)
    assert jobs.claim() is None
    clock.now += FORGET_FAILURE_SECONDS + 1
    jobs.submit("a.pdf", "spec")
    assert jobs.claim().key == "a.pdf"


def test_what_a_vanished_keeper_left_is_made_again_but_not_for_ever(jobs, clock):
    jobs.submit("a.pdf", "spec")
    for _ in range((ATTEMPTS - 1) * INTERRUPTIONS + 1):
        assert jobs.claim().key == "a.pdf"
        recover(jobs, clock)
    assert jobs.status("a.pdf").state == "failed"
    assert translated(jobs.status("a.pdf").message, "zh-Hans") == "中断：Reader 已停止"


def test_an_orderly_stop_costs_a_job_no_attempt(jobs, clock):
    jobs.submit("a.pdf", "spec")
    for _ in range(ATTEMPTS + 3):
        jobs.release(jobs.claim().key)
    jobs.claim()
    recover(jobs, clock)
    assert jobs.status("a.pdf").state == "waiting"


BREAK = {
    "not a database": lambda path: path.write_bytes(b"this is no database" * 100),
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "other tables": lambda path: (path.unlink(), sqlite3.connect(path).execute("CREATE TABLE jobs (x)")),
    "deleted": lambda path: path.unlink(),
    "log deleted": lambda path: wal_of(path).unlink(),
}


@pytest.mark.parametrize("damage", BREAK.values(), ids=BREAK.keys())
@pytest.mark.parametrize("when", ["at rest", "open"])
def test_a_broken_queue_is_set_aside_and_made_anew(tmp_path, clock, damage, when):
    path = tmp_path / "jobs.sqlite3"
    jobs = JobQueue(path, limit=3, clock=clock)
    jobs.submit("a.pdf", "spec")
    if when == "at rest":
        jobs._close()
        wal_of(path).touch()
    damage(path)
    jobs = JobQueue(path, limit=3, clock=clock) if when == "at rest" else jobs
    other = JobQueue(path, limit=3, clock=clock)
    other.waiting()  # meets the damage, if it can be seen
    jobs.submit("b.pdf", "spec")
    keys = {job.key for job in (other.claim(), other.claim()) if job}
    assert "b.pdf" in keys


def test_a_queue_that_cannot_be_used_says_so(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises((Busy, OSError)):
        JobQueue(tmp_path / "file" / "jobs.sqlite3", limit=3).submit("a.pdf", "spec")


def test_another_process_sees_the_same_queue(jobs, new_queue):
    jobs.submit("a.pdf", "spec")
    assert new_queue().claim().spec == "spec"
    assert jobs.claim() is None


def test_articles_go_before_books_and_small_books_before_large_ones(jobs):
    jobs.submit("year.epub", "spec", background_of(1_000))
    jobs.submit("rain.pdf", "spec", background_of(1))
    assert jobs.claim().key == "rain.pdf"
    assert [background_of(n) for n in (1, 3, 4, 20, 100, 1_600)] == sorted(
        background_of(n) for n in (1, 3, 4, 20, 100, 1_600)
    )
    assert background_of(1) == background_of(3) == 0 < background_of(4) <= background_of(1_600) < PREFETCH


def test_books_leave_most_of_the_queue_to_articles(new_queue):
    jobs = new_queue(8)
    for n in range(2):
        jobs.submit(f"book{n}.pdf", "spec", background_of(500))
    with pytest.raises(Busy):
        jobs.submit("book3.pdf", "spec", background_of(40))
    for n in range(6):
        jobs.submit(f"article{n}.pdf", "spec")
    assert jobs.claim().key == "article0.pdf"


def test_the_oldest_wait_is_counted_from_when_it_was_asked_for(jobs, clock):
    assert jobs.oldest_seconds() == 0.0
    jobs.submit("a.pdf", "spec")
    jobs.submit("b.pdf", "spec")
    clock.now += 10
    assert 10 < jobs.oldest_seconds() < 15
    jobs.claim(), jobs.claim()
    assert jobs.oldest_seconds() == 0.0


def test_what_waits_is_counted_and_what_is_at_work_is_not(jobs):
    assert jobs.waiting() == 0
    for key in ("a.pdf", "b.pdf", "c.pdf"):
        jobs.submit(key, "spec")
    assert jobs.waiting() == 3
    jobs.claim()
    assert jobs.waiting() == 2
    jobs.submit("d.pdf", "spec")  # the one at work has left its place


def test_equal_wishes_are_served_in_the_order_they_came(jobs):
    for key in ("z.pdf", "m.pdf", "a.pdf"):
        jobs.submit(key, "spec")
    assert [jobs.claim().key for _ in range(3)] == ["z.pdf", "m.pdf", "a.pdf"]


def test_a_job_has_its_attempts_and_keeps_its_place(jobs):
    jobs.submit("a.pdf", "spec")
    jobs.submit("b.pdf", "spec")
    for _ in range(ATTEMPTS - 1):
        assert jobs.claim().key == "a.pdf"
        assert jobs.retry("a.pdf") is True
        assert jobs.status("a.pdf") == JobStatus("a.pdf", "waiting", 1)
    assert jobs.claim().key == "a.pdf"
    assert jobs.retry("a.pdf") is False
    assert jobs.status("a.pdf").state == "working"


def test_a_failure_is_kept_for_ten_minutes_and_no_longer(jobs, clock):
    assert FORGET_FAILURE_SECONDS == 600
    jobs.submit("a.pdf", "spec")
    jobs.fail(jobs.claim().key, "no memory")
    assert jobs.failures() == {"a.pdf": "no memory"}
    clock.now += FORGET_FAILURE_SECONDS - 10
    jobs.submit("b.pdf", "spec")
    assert "a.pdf" in jobs.failures()
    clock.now += 20
    jobs.submit("c.pdf", "spec")
    assert jobs.failures() == {}


def test_a_queue_with_a_failure_only_is_idle(jobs):
    jobs.submit("a.pdf", "spec")
    assert not jobs.idle()
    key = jobs.claim().key
    assert not jobs.idle()
    jobs.fail(key, "no memory")
    assert jobs.idle()


def test_a_step_that_fails_half_way_changes_nothing(embedded):
    jobs = embedded
    with pytest.raises(ZeroDivisionError), jobs._transaction() as db:
        db.execute("INSERT INTO jobs(key, spec, state, background, queued) VALUES('x', 's', 'waiting', 0, 1)")
        1 / 0  # noqa: B018
    assert jobs.waiting() == 0
    jobs.submit("a.pdf", "spec")
    assert jobs.waiting() == 1


def test_failures_are_forgotten_although_nobody_orders_any_more(jobs, clock):
    jobs.submit("a.pdf", "spec")
    jobs.fail(jobs.claim().key, "no")
    jobs.prune()
    assert list(jobs.failures()) == ["a.pdf"]
    clock.now += FORGET_FAILURE_SECONDS + 1
    jobs.prune()
    assert jobs.failures() == {}


def test_priority_of_a_book_falls_by_one_for_each_factor_of_four():
    chapters = (0, 1, 3, 4, 15, 16, 63, 64, 65_535, 65_536, 1_000_000)
    assert [background_of(n) for n in chapters] == [0, 0, 0, 1, 1, 2, 2, 3, 7, 8, 8]


def test_a_quarter_of_the_queue_and_at_least_one_place_is_for_books(new_queue):
    for limit, places in ((3, 1), (4, 1), (8, 2), (15, 3)):
        jobs = new_queue(limit, f"build{limit}")
        for n in range(places):
            jobs.submit(f"book{n}-{limit}.epub", "spec", 1 + 7 * (n % 2))
        for background in (1, 8):
            with pytest.raises(Busy) as refusal:
                jobs.submit("another.epub", "spec", background)
            assert refusal.value.retry_seconds == 30
        jobs.submit(f"article-{limit}.pdf", "spec")
        jobs.submit(f"prefetched-{limit}.pdf", "spec", PREFETCH)


def test_articles_waiting_do_not_take_the_places_of_books(new_queue):
    jobs = new_queue(8)
    for n in range(2):
        jobs.submit(f"article{n}.pdf", "spec")
        jobs.submit(f"prefetched{n}.pdf", "spec", PREFETCH)
    jobs.submit("book.epub", "spec", 1)
    assert jobs.waiting() == 5


def test_a_job_keeps_its_better_priority_when_it_is_requested_again_with_a_worse_one(jobs):
    jobs.submit("a.pdf", "spec")
    jobs.submit("b.pdf", "spec")
    jobs.submit("a.pdf", "spec", PREFETCH)
    assert jobs.status("a.pdf").position == 1


def test_a_job_survives_twelve_stops_of_the_whole_pool_but_not_thirteen(jobs, clock):
    jobs.submit("a.pdf", "spec")
    for _ in range(12):
        assert jobs.claim().key == "a.pdf"
        recover(jobs, clock)
        assert jobs.status("a.pdf") == JobStatus("a.pdf", "waiting", 1)
    jobs.claim()
    recover(jobs, clock)
    assert jobs.status("a.pdf").state == "failed"


def test_only_claimed_jobs_are_released(jobs):
    jobs.submit("a.pdf", "spec")
    jobs.fail(jobs.claim().key, "no memory")
    jobs.release("a.pdf")
    assert jobs.status("a.pdf") == JobStatus("a.pdf", "failed", message="no memory", retry_seconds=599)


def test_a_job_that_used_up_its_attempts_says_that_it_was_interrupted(jobs, clock):
    jobs.submit("a.pdf", "spec")
    jobs.submit("b.pdf", "spec")
    for _ in range(ATTEMPTS - 1):
        jobs.claim()
        jobs.retry("a.pdf")
    assert jobs.claim().key == "a.pdf"
    recover(jobs, clock)
    assert "interrupted" in jobs.failures()["a.pdf"]
    assert jobs.status("b.pdf") == JobStatus("b.pdf", "waiting", 1)


@pytest.mark.slow
@pytest.mark.parametrize("forget", [lambda jobs: jobs.prune(), lambda jobs: jobs.submit("next.pdf", "spec")])
def test_the_newest_500_failures_are_remembered(tmp_path, clock, forget):
    assert MOST_FAILURES == 500
    jobs = JobQueue(tmp_path / "jobs.sqlite3", 10, clock)
    for n in range(MOST_FAILURES + 1):
        jobs.submit(f"{n}.pdf", "spec")
        jobs.fail(jobs.claim().key, "no memory")
        clock.now -= 1.9  # all within ten minutes
    forget(jobs)
    failures = jobs.failures()
    assert len(failures) == MOST_FAILURES
    assert "0.pdf" not in failures
    assert "1.pdf" in failures


def test_a_locked_queue_is_busy_for_half_a_minute(embedded, tmp_path):
    jobs = embedded
    jobs.submit("a.pdf", "spec")
    jobs._connection().execute("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(tmp_path / "jobs.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Busy) as refusal:
        jobs.submit("b.pdf", "spec")
    assert refusal.value.retry_seconds == 30
    assert "locked" in str(refusal.value)
    other.execute("ROLLBACK")
    other.close()
    jobs.submit("b.pdf", "spec")
    assert [jobs.claim().key for _ in range(2)] == ["a.pdf", "b.pdf"]


def test_a_long_article_waits_like_the_book_that_it_is_as_much_work_as():
    short, long = (of_article(make_article(body=Markup("<p>" + "雨" * n + "</p>"))) for n in (2_000, 1_000_000))
    assert size_in_chapters(short) == 1
    assert background_of(size_in_chapters(long)) == background_of(50) > background_of(size_in_chapters(short)) == 0


def test_no_selection_takes_the_turn_of_articles_however_small_it_is():
    """There are more selections of two articles than a queue can hold: asked for from many networks, they kept out
    every article."""
    article, other = make_article(), make_article("snow")
    assert priority_of(of_article(article), "pdf") == 0 < priority_of(of_article(article), "mp3")
    for chapters in ((article,), (article, other)):
        selection = of_selection("Selection", "/selection?a=rain", chapters)
        assert 0 < priority_of(selection, "pdf") == background_of(4)


def test_the_stamp_differs_after_each_change_by_any_process_and_only_then(embedded, tmp_path):
    jobs = embedded
    other = JobQueue(tmp_path / "jobs.sqlite3", limit=8)
    assert jobs.claim() is None
    stamps = [jobs.stamp()]
    for change in (
        lambda: other.submit("a.pdf", "a"),
        lambda: other.submit("b.pdf", "b"),
        jobs.claim,
        lambda: other.fail("a.pdf", "no"),
    ):
        assert jobs.stamp() == stamps[-1], "asking for it changes nothing"
        time.sleep(0.02)  # more than a tick of the file system's clock
        change()
        stamps.append(jobs.stamp())
    assert len(set(stamps)) == len(stamps)
    assert JobQueue(tmp_path / "none.sqlite3", limit=8).stamp() == ()


def test_pruning_forgets_old_failures_only(jobs, clock):
    for key, later in (("old.pdf", FORGET_FAILURE_SECONDS - 10), ("new.pdf", 20)):
        jobs.submit(key, "spec")
        jobs.claim()
        jobs.fail(key, "too large")
        clock.now += later
    jobs.prune()
    assert jobs.failures().keys() == {"new.pdf"}
    jobs.prune()
    assert jobs.status("new.pdf").message == "too large"


shared = pytest.mark.parametrize("new_queue", ["postgresql"], indirect=True)
"""For what only the queue of several machines has to do."""


@shared
def test_many_machines_at_once_take_each_job_once_and_never_exceed_the_limit(new_queue):
    machines = [new_queue(20) for _ in range(4)]
    for machine in machines:
        machine._clock = None  # that of the server: the other one ends leases
    submitted, refused, taken = [], [], []

    def order(machine):
        for n in range(30):
            try:
                machine.submit(f"{n}.pdf", "spec")
                submitted.append(n)
            except Busy:
                refused.append(n)

    def work(machine):
        while job := machine.claim():
            taken.append(job.key)

    for task in (order, work):
        with ThreadPoolExecutor(len(machines)) as threads:
            list(threads.map(task, machines))
    assert len(set(submitted)) == len(taken) == len(set(taken)) == 20
    assert refused


@shared
def test_a_job_is_claimed_by_machines_with_its_own_code_only(new_queue, clock):
    """During a rolling update both builds are at work. What nobody takes is deleted a day later."""
    old, new = new_queue(name="old"), new_queue(name="new")
    old.submit("old.pdf", "spec")
    assert (new.claim(), new.waiting(), new.idle(), new.oldest_seconds()) == (None, 0, True, 0.0)
    new.recover()
    assert old.status("old.pdf").position == 1
    clock.now += shared_queue.ABANDONED_SECONDS
    new.recover()
    assert old.status("old.pdf") is None


@shared
def test_a_lease_that_is_renewed_lasts_and_one_that_ended_gives_its_job_to_another_machine(new_queue, clock):
    first, second = new_queue(), new_queue()
    first.submit("a.pdf", "spec")
    first.claim()
    for _ in range(3):
        clock.now += LEASE_SECONDS / 2
        first._renewed_at = float("-inf")
        first.renew()
        assert second.claim() is None
    clock.now += LEASE_SECONDS
    assert second.claim().key == "a.pdf"
    first.fail("a.pdf", "no memory")
    first.release("a.pdf")
    assert first.retry("a.pdf") is False
    assert first.status("a.pdf").state == "working"
    first.finish("a.pdf")  # its file is in the bucket
    assert second.status("a.pdf") is None


@shared
def test_a_job_of_another_machine_is_noticed_without_a_query(new_queue):
    first, second = new_queue(), new_queue()
    before = first.stamp()
    assert first.stamp() == before
    second.submit("a.pdf", "spec")
    wait_for(lambda: first.stamp() != before)
    before = first.stamp()
    first._notifications._connection.close()
    assert first.stamp() == before
    first._notifications._retry_at = float("-inf")
    assert first.stamp() != before, "what was missed meanwhile is looked for"
    first.close()


@shared
def test_only_the_newest_failures_of_all_machines_are_remembered(new_queue, monkeypatch):
    monkeypatch.setattr(shared_queue, "MOST_FAILURES", 2)
    jobs = new_queue()
    for n in range(3):
        jobs.submit(f"{n}.pdf", "spec")
        jobs.fail(jobs.claim().key, "no memory")
    jobs.prune()
    assert jobs.failures().keys() == {"1.pdf", "2.pdf"}


@shared
def test_waiting_jobs_are_a_fault_only_if_no_pool_of_any_machine_is_ready(new_queue, clock, monkeypatch):
    pool, page = (SharedHeartbeat(new_queue()) for _ in range(2))
    monkeypatch.setattr(shared_queue, "ALLOWED_SECONDS", 0.0)
    assert page.silent_seconds() > 0
    pool.beat(30)
    assert page.silent_seconds() == 0
    clock.now += 100
    assert 50 < page.silent_seconds() < 100


def test_a_server_that_is_gone_makes_exports_busy(tmp_path):
    jobs = SharedJobQueue(State(f"postgresql://reader@/news?host={tmp_path}"), 3, "build")
    before = jobs.stamp()
    for ask in (jobs.claim, jobs.waiting, lambda: jobs.submit("a.pdf", "spec"), lambda: jobs.status("a.pdf")):
        with pytest.raises(Busy) as refusal:
            ask()
        assert refusal.value.retry_seconds > 0
        assert str(tmp_path) not in str(refusal.value)
    assert jobs.stamp() == before
