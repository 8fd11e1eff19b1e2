"""Reading article files: a path and its stamp go in, the article or the problem in it comes out."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import PurePosixPath

from ..catalog.tokenizer import words_of
from ..editing import to_article
from ..errors import ReaderError, UnreadableArticle
from ..formats import read_draft
from ..i18n import Message
from ..media.renditions import link_pictures
from ..models import Article, Problem
from ..settings import Settings

log = logging.getLogger(__name__)

_BATCH = 64
_POOL_FROM = 400
"""From so many files on, reading them is shared out to processes."""


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


def read_files(settings: Settings, stamps: dict[str, str]) -> Iterator[FileResult]:
    """Each file read, in the order given; many are shared out to one process a core."""
    if len(stamps) < _POOL_FROM:
        yield from map(partial(read_file, settings), stamps, stamps.values())
        return
    waiting: deque[Future[list[FileResult]]] = deque()
    workers = os.cpu_count() or 2
    # Not by fork: the process may be a web server with many threads, whose locks a fork would copy as they are.
    with ProcessPoolExecutor(workers, get_context("forkserver")) as pool:
        for files in batched(stamps.items(), _BATCH):
            waiting.append(pool.submit(_read_batch, settings, files))
            if len(waiting) > 3 * workers:  # as much as keeps them busy, and no more: what was read lies in memory
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def batched(items: Iterable[tuple[str, str]], size: int) -> Iterator[list[tuple[str, str]]]:
    """*items* in lists of *size*, the last one shorter (itertools has it from Python 3.12 on)."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def _read_batch(settings: Settings, files: list[tuple[str, str]]) -> list[FileResult]:
    return [read_file(settings, path, stamp) for path, stamp in files]


def read_file(settings: Settings, path: str, stamp: str) -> FileResult:
    """The article in *path* (relative to the articles folder), or the problem that explains why there is none."""
    try:
        raw = (settings.articles / path).read_bytes()
    except OSError as error:
        return FileResult(
            path, stamp, "", Problem(path, 0, error.strerror or str(error), Message("make the file readable"))
        )
    digest = hashlib.sha256(raw).hexdigest()
    try:
        draft = read_draft(PurePosixPath(path).suffix.lower(), raw)
        article = link_pictures(to_article(draft, PurePosixPath(path), settings), settings)
        return FileResult(path, stamp, digest, article, words_of(article))
    except UnreadableArticle as error:
        return FileResult(path, stamp, digest, Problem(path, error.line, error.cause, error.hint))
    except ReaderError as error:
        return FileResult(path, stamp, digest, Problem(path, 0, error.message))
    except Exception as error:  # a bug of ours must not take the other articles down with it
        log.exception("%s: bug while reading", path)
        return FileResult(path, stamp, digest, Problem(path, 0, *_bug(error)))


def _bug(error: Exception) -> tuple[Message, Message]:
    return Message("internal error: %(error)s", error=repr(error)), Message("please report it")
