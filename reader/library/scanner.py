"""The folder of articles: what lies in it, and what changed since the catalog last saw it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from stat import S_ISREG

from ..catalog import CatalogTransaction, catalog_writer
from ..formats import FORMATS
from ..models import Problem, fingerprint
from ..settings import PACKAGE, Settings
from .reading import FileResult, read_files

log = logging.getLogger(__name__)

SETTLED_SECONDS = 0.2
"""A file that was written to more recently than this may be half written, and is looked at again."""

Progress = Callable[[Iterable[FileResult], int], Iterable[FileResult]]
"""Shows how far reading has come: given the readings and how many there will be, it passes them on."""


@dataclass(frozen=True)
class ScanResult:
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

    def scan_all(self, progress: Progress | None = None) -> ScanResult:
        """One pass over the whole folder: only what changed since the last one is read."""
        return self.scan_paths([""], progress)

    def scan_paths(self, names: Iterable[str], progress: Progress | None = None) -> ScanResult:
        """A pass over these files and folders (relative to the articles folder) only."""
        now = datetime.now(UTC)
        names = set(names)
        with catalog_writer(self._settings.catalog, now) as transaction:
            self._mind_the_code(transaction)
            found = (file for name in names for file in scan(self._settings.articles, name))
            changed, gone = transaction.differences(names, found)
            unsettled = frozenset(path for path, stamp in changed.items() if _is_fresh(stamp, now.timestamp()))
            settled = {path: stamp for path, stamp in changed.items() if path not in unsettled}
            problems = self._put(transaction, settled, progress or _quietly)
            for path in gone:
                transaction.drop(path)
            problems += self._put(transaction, self._stamps(transaction.reread()), _quietly)
            transaction.release_due()
            return ScanResult(len(settled), len(gone), tuple(problems), unsettled, transaction.next_due())

    def _put(self, transaction: CatalogTransaction, stamps: dict[str, str], progress: Progress) -> list[Problem]:
        problems = []
        for result_of_file in progress(read_files(self._settings, stamps), len(stamps)):
            problem = result_of_file.result if isinstance(result_of_file.result, Problem) else None
            if isinstance(result_of_file.result, Problem):
                transaction.put_problem(result_of_file.stamp, result_of_file.digest, result_of_file.result)
            else:
                problem = transaction.put(
                    result_of_file.path,
                    result_of_file.stamp,
                    result_of_file.digest,
                    result_of_file.result,
                    result_of_file.words,
                )
            if problem:
                log.warning("%s", problem)
                problems.append(problem)
        return problems

    def _stamps(self, paths: Iterable[str]) -> dict[str, str]:
        return {path: stamp for name in paths for path, stamp in scan(self._settings.articles, name)}

    def _mind_the_code(self, transaction: CatalogTransaction) -> None:
        """Read all files again when the code or the settings that shape an article have changed."""
        shape = fingerprint(_code_shape(), str(self._settings.timezone), self._settings.language)
        if transaction.get_meta("shape") != shape:
            transaction.forget_stamps()
            transaction.set_meta("shape", shape)


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


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_mtime_ns}-{status.st_size}-{status.st_ino}"


def _is_fresh(stamp: str, now: float) -> bool:
    return 0 <= now - int(stamp.split("-", 1)[0]) / 1e9 < SETTLED_SECONDS


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part[0] in "._" for part in path.parts)


def _quietly(results: Iterable[FileResult], _length: int) -> Iterable[FileResult]:
    return results


def _code_shape() -> str:
    names = ["chinese/*.py", "sanitizer/*.py", "editing/*.py", "formats/*.py", "models.py", "media/images.py"]
    files = sorted(p for name in names for p in PACKAGE.glob(name))
    return fingerprint(*(p.read_bytes() for p in files))
