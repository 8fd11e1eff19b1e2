"""What both queues of export jobs share: ``queue.JobQueue`` of one machine and ``shared_queue.SharedJobQueue`` of many.

One contract test (``tests/test_queue.py``) runs over both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Busy
from ..i18n import N_, Message

WAITING, WORKING, FAILED = "waiting", "working", "failed"
ARTICLE, LEAST_BOOK, PREFETCH = 0, 1, 9
"""``background`` is a job's priority, lowest first: 0 for articles, 1 to 8 for books by size, 9 for prefetching."""

ATTEMPTS = 4
"""How often a job is tried if its worker is killed by another program. A job that crashes its worker is not retried."""

INTERRUPTIONS = 4
"""This many attempts during which the whole pool was killed count as one, because the job is not the cause. The column
``attempts`` counts an attempt as INTERRUPTIONS, and such an attempt as 1."""

FORGET_FAILURE_SECONDS = 600.0
"""A failed key can be queued again after this time."""

PASSING_SECONDS = 10.0
"""The same for a temporary failure that the job did not cause, such as a full disk."""

MOST_FAILURES = 500
"""How many of the newest failed jobs are stored."""

INTERRUPTED = N_("interrupted: Reader was stopped")
"""The error of a job without attempts left."""


@dataclass(frozen=True)
class Job:
    """A claimed job. ``spec`` is the text that ``submit`` received."""

    key: str
    spec: str


@dataclass(frozen=True)
class JobStatus:
    """The state of a job: WAITING, WORKING or FAILED.

    ``position`` counts from 1 while the job waits, else it is 0. ``message`` is the error of a failed job, which can be
    queued again after ``retry_seconds``.
    """

    key: str
    state: str
    position: int = 0
    message: str = ""
    retry_seconds: float = 0.0


def background_of(chapters: int) -> int:
    """The ``background`` of a job with this number of chapters: 0 up to 3 chapters, plus 1 for each factor of 4."""
    return min(PREFETCH - 1, max(0, chapters.bit_length() - 1) // 2)


def check_room(background: int, limit: int, count: Callable[[int, int], int]) -> None:
    """Raises Busy if the queue is full, or for a book if books, which take long, fill a quarter of it.

    ``count(lowest, highest)`` is the number of waiting jobs with a ``background`` in this range.
    """
    if ARTICLE < background < PREFETCH and (books := count(LEAST_BOOK, PREFETCH - 1)) >= max(1, limit // 4):
        raise _full(books)
    if (waiting := count(ARTICLE, PREFETCH)) >= limit:
        raise _full(waiting)


def _full(count: int) -> Busy:
    return Busy(Message("the export queue is full (%(count)s waiting)", count=count), retry_seconds=30)
