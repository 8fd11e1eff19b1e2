"""Reads article files in child processes with limits, so that a file that takes too much time or memory does not affect
others.

One child process stays idle for the next change. Many files are read in batches, ahead of the caller that uses the
results, and very many are distributed over one child per CPU core.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import pickle
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache
from itertools import count, islice
from typing import Any

from ..catalog.search_terms import ArticleTerms
from ..child_process.parent import Limits
from ..child_process.pool import WarmChildren
from ..errors import ChildFailed
from ..i18n import Message, deserialize
from ..models import Article, Problem, fingerprint
from ..settings import PACKAGE, Settings
from .article_json import article_of
from .problem_log import MOST_LINES

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "reader.library.file_reader_child")
BATCHED_FROM = 64
"""From this number of files on, files are read in batches while the caller writes earlier results."""

PARALLEL_FROM = 150
"""From this number of files on, several children read in parallel. Starting a child takes as long as reading 70 to 300
files."""

RECYCLE_BYTES = 200_000_000
"""A child whose resident memory exceeds this is replaced."""

_WALL_TIME_FACTOR = 6
"""The wall time limit is this multiple of the CPU time limit, for a file on a slow disk. The time for which the child
waits for a processor of a busy machine is not counted; else an article would lose its pictures or become a problem."""

_BATCH_FILES = 32
_BATCH_BYTES = 500_000
"""A batch is full when the total size of its files reaches this."""
_QUEUED_BATCHES = 8
"""The number of queued batches per child: enough to read while a transaction is written, few enough to limit memory."""

_SETTINGS = {"time": "READER_READ_TIMEOUT_SECONDS", "memory": "READER_READ_MEMORY_MB"}
_children = WarmChildren(RECYCLE_BYTES, idle_seconds=10, keep=1)
"""One idle child stays. Those of other CPU cores stay for 10 s, for more files of a folder that is being copied."""

_CODE = ("chinese", "sanitizer", "article_building", "formats", "media", "models.py")
"""The code on which an article depends besides its file."""


@cache
def code_fingerprint() -> str:
    """A hash of the code that reads files. If it changes, all files are read again.

    It is computed at the first call. ``serve`` calls it when it loads the code: after an update, the old code reads
    files until the reload, and the new code must read them again.
    """
    paths = [PACKAGE / name for name in _CODE]
    files = sorted(file for path in paths for file in (path.rglob("*") if path.is_dir() else [path]))
    return fingerprint(*(file.read_bytes() for file in files if file.suffix in (".py", ".txt")))


@dataclass(frozen=True)
class FileResult:
    """The result of reading one file: the digest of its bytes, and its article or problem.

    ``may_pass`` is true for an error of the file system that may end without a change of the file.
    ``terms`` are the search terms of the article for the catalog.
    """

    path: str
    stamp: str
    digest: str
    result: Article | Problem
    terms: ArticleTerms | None = None
    may_pass: bool = False


class FileReader:
    """Reads files of ``settings.articles``. All readers in a process share the idle children.

    ::

        for result in FileReader(settings).read({"2018/rain.md": stamp}):
            print(result.path, result.result)  # an Article or a Problem
    """

    def __init__(self, settings: Settings) -> None:
        self._settings, self._failures, self._is_ended = settings, count(1), False
        self.limits = Limits(memory_mb=settings.read_memory_mb, cpu_seconds=settings.read_timeout_seconds)
        self._pickled = base64.b64encode(pickle.dumps(settings.without_secrets())).decode()

    def read(self, stamps: dict[str, str]) -> Iterator[FileResult]:
        """Yields the article or the problem of each file, in the order of *stamps* (path to stamp)."""
        if len(stamps) < BATCHED_FROM:
            yield from (self._read_file(path, stamp) for path, stamp in stamps.items())
            return
        workers = (os.cpu_count() or 2) if len(stamps) >= PARALLEL_FROM else 1
        with ThreadPoolExecutor(workers, thread_name_prefix="reading") as threads:
            batches, waiting = self._batched(stamps), deque[Future[list[FileResult]]]()
            waiting.extend(
                threads.submit(self._read_batch, batch) for batch in islice(batches, workers * _QUEUED_BATCHES)
            )
            try:
                while waiting:
                    yield from waiting.popleft().result()
                    waiting.extend(threads.submit(self._read_batch, batch) for batch in islice(batches, 1))
            finally:
                self._is_ended = True  # the remaining results are not needed
                for future in waiting:
                    future.cancel()

    def read_site(self, path: str) -> dict[str, Any]:
        """The result of ``site_reader.read_site``. Raises ChildFailed, or OSError if no child can be started."""
        answer: dict[str, Any] = json.loads(self._request({"site": path}))
        return answer

    def _request(self, request: dict[str, object]) -> str:
        """The answer of a child. A child that fails is ended. Raises ChildFailed, OSError."""
        child = _children.take(COMMAND, self.limits)
        try:
            line = json.dumps({"settings": self._pickled, **request})
            answer = child.request(line, self._settings.read_timeout_seconds * _WALL_TIME_FACTOR, extended=True)
        except BaseException:
            child.end()
            raise
        _children.give_back(child)
        return answer or ""

    def _batched(self, stamps: dict[str, str]) -> Iterator[dict[str, str]]:
        batch, size_bytes = dict[str, str](), 0
        for path, stamp in stamps.items():
            batch[path] = stamp
            size_bytes += self._size_bytes(path)
            if len(batch) >= _BATCH_FILES or size_bytes >= _BATCH_BYTES:
                yield batch
                batch, size_bytes = {}, 0
        if batch:
            yield batch

    def _size_bytes(self, path: str) -> int:
        """The size of a file; 0 if it is missing, which reading it reports."""
        try:
            return os.stat(f"{self._settings.articles}/{path}").st_size  # noqa: PTH116 (a Path costs as much as the call)
        except OSError:
            return 0

    def _read_batch(self, stamps: dict[str, str]) -> list[FileResult]:
        """Reads the files in one request; one by one if the child fails."""
        try:
            return self._read_in_child(stamps, pictures=True)
        except ChildFailed:
            return [self._read_file(path, stamp) for path, stamp in stamps.items() if not self._is_ended]

    def _read_file(self, path: str, stamp: str) -> FileResult:
        """Reads one file; if the child fails, again without pictures, so that an article with a bad picture is
        published."""
        try:
            return self._read_in_child({path: stamp}, pictures=True)[0]
        except ChildFailed as failed:
            if next(self._failures) <= MOST_LINES:
                how = "" if failed.killed else ", without pictures"
                log.warning("%s: %s; it is read again%s", path, failed, how)
            pictures = failed.killed
        try:
            return self._read_in_child({path: stamp}, pictures=pictures)[0]
        except ChildFailed as failed:
            return FileResult(path, stamp, "", Problem(path, 0, failed.message, _hint(failed)))

    def _read_in_child(self, stamps: dict[str, str], *, pictures: bool) -> list[FileResult]:
        """Reads *stamps* in one child. Raises ChildFailed, or OSError if no child can be started."""
        answer = self._request({"paths": list(stamps), "pictures": pictures})
        read = zip(stamps.items(), json.loads(answer or "[]"), strict=True)
        return [_result_of(fields, *file, self._settings.timezone) for file, fields in read]


def _hint(failed: ChildFailed) -> Message:
    if setting := _SETTINGS.get(failed.limit):
        return Message("make the file shorter or simpler, or raise %(setting)s", setting=setting)
    return Message("please report it")


def _result_of(answer: dict[str, Any], path: str, stamp: str, zone: tzinfo) -> FileResult:
    if problem := answer.get("problem"):
        return FileResult(path, stamp, answer["digest"], _problem_of(problem), may_pass=answer["may_pass"])
    terms = ArticleTerms(answer["words"], tuple(answer["keywords"]))
    return FileResult(path, stamp, answer["digest"], article_of(answer["article"], zone), terms)


def _problem_of(fields: dict[str, Any]) -> Problem:
    return Problem(**fields | {name: deserialize(fields[name]) for name in ("cause", "hint")})


def read_files(settings: Settings, stamps: dict[str, str]) -> Iterator[FileResult]:
    """Yields a result for each file, in the order of *stamps*. Raises OSError if no child process can be started."""
    return FileReader(settings).read(stamps)


def longest_seconds(settings: Settings) -> float:
    """The longest time to read one file, which is tried twice; without the time for which it waits for a processor."""
    return 2 * settings.read_timeout_seconds * _WALL_TIME_FACTOR


def warm_up(settings: Settings) -> None:
    """Starts an idle child, so that the next change is read without delay. Ignores errors; reading reports them."""
    with suppress(OSError):
        _children.start(COMMAND, FileReader(settings).limits)
