"""Article files, read in child processes with limits: what a file costs or breaks is that file's problem alone.

Stamps in, results out. A child stays warm for the next change; many files are shared out to one child a core.
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
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import tzinfo
from itertools import islice
from typing import Any

from ..child_process.parent import Limits
from ..child_process.warm import WarmChildren
from ..errors import ChildFailed
from ..i18n import Message, restored
from ..models import Article, Problem
from ..settings import Settings
from .article_json import article_of

log = logging.getLogger(__name__)

COMMAND = (sys.executable, "-m", "reader.library.reading_program")
SHARED_FROM = 400
"""From so many files on, more than one child reads them."""

RECYCLE_BYTES = 200_000_000
"""A child that has grown beyond this makes room for a fresh one."""

_PATIENCE = 6
"""Wall time is this many times the processor time a file may take: a busy machine is not the file's fault."""

_BATCH = 32
_AHEAD = 3
"""So many batches a child are under way before their results are taken: it is kept busy, and memory is bounded."""

_SETTINGS = {"time": "READER_READ_TIMEOUT_SECONDS", "memory": "READER_READ_MEMORY_MB"}
_children = WarmChildren(RECYCLE_BYTES)


@dataclass(frozen=True)
class FileResult:
    """One file as it was found: its bytes' digest, and the article or the problem in it.

    ``words`` are what the article will be found by, worked out where there are more hands.
    """

    path: str
    stamp: str
    digest: str
    result: Article | Problem
    words: str = ""


class FileReader:
    """Reads files of ``settings.articles``. Children are shared by all readers of a process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.limits = Limits(memory_mb=settings.read_memory_mb, cpu_seconds=settings.read_timeout_seconds)
        self._pickled = base64.b64encode(pickle.dumps(settings)).decode()

    def read(self, stamps: dict[str, str]) -> Iterator[FileResult]:
        """The article in each file, or the problem that explains why there is none; in the order given."""
        if len(stamps) < SHARED_FROM:
            yield from (self._read_file(path, stamp) for path, stamp in stamps.items())
            return
        workers = os.cpu_count() or 2
        with ThreadPoolExecutor(workers, thread_name_prefix="reading") as threads, _ending_idle_children():
            rest, waiting = _batched(stamps), deque[Future[list[FileResult]]]()
            waiting.extend(threads.submit(self._read_batch, batch) for batch in islice(rest, workers * _AHEAD))
            while waiting:
                yield from waiting.popleft().result()
                waiting.extend(threads.submit(self._read_batch, batch) for batch in islice(rest, 1))

    def _read_batch(self, stamps: dict[str, str]) -> list[FileResult]:
        """One by one, if a child ends over them."""
        try:
            return self._ask(stamps, pictures=True)
        except ChildFailed:
            return [self._read_file(path, stamp) for path, stamp in stamps.items()]

    def _read_file(self, path: str, stamp: str) -> FileResult:
        """Once more without its pictures if a child ends over it: a bad picture never costs the article."""
        try:
            return self._ask({path: stamp}, pictures=True)[0]
        except ChildFailed as failed:
            log.warning("%s: %s; it is read once more%s", path, failed, "" if failed.killed else ", without pictures")
            pictures = failed.killed
        try:
            return self._ask({path: stamp}, pictures=pictures)[0]
        except ChildFailed as failed:
            return FileResult(path, stamp, "", Problem(path, 0, failed.message, _hint(failed)))

    def _ask(self, stamps: dict[str, str], *, pictures: bool) -> list[FileResult]:
        """Raises ChildFailed, or OSError when no child can be started."""
        order = json.dumps({"settings": self._pickled, "paths": list(stamps), "pictures": pictures})
        child = _children.take(COMMAND, self.limits)
        try:
            answer = child.ask(order, self._settings.read_timeout_seconds * _PATIENCE)
        except BaseException:
            child.end()
            raise
        _children.give_back(child)
        read = zip(stamps.items(), json.loads(answer or "[]"), strict=True)
        return [_result_of(found, *file, self._settings.timezone) for file, found in read]


def _hint(failed: ChildFailed) -> Message:
    if setting := _SETTINGS.get(failed.limit):
        return Message("make the file shorter or simpler, or raise %(setting)s", setting=setting)
    return Message("please report it")


def _batched(stamps: dict[str, str]) -> Iterator[dict[str, str]]:
    rest = iter(stamps.items())
    while batch := dict(islice(rest, _BATCH)):
        yield batch


def _result_of(answer: dict[str, Any], path: str, stamp: str, zone: tzinfo) -> FileResult:
    if problem := answer.get("problem"):
        return FileResult(path, stamp, answer["digest"], _problem_of(problem))
    return FileResult(path, stamp, answer["digest"], article_of(answer["article"], zone), answer["words"])


def _problem_of(fields: dict[str, Any]) -> Problem:
    return Problem(**fields | {name: restored(fields[name]) for name in ("cause", "hint")})


def read_files(settings: Settings, stamps: dict[str, str]) -> Iterator[FileResult]:
    """Each file read, in the order given. Raises OSError when no child process can be started."""
    return FileReader(settings).read(stamps)


def warm_up(settings: Settings) -> None:
    """Starts a child now, so that the next change need not wait for one. Raises OSError if none can be started."""
    limits = FileReader(settings).limits
    _children.give_back(_children.take(COMMAND, limits))


@contextmanager
def _ending_idle_children() -> Iterator[None]:
    try:
        yield
    finally:
        _children.end_idle(keep=1)
