"""The queue of export jobs, shared by all processes of one machine: an SQLite table with one row per key."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from ..errors import Busy
from ..i18n import N_, Message, deserialize, serialize
from ..storage.sqlite import (
    closing_on_error,
    create_database,
    damage_of,
    file_identity,
    is_broken,
    is_no_file,
    open_database,
    set_aside,
    wal_of,
)
from .queue_contract import (
    ARTICLE,
    ATTEMPTS,
    FAILED,
    FORGET_FAILURE_SECONDS,
    INTERRUPTED,
    INTERRUPTIONS,
    MOST_FAILURES,
    PREFETCH,
    WAITING,
    WORKING,
    Job,
    JobStatus,
    check_room,
)

SCHEMA = """
CREATE TABLE jobs(
    key TEXT PRIMARY KEY, spec TEXT NOT NULL, state TEXT NOT NULL, background INTEGER NOT NULL,
    queued REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, message TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX jobs_by_turn ON jobs(state, background, queued);
"""


P = ParamSpec("P")
T = TypeVar("T")


def _guarded(step: Callable[Concatenate[JobQueue, P], T]) -> Callable[Concatenate[JobQueue, P], T]:
    """A decorator of methods: repeats the call once with a new database file if the old one is broken.

    Other SQLite errors become Busy.
    """

    @wraps(step)
    def guarded(jobs: JobQueue, *arguments: P.args, **named: P.kwargs) -> T:
        try:
            try:
                return step(jobs, *arguments, **named)
            except sqlite3.DatabaseError as error:
                if not jobs.replace_if_broken(error):
                    raise
                return step(jobs, *arguments, **named)
        except (sqlite3.Error, OSError) as error:
            reason = Message(N_("the queue of exports cannot be used (%(cause)s)"), cause=str(error))
            raise Busy(reason, retry_seconds=30) from error

    return guarded  # type: ignore[return-value]  # mypy objects to the named first parameter


class JobQueue:
    """A persistent priority queue. A job is deleted when its file is finished; the file store holds finished files.

    ::

        queue = JobQueue(instance / "jobs.sqlite3", limit=64)
        queue.submit(key, serialize(job))  # a web process
        job = queue.claim()                # the worker pool
        queue.finish(job.key)              # or ``fail(job.key, message)``
    """

    POLL_SECONDS = 0.02
    """How often a request that waits for a job reads its status."""

    def __init__(self, path: Path, limit: int, clock: Callable[[], float] = time.time) -> None:
        self._path, self._limit, self._clock = path, limit, clock
        self._local, self._log = threading.local(), wal_of(path)

    @_guarded
    def submit(self, key: str, spec: str, background: int = 0) -> None:
        """Queues *key* unless a job with this key exists, also a failed one. Raises Busy if the queue is full.

        Jobs with a lower *background* run first; an existing job gets the lower of both values.
        """
        with self._transaction() as db:
            self._forget_old_failures(db)
            found = db.execute("SELECT state FROM jobs WHERE key = ?", (key,)).fetchone()
            if found is None:
                check_room(background, self._limit, self._count)
                row = (key, spec, WAITING, background, self._clock())
                db.execute("INSERT INTO jobs(key, spec, state, background, queued) VALUES(?,?,?,?,?)", row)
            else:
                db.execute("UPDATE jobs SET background = min(background, ?) WHERE key = ?", (background, key))

    @_guarded
    def waiting(self) -> int:
        """The number of waiting jobs."""
        return self._count()

    def stamp(self) -> tuple[int, ...]:
        """A value that changes with each change of the queue by any process. It takes two system calls, so it can be
        polled.

        Two changes within one tick of the file system's clock (about 4 ms) may have the same value.
        """
        times: list[int] = []
        for path in (self._path, self._log):
            with suppress(OSError):
                status = path.stat()
                times += (status.st_ino, status.st_size, status.st_mtime_ns)
        return tuple(times)

    @_guarded
    def oldest_seconds(self) -> float:
        """The waiting time of the oldest job; 0 if none waits."""
        oldest = self._connection().execute("SELECT min(queued) FROM jobs WHERE state = ?", (WAITING,)).fetchone()[0]
        return self._clock() - oldest if oldest else 0.0

    @_guarded
    def status(self, key: str) -> JobStatus | None:
        """The status of a job; None if it is finished or was never queued."""
        db = self._connection()
        row = db.execute("SELECT state, background, queued, message FROM jobs WHERE key = ?", (key,)).fetchone()
        if row is None:
            return None
        state, background, queued, message = row
        if state != WAITING:
            remembered = queued + FORGET_FAILURE_SECONDS - self._clock() if state == FAILED else 0.0
            return JobStatus(key, state, message=deserialize(message), retry_seconds=max(0.0, remembered))
        ahead = "SELECT count(*) FROM jobs WHERE state = ? AND (background, queued, key) < (?, ?, ?)"
        position = 1 + db.execute(ahead, (WAITING, background, queued, key)).fetchone()[0]
        return JobStatus(key, state, position)

    @_guarded
    def claim(self) -> Job | None:
        """Takes the next job: lowest ``background`` first, then oldest first. None if no job waits."""
        db = self._connection()
        if not db.execute("SELECT 1 FROM jobs WHERE state = ? LIMIT 1", (WAITING,)).fetchone():
            return None
        turn = "SELECT key FROM jobs WHERE state = ? ORDER BY background, queued, key LIMIT 1"
        begun = f"UPDATE jobs SET state = ?, attempts = attempts + {INTERRUPTIONS}"
        claim = f"{begun} WHERE key = ({turn}) RETURNING key, spec"
        with self._transaction() as db:
            rows = db.execute(claim, (WORKING, WAITING)).fetchall()
        return Job(*rows[0]) if rows else None

    def renew(self) -> None:
        """Does nothing: the lock file of the pool shows that claimed jobs are worked on."""

    @_guarded
    def finish(self, key: str) -> None:
        """Deletes a finished job."""
        with self._transaction() as db:
            db.execute("DELETE FROM jobs WHERE key = ?", (key,))

    @_guarded
    def fail(self, key: str, message: str, forget_seconds: float = FORGET_FAILURE_SECONDS) -> None:
        """Marks a job as failed. It can be queued again after *forget_seconds*."""
        failed = self._clock() - FORGET_FAILURE_SECONDS + forget_seconds
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET state = ?, spec = '', message = ?, queued = ? WHERE key = ?",
                (FAILED, message, failed, key),
            )

    @_guarded
    def retry(self, key: str) -> bool:
        """Returns a claimed job to its old position in the queue; after ATTEMPTS attempts only returns False."""
        again = "UPDATE jobs SET state = ? WHERE key = ? AND attempts < ? RETURNING key"
        with self._transaction() as db:
            return bool(db.execute(again, (WAITING, key, ATTEMPTS * INTERRUPTIONS)).fetchall())

    @_guarded
    def release(self, key: str) -> None:
        """Returns a claimed job to the queue that was interrupted deliberately. The attempt does not count."""
        with self._transaction() as db:
            db.execute(
                f"UPDATE jobs SET state = ?, attempts = attempts - {INTERRUPTIONS} WHERE key = ? AND state = ?",
                (WAITING, key, WORKING),
            )

    @_guarded
    def is_outranked(self, key: str) -> bool:
        """Whether *key* is a prefetched job and a job that a visitor requested waits."""
        waits = "SELECT 1 FROM jobs WHERE state = ? AND background < ?"
        query = f"SELECT 1 FROM jobs WHERE key = ? AND background = ? AND EXISTS ({waits})"
        return self._connection().execute(query, (key, PREFETCH, WAITING, PREFETCH)).fetchone() is not None

    @_guarded
    def recover(self) -> None:
        """Returns the claimed jobs of a pool that was killed to the queue. Jobs without attempts left fail."""
        with self._transaction() as db:
            message = serialize(Message(INTERRUPTED))
            lost = "UPDATE jobs SET state = ?, message = ? WHERE state = ? AND attempts >= ?"
            db.execute(lost, (FAILED, message, WORKING, ATTEMPTS * INTERRUPTIONS))
            again = f"UPDATE jobs SET state = ?, attempts = attempts - {INTERRUPTIONS - 1} WHERE state = ?"
            db.execute(again, (WAITING, WORKING))

    @_guarded
    def idle(self) -> bool:
        """Whether no job waits or runs."""
        return not self._connection().execute("SELECT 1 FROM jobs WHERE state != ? LIMIT 1", (FAILED,)).fetchone()

    @_guarded
    def failures(self) -> dict[str, str]:
        """The error message of each failed job by key."""
        rows = self._connection().execute("SELECT key, message FROM jobs WHERE state = ?", (FAILED,))
        return {key: deserialize(message) for key, message in rows}

    @_guarded
    def prune(self) -> None:
        """Deletes old failures. Call it regularly, because otherwise only ``submit`` deletes them."""
        limit = self._clock() - FORGET_FAILURE_SECONDS
        failed, oldest = (
            self._connection().execute("SELECT count(*), min(queued) FROM jobs WHERE state = ?", (FAILED,)).fetchone()
        )
        if failed > MOST_FAILURES or (failed and oldest < limit):
            with self._transaction() as db:
                self._forget_old_failures(db)

    def _forget_old_failures(self, db: sqlite3.Connection) -> None:
        limit = self._clock() - FORGET_FAILURE_SECONDS
        db.execute("DELETE FROM jobs WHERE state = ? AND queued < ?", (FAILED, limit))
        newest = "SELECT key FROM jobs WHERE state = ? ORDER BY queued DESC, key LIMIT ?"
        db.execute(f"DELETE FROM jobs WHERE state = ? AND key NOT IN ({newest})", (FAILED, FAILED, MOST_FAILURES))

    def _count(self, lowest: int = ARTICLE, highest: int = PREFETCH) -> int:
        """The number of waiting jobs with a ``background`` from *lowest* to *highest*."""
        query = "SELECT count(*) FROM jobs WHERE state = ? AND background BETWEEN ? AND ?"
        return int(self._connection().execute(query, (WAITING, lowest, highest)).fetchone()[0])

    def _transaction(self) -> _Transaction:
        return _Transaction(self._connection())

    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread. Opened at the first use, and again after the database file was replaced."""
        local = self._local
        if getattr(local, "db", None) is not None:
            self._close_if_replaced()
        if getattr(local, "db", None) is None:
            if not file_identity(self._path):
                create_database(self._path, _make)
            local.identity = file_identity(self._path)
            db = open_database(self._path, timeout_seconds=10)
            with closing_on_error(db):
                db.execute("SELECT count(*) FROM jobs WHERE key = '' AND spec = '' AND background = 0")
            self._log = wal_of(self._path)
            local.db, local.log = db, file_identity(self._log)
        return local.db  # type: ignore[no-any-return]

    def _close_if_replaced(self) -> None:
        local = self._local
        if file_identity(self._path) != local.identity:
            self._close()
        elif reason := damage_of(self._path, local.log):
            set_aside(self._path, local.identity, reason, _make)
            self._close()

    def replace_if_broken(self, error: sqlite3.DatabaseError) -> bool:
        """Replaces the database file by a new one if *error* means that it is broken. Returns whether it did.

        The jobs in it are lost. Pages that wait for an export refresh, and queue the job again.
        """
        is_foreign = error.sqlite_errorcode == sqlite3.SQLITE_ERROR  # a database with other tables
        if not is_foreign and not is_broken(error) and not is_no_file(self._path):
            return False
        set_aside(self._path, getattr(self._local, "identity", ""), error, _make)
        self._close()
        return True

    def _close(self) -> None:
        db, self._local.db = getattr(self._local, "db", None), None
        with suppress(sqlite3.Error):
            if db is not None:
                db.close()


def _make(new: Path, _old: Path) -> None:
    with closing(open_database(new, timeout_seconds=10, mode="rwc")) as db:
        db.executescript(SCHEMA)


class _Transaction:
    """BEGIN IMMEDIATE … COMMIT: takes the write lock first, so that reading and writing are one atomic step."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> sqlite3.Connection:
        self._db.execute("BEGIN IMMEDIATE")
        return self._db

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._db.execute("COMMIT")
            return
        with suppress(sqlite3.Error):
            self._db.execute("ROLLBACK")
