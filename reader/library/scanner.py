"""The folder of articles: what lies in it, and what changed since the catalog last saw it."""

from __future__ import annotations

import hashlib
import logging
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from ..catalog import Ledger, open_ledger
from ..catalog.tokenizer import words_of
from ..editing import to_article
from ..errors import ReaderError, UnreadableArticle
from ..formats import FORMATS, read_draft
from ..media.renditions import place
from ..models import Article, Problem, fingerprint
from ..settings import ROOT, Settings

log = logging.getLogger(__name__)

SETTLED_SECONDS = 0.2
"""A file that was written to more recently than this may be half written, and is looked at again."""

_BATCH = 64
_POOL_FROM = 400
"""From so many files on, reading them is shared out to processes."""


@dataclass(frozen=True)
class Reading:
    """One file as it was found: its bytes' digest, and the article or the problem in it.

    ``words`` are what the article will be found by, worked out where there are more hands.
    """

    path: str
    stamp: str
    digest: str
    result: Article | Problem
    words: str = ""


Progress = Callable[[Iterable[Reading], int], Iterable[Reading]]
"""Shows how far reading has come: given the readings and how many there will be, it passes them on."""


@dataclass(frozen=True)
class Changes:
    """What one pass did. ``unsettled`` are files still being written, ``next_due`` is in UTC seconds."""

    read: int = 0
    gone: int = 0
    problems: tuple[Problem, ...] = ()
    unsettled: frozenset[str] = frozenset()
    next_due: int | None = None


class Library:
    """Reads ``settings.articles`` into ``settings.catalog``; never writes to the folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def sync(self, progress: Progress | None = None) -> Changes:
        """One pass over the whole folder: only what changed since the last one is read."""
        return self.refresh([""], progress)

    def refresh(self, names: Iterable[str], progress: Progress | None = None) -> Changes:
        """A pass over these files and folders (relative to the articles folder) only."""
        now = datetime.now(UTC)
        names = set(names)
        with open_ledger(self._settings.catalog, now) as ledger:
            self._mind_the_code(ledger)
            found = (file for name in names for file in scan(self._settings.articles, name))
            changed, gone = ledger.differences(names, found)
            unsettled = frozenset(path for path, stamp in changed.items() if _is_fresh(stamp, now.timestamp()))
            settled = {path: stamp for path, stamp in changed.items() if path not in unsettled}
            problems = self._put(ledger, settled, progress or _quietly)
            for path in gone:
                ledger.drop(path)
            problems += self._put(ledger, self._stamps(ledger.reread()), _quietly)
            ledger.release_due()
            return Changes(len(settled), len(gone), tuple(problems), unsettled, ledger.next_due())

    def _put(self, ledger: Ledger, stamps: dict[str, str], progress: Progress) -> list[Problem]:
        problems = []
        for reading in progress(read_files(self._settings, stamps), len(stamps)):
            problem = reading.result if isinstance(reading.result, Problem) else None
            if isinstance(reading.result, Problem):
                ledger.put_problem(reading.stamp, reading.digest, reading.result)
            else:
                problem = ledger.put(reading.path, reading.stamp, reading.digest, reading.result, reading.words)
            if problem:
                log.warning("%s", problem)
                problems.append(problem)
        return problems

    def _stamps(self, paths: Iterable[str]) -> dict[str, str]:
        return {path: stamp for name in paths for path, stamp in scan(self._settings.articles, name)}

    def _mind_the_code(self, ledger: Ledger) -> None:
        """Read all files again when the code or the settings that shape an article have changed."""
        shape = fingerprint(_code_shape(), str(self._settings.timezone), self._settings.language)
        if ledger.noted("shape") != shape:
            ledger.forget_stamps()
            ledger.note("shape", shape)


def scan(folder: Path, under: str = "") -> Iterator[tuple[str, str]]:
    """Every article file in or below *under*, as (path relative to *folder*, stamp)."""
    start = folder / under
    if not _is_hidden(PurePosixPath(under)) and start.is_dir():
        yield from _scan_folder(start, f"{under}/" if under else "")
    elif not _is_hidden(PurePosixPath(under)) and start.suffix.lower() in FORMATS:
        try:
            status = start.stat()
        except OSError:
            return
        if S_ISREG(status.st_mode):
            yield under, _stamp(status)


def _scan_folder(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            name = entry.name
            if name[0] in "._":
                continue
            try:
                if entry.is_dir():
                    yield from _scan_folder(Path(entry.path), f"{prefix}{name}/")
                elif PurePosixPath(name).suffix.lower() in FORMATS and entry.is_file():
                    yield prefix + name, _stamp(entry.stat())
            except FileNotFoundError:  # gone since the folder was listed
                continue


def read_files(settings: Settings, stamps: dict[str, str]) -> Iterator[Reading]:
    """Each file read, in the order given; many are shared out to one process a core."""
    if len(stamps) < _POOL_FROM:
        yield from map(partial(read_file, settings), stamps, stamps.values())
        return
    waiting: deque[Future[list[Reading]]] = deque()
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


def _read_batch(settings: Settings, files: list[tuple[str, str]]) -> list[Reading]:
    return [read_file(settings, path, stamp) for path, stamp in files]


def read_file(settings: Settings, path: str, stamp: str) -> Reading:
    """The article in *path* (relative to the articles folder), or the problem that explains why there is none."""
    try:
        raw = (settings.articles / path).read_bytes()
    except OSError as error:
        return Reading(path, stamp, "", Problem(path, 0, error.strerror or str(error), "make the file readable"))
    digest = hashlib.sha256(raw).hexdigest()
    try:
        draft = read_draft(PurePosixPath(path).suffix.lower(), raw)
        article = place(to_article(draft, PurePosixPath(path), settings), settings)
        return Reading(path, stamp, digest, article, words_of(article))
    except UnreadableArticle as error:
        return Reading(path, stamp, digest, Problem(path, error.line, error.cause, error.mend))
    except ReaderError as error:
        return Reading(path, stamp, digest, Problem(path, 0, str(error)))
    except Exception as error:  # a bug of ours must not take the other articles down with it
        log.exception("%s: bug while reading", path)
        return Reading(path, stamp, digest, Problem(path, 0, f"internal error: {error!r}", "please report it"))


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"


def _is_fresh(stamp: str, now: float) -> bool:
    return 0 <= now - int(stamp.split("-", 1)[0]) / 1e9 < SETTLED_SECONDS


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part[0] in "._" for part in path.parts)


def _quietly(readings: Iterable[Reading], _length: int) -> Iterable[Reading]:
    return readings


def _code_shape() -> str:
    folder = ROOT / "reader"
    names = ["chinese/*.py", "sanitizer/*.py", "editing/*.py", "formats/*.py", "models.py", "media/images.py"]
    files = sorted(p for name in names for p in folder.glob(name))
    return fingerprint(*(p.read_bytes() for p in files))
