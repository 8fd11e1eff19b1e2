"""The worker pool: one web process runs it, restarts workers that died and kills jobs that time out."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from ..child_process.parent import NO_LIMITS, ChildProcess, Limits, Stop
from ..child_process.pool import PING
from ..errors import Busy, ChildFailed, ReaderError
from ..i18n import Message, deserialize, serialize
from ..storage.locks import FileLock, file_lock
from .queue import FORGET_FAILURE_SECONDS, PASSING_SECONDS, Job, JobQueue

LOG = logging.getLogger(__name__)
T = TypeVar("T")
IDLE_SECONDS = 0.05
"""How often an idle pool looks whether the files of the queue were changed."""

LOOK_SECONDS = 1.0
"""How often an idle pool asks the queue although its files look the same."""

LOOK_AHEAD_SECONDS = 2.0
"""How often an idle pool calls ``idle()``."""

PREFETCH_SECONDS = 3.0
"""How long a prefetched job may keep a job that a visitor requested waiting."""

RECYCLE_BYTES = 160_000_000
"""A worker whose resident memory exceeds this after a job is replaced before the next job is claimed."""

RETRY_SECONDS = 1.0
"""How often a change of the queue is tried while its database cannot be used, for example because the disk is full."""

START_SECONDS = 300.0
"""A worker starts at a low priority, so that this takes long on a busy machine."""

BETWEEN_JOBS_SECONDS = 30.0
"""How long a worker may take to store a file, and another one to start."""

TAKE_OVER_SECONDS = 1.0
"""How often the other processes try to take the lock of the process that runs the pool."""

_SETTINGS = {"time": "READER_EXPORT_TIMEOUT_SECONDS", "memory": "READER_EXPORT_MEMORY_MB"}


class _Interruption:
    """Set by *stop*, and for a prefetched job after PREFETCH_SECONDS while a job that a visitor requested waits."""

    def __init__(self, jobs: JobQueue, key: str, stop: threading.Event) -> None:
        self._jobs, self._key, self._stop = jobs, key, stop
        self._next_look = time.monotonic() + PREFETCH_SECONDS

    def is_set(self) -> bool:
        if self._stop.is_set():
            return True
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + LOOK_AHEAD_SECONDS
        with suppress(Busy):
            return self._jobs.is_outranked(self._key)
        return False


class WorkerPool:
    """``finished(key, size_bytes)`` is called once for each finished file, ``idle()`` while the queue is empty.

    ``postponed(key)`` is called for each job that failed for a passing reason and can soon be queued again.
    ``measured(key, seconds, is_made)`` is called for each answer of a worker, and when one died.
    ``beat(seconds)`` is called whenever the pool is ready for a job; it is called again within *seconds*.
    With ``starts_early`` a worker loads its libraries at once, else when the first job waits.

    ::

        pool = WorkerPool(JobQueue(path, limit=64), worker_process.command(store), size=2, timeout_seconds=120)
        pool.run(stop, instance / "exports.lock")  # returns when *stop* is set
    """

    def __init__(
        self,
        jobs: JobQueue,
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
        """Runs jobs until *stop*. Of all processes that call this with the same *lock* file, one at a time does."""
        while not stop.is_set():
            with file_lock(lock) as mine:
                if mine and self._recovered():
                    self._work(stop, mine)
            stop.wait(TAKE_OVER_SECONDS)

    def _recovered(self) -> bool:
        try:
            self._jobs.recover()
        except Busy as error:
            LOG.warning("%s", error)
            return False
        return True

    def _work(self, stop: threading.Event, lock: FileLock) -> None:
        """Returns when *stop* is set, or when the lock file was deleted, as another process may run a pool then."""
        ended = threading.Event()
        slots = [threading.Thread(target=self._run_worker, args=(ended,), daemon=True) for _ in range(self._size)]
        for slot in slots:
            slot.start()
        while not stop.wait(IDLE_SECONDS * 4) and lock.is_in_place() and all(slot.is_alive() for slot in slots):
            pass
        ended.set()
        for slot in slots:
            slot.join()

    def _run_worker(self, stop: threading.Event) -> None:
        """Restarts the worker whenever it ends. A new worker loads its libraries before it is given a job."""
        pause = 0.0
        if not self._starts_early:
            self._wait_for_a_job(stop)
        while not stop.wait(pause):
            worker = ChildProcess(self._command, self._limits)
            answered = 0
            try:
                answered = self._serve(worker, stop)
            except ReaderError as error:  # the queue's database is unusable at present
                LOG.warning("%s", error)
            finally:
                worker.end()
            pause = 0.0 if answered else min(60.0, pause * 2 or 1.0)

    def _wait_for_a_job(self, stop: threading.Event) -> None:
        with suppress(Busy):  # that of a stop
            stamp = self._jobs.stamp()
            while not stop.is_set() and not self._when_usable(self._jobs.waiting, stop):
                self._beat(BETWEEN_JOBS_SECONDS)
                stamp = self._idle_once(stop, stamp)

    def _serve(self, worker: ChildProcess, stop: threading.Event) -> int:
        """Gives jobs to *worker* until it ends, exceeds RECYCLE_BYTES or *stop* is set. Returns how many it did."""
        answered = 0
        if not self._has_started(worker, stop):
            return answered
        stamp = self._jobs.stamp()
        while not stop.is_set() and worker.alive():
            self._beat(self._timeout_seconds + BETWEEN_JOBS_SECONDS)
            job = self._when_usable(self._jobs.claim, stop)
            if job is None:
                stamp = self._idle_once(stop, stamp)
                continue
            begun = time.monotonic()
            answer = self._request(worker, job.spec, _Interruption(self._jobs, job.key, stop))
            if answer is None:  # the job is taken again later, after a stop by the next process that runs the pool
                self._when_usable(partial(self._jobs.release, job.key), stop)
                return answered
            self._measured(job.key, time.monotonic() - begun, "size" in answer)
            self._when_usable(partial(self._complete, job, answer), stop)
            answered += worker.alive()
            if answer.get("resident_bytes", 0) > RECYCLE_BYTES:
                return answered
        return answered

    def _when_usable(self, step: Callable[[], T], stop: threading.Event) -> T:
        """``step()``, repeated while the queue is unusable: otherwise a claimed job stays claimed while the pool runs.

        Raises Busy once *stop* is set; the next pool recovers the job.
        """
        warned = False
        while True:
            try:
                return step()
            except Busy as error:
                if stop.is_set():
                    raise
                if not warned:
                    LOG.warning("%s", error)
                warned = True
                stop.wait(RETRY_SECONDS)

    def _has_started(self, worker: ChildProcess, stop: threading.Event) -> bool:
        """Waits until the worker has loaded its libraries. If it is killed meanwhile, that is no attempt of a job."""
        try:
            worker.request(PING, START_SECONDS, stop)
        except ChildFailed as error:
            LOG.warning("an export worker could not start: %s; another is started", error)
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

    def _idle_once(self, stop: threading.Event, known: tuple[int, ...]) -> tuple[int, ...]:
        """Waits until the stamp of the queue isn't *known*, but LOOK_SECONDS at most. Returns it."""
        if time.monotonic() >= self._next_idle:
            self._next_idle = time.monotonic() + LOOK_AHEAD_SECONDS
            self._jobs.prune()
            self._on_idle()
        end = time.monotonic() + LOOK_SECONDS
        while (stamp := self._jobs.stamp()) == known and time.monotonic() < end and not stop.wait(IDLE_SECONDS):
            pass
        return stamp

    def _complete(self, job: Job, answer: dict[str, Any]) -> None:
        if "size" in answer:
            self._finished(job.key, answer["size"])
            self._jobs.finish(job.key)
            return
        if answer.get("killed") and self._jobs.retry(job.key):
            LOG.warning("export %s: %s; it is made once more", job.key, deserialize(answer["error"]))
            return
        passing = bool(answer.get("passing"))
        self._jobs.fail(job.key, answer["error"], PASSING_SECONDS if passing else FORGET_FAILURE_SECONDS)
        LOG.error("export %s failed: %s", job.key, deserialize(answer["error"]))
        if passing:
            self._postponed(job.key)
