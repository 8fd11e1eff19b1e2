"""The worker pool: runs jobs of the queue in worker processes. One web process runs the pool.

It restarts workers that died and kills workers whose job times out.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..child_process.parent import NO_LIMITS, ChildProcess, Limits, Stop
from ..child_process.pool import PING
from ..errors import Busy, ChildFailed, ReaderError
from ..i18n import Message, deserialize, serialize
from ..storage.locks import FileLock, file_lock
from .queue import JobQueue
from .queue_contract import FORGET_FAILURE_SECONDS, PASSING_SECONDS, Job

if TYPE_CHECKING:
    from .shared_queue import SharedJobQueue

LOG = logging.getLogger(__name__)
T = TypeVar("T")
IDLE_SECONDS = 0.05
"""How often an idle pool checks whether the files of the queue have changed."""

QUERY_SECONDS = 1.0
"""How often an idle pool queries the queue although its files have not changed."""

PREFETCH_CHECK_SECONDS = 2.0
"""How often an idle pool calls ``idle()``, and how often a prefetched job is checked for waiting visitors."""

PREFETCH_SECONDS = 3.0
"""A prefetched job runs at least this long before it is interrupted for a job that a visitor requested."""

RECYCLE_BYTES = 160_000_000
"""A worker whose resident memory exceeds this after a job is replaced before the next job is claimed."""

RETRY_SECONDS = 1.0
"""How often a change of the queue is retried while its database cannot be used, for example on a full disk."""

START_SECONDS = 300.0
"""How long a worker may take to start. It has a low priority, so starting takes long on a busy machine."""

BETWEEN_JOBS_SECONDS = 30.0
"""How long a worker may take to store a file, and a new worker to start."""

TAKE_OVER_SECONDS = 1.0
"""How often the other processes try to take the lock of the process that runs the pool."""

_SETTINGS = {"time": "READER_EXPORT_TIMEOUT_SECONDS", "memory": "READER_EXPORT_MEMORY_MB"}
"""The setting that raises each limit."""


class _Interruption:
    """A flag for ``ChildProcess.request`` that interrupts a job when *stop* is set. It interrupts a prefetched job also
    if a job that a visitor requested waits, after PREFETCH_SECONDS."""

    def __init__(self, jobs: JobQueue | SharedJobQueue, key: str, stop: threading.Event) -> None:
        self._jobs, self._key, self._stop = jobs, key, stop
        self._next_check = time.monotonic() + PREFETCH_SECONDS

    def is_set(self) -> bool:
        if self._stop.is_set():
            return True
        if time.monotonic() < self._next_check:
            return False
        self._next_check = time.monotonic() + PREFETCH_CHECK_SECONDS
        with suppress(Busy):
            return self._jobs.is_outranked(self._key)
        return False


class WorkerPool:
    """Runs the jobs of a queue in *size* worker processes. *command* is the command line of a worker.

    ``finished(key, size_bytes)`` is called once for each finished file, ``idle()`` while the queue is empty.
    ``postponed(key)`` is called for each job that failed temporarily and can soon be queued again.
    ``measured(key, seconds, is_made)`` is called for each answer of a worker, and when a worker died.
    ``beat(seconds)`` is called whenever the pool is ready for a job, and again within *seconds*.
    With ``starts_early`` a worker starts immediately and loads its libraries, else when the first job waits.

    ::

        pool = WorkerPool(JobQueue(path, limit=64), export_worker.command(store), size=2, timeout_seconds=120)
        pool.run(stop, instance / "exports.lock")  # returns when *stop* is set
    """

    def __init__(
        self,
        jobs: JobQueue | SharedJobQueue,
        command: list[str],
        size: int,
        timeout_seconds: float,
        finished: Callable[[str, int], None] = lambda *_: None,
        idle: Callable[[], None] = lambda: None,
        limits: Limits = NO_LIMITS,
        postponed: Callable[[str], None] = lambda _: None,
        beat: Callable[[float], None] = lambda _: None,
        measured: Callable[[str, float, bool], None] = lambda *_: None,
        starts_early: bool = True,
    ) -> None:
        self._jobs, self._command, self._size, self._limits = jobs, command, size, limits
        self._timeout_seconds, self._finished, self._on_idle = timeout_seconds, finished, idle
        self._postponed, self._beat, self._measured = postponed, beat, measured
        self._starts_early = starts_early
        self._next_idle = 0.0

    def run(self, stop: threading.Event, lock: Path) -> None:
        """Runs jobs until *stop* is set. Several processes can call this with the same *lock* file: one at a time runs
        jobs, the others wait for the lock."""
        logged = ""
        while not stop.is_set():
            try:
                with file_lock(lock) as pool_lock:
                    logged = ""
                    if pool_lock and self._recover():
                        self._work(stop, pool_lock)
            except OSError as error:  # the disk is read-only or full, or no more files are allowed
                if str(error) != logged:
                    LOG.error("no exports are made: %s; tried again", error)
                    logged = str(error)
            stop.wait(TAKE_OVER_SECONDS)

    def _recover(self) -> bool:
        """Returns the jobs of a pool that was killed to the queue. False if the queue is unusable."""
        try:
            self._jobs.recover()
        except Busy as error:
            LOG.warning("%s", error)
            return False
        return True

    def _work(self, stop: threading.Event, lock: FileLock) -> None:
        """Runs the workers. Returns when *stop* is set, when a worker's thread ends, or when the lock file is deleted,
        because then another process may run a pool."""
        ended = threading.Event()
        slots = [threading.Thread(target=self._run_worker, args=(ended,), daemon=True) for _ in range(self._size)]
        for slot in slots:
            slot.start()
        while not stop.wait(IDLE_SECONDS * 4) and lock.is_in_place() and all(slot.is_alive() for slot in slots):
            with suppress(Busy):
                self._jobs.renew()
        ended.set()
        for slot in slots:
            slot.join()

    def _run_worker(self, stop: threading.Event) -> None:
        """Runs one worker, and restarts it whenever it ends. A new worker loads its libraries before its first job."""
        pause = 0.0
        if not self._starts_early:
            self._wait_for_a_job(stop)
        while not stop.wait(pause):
            worker = ChildProcess(self._command, self._limits)
            answered = 0
            try:
                answered = self._serve(worker, stop)
            except ReaderError as error:  # the queue's database is unusable now
                LOG.warning("%s", error)
            finally:
                worker.end()
            pause = 0.0 if answered else min(60.0, pause * 2 or 1.0)

    def _wait_for_a_job(self, stop: threading.Event) -> None:
        with suppress(Busy):  # raised when *stop* is set
            stamp = self._jobs.stamp()
            while not stop.is_set() and not self._retry_while_unusable(self._jobs.waiting, stop):
                self._beat(BETWEEN_JOBS_SECONDS)
                stamp = self._idle_once(stop, stamp)

    def _serve(self, worker: ChildProcess, stop: threading.Event) -> int:
        """Gives jobs to *worker* until it ends, exceeds RECYCLE_BYTES or *stop* is set. Returns the number of answered
        jobs after which it was still alive."""
        answered = 0
        if not self._has_started(worker, stop):
            return answered
        stamp = self._jobs.stamp()
        while not stop.is_set() and worker.alive():
            self._beat(self._timeout_seconds + BETWEEN_JOBS_SECONDS)
            job = self._retry_while_unusable(self._jobs.claim, stop)
            if job is None:
                stamp = self._idle_once(stop, stamp)
                continue
            begun = time.monotonic()
            answer = self._request(worker, job.spec, _Interruption(self._jobs, job.key, stop))
            if answer is None:  # interrupted: the job runs again later; after a stop, in the next process with the pool
                self._retry_while_unusable(partial(self._jobs.release, job.key), stop)
                return answered
            self._measured(job.key, time.monotonic() - begun, "size" in answer)
            self._retry_while_unusable(partial(self._complete, job, answer), stop)
            answered += not answer.get("killed")
            if answer.get("resident_bytes", 0) > RECYCLE_BYTES:
                return answered
        return answered

    def _retry_while_unusable(self, step: Callable[[], T], stop: threading.Event) -> T:
        """The result of ``step()``, which is retried while the queue is unusable: otherwise a claimed job would stay
        claimed while the pool runs.

        Raises Busy once *stop* is set; the next pool recovers the job.
        """
        was_logged = False
        while True:
            try:
                return step()
            except Busy as error:
                if stop.is_set():
                    raise
                if not was_logged:
                    LOG.warning("%s", error)
                was_logged = True
                stop.wait(RETRY_SECONDS)

    def _has_started(self, worker: ChildProcess, stop: threading.Event) -> bool:
        """Waits until the worker has loaded its libraries. Returns False if it died meanwhile; no job is affected."""
        try:
            worker.request(PING, START_SECONDS, stop)
        except ChildFailed as error:
            LOG.warning("an export worker could not start: %s; another one is started", error)
            return False
        return True

    def _request(self, worker: ChildProcess, spec: str, stop: Stop) -> dict[str, Any] | None:
        """The worker's answer, or ``{"error", "killed"}`` if it died; None if *stop* was set first."""
        try:
            answer = worker.request(spec, self._timeout_seconds, stop)
        except ChildFailed as error:
            setting = _SETTINGS.get(error.limit)
            reason = Message("%(cause)s (%(hint)s)", cause=error.message, hint=setting) if setting else error.message
            return {"error": serialize(reason), "killed": error.killed}
        return None if answer is None else dict(json.loads(answer))

    def _idle_once(self, stop: threading.Event, last_stamp: tuple[int, ...]) -> tuple[int, ...]:
        """Waits until the stamp of the queue differs from *last_stamp*, at most QUERY_SECONDS. Returns the stamp."""
        if time.monotonic() >= self._next_idle:
            self._next_idle = time.monotonic() + PREFETCH_CHECK_SECONDS
            self._jobs.prune()
            self._on_idle()
        end = time.monotonic() + QUERY_SECONDS
        while (stamp := self._jobs.stamp()) == last_stamp and time.monotonic() < end and not stop.wait(IDLE_SECONDS):
            pass
        return stamp

    def _complete(self, job: Job, answer: dict[str, Any]) -> None:
        """Finishes, retries or fails *job* according to the worker's answer."""
        if "size" in answer:
            self._finished(job.key, answer["size"])
            self._jobs.finish(job.key)
            return
        if answer.get("killed") and self._jobs.retry(job.key):
            LOG.warning("export %s: %s; it is tried again", job.key, deserialize(answer["error"]))
            return
        passing = bool(answer.get("passing"))
        self._jobs.fail(job.key, answer["error"], PASSING_SECONDS if passing else FORGET_FAILURE_SECONDS)
        LOG.error("export %s failed: %s", job.key, deserialize(answer["error"]))
        if passing:
            self._postponed(job.key)
