"""The folder of articles: what lies in it, and what changed since the catalog last saw it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from ..catalog import CatalogTransaction, Comparison, catalog_writer, compare, is_filled, is_filled_or_faulty
from ..i18n import stored
from ..models import Problem, fingerprint
from ..settings import PACKAGE, Settings
from .faults import (
    Fault,
    of_another_root,
    of_missing,
    store_fault,
    store_mounts,
    store_root,
    stored_fault,
    stored_mounts,
    stored_root,
    unreadable,
)
from .folder import Kind, Root, article_files, find_root, is_mounted, walk
from .reading import FileResult, read_files

log = logging.getLogger(__name__)

SETTLED_SECONDS = 0.2
"""A file that was written to more recently than this may be half written, and is looked at again."""

_FEW_FILES = 8
"""Up to so many files, each is shown as soon as it is read."""

_TRANSACTION_FILES = 500
"""More than so many articles are never written in one transaction: about half a second."""

VANISHED_FOLDER_FACTOR = 6
"""So many times longer may a file be missing whose folder is missing too: folders are moved and mounted by hand."""


Progress = Callable[[Iterable[FileResult], int], Iterable[FileResult]]
"""Shows how far reading has come: given the readings and how many there will be, it passes them on."""


@dataclass(frozen=True)
class ScanResult:
    """What one pass did. ``unsettled`` are files still being written.

    ``next_due`` is when there is more to do by the clock (UTC seconds): an article's time comes, or the removal of a
    missing file. ``fault`` says why the folder was not followed; ``removal_due`` is the next removal that waits.
    """

    read: int = 0
    gone: int = 0
    problems: tuple[Problem, ...] = ()
    unsettled: frozenset[str] = frozenset()
    next_due: float | None = None
    removal_due: float | None = None
    fault: str = ""


class Library:
    """Reads ``settings.articles`` into ``settings.catalog``; never writes to the folder.

    Files are read outside any transaction; what was read is written in short ones, so that exports and starting
    processes never wait for a file.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._fault_kind, self._fault_began = "", 0.0  # monotonic: a clock that is set forward makes no fault old

    def is_filled(self) -> bool:
        """Whether the catalog holds a whole pass, so that pages can be answered from it at once."""
        return is_filled(self._settings.catalog)

    def is_answerable(self) -> bool:
        """Whether pages can be answered from the catalog: it holds a whole pass, or says why none is possible."""
        return is_filled_or_faulty(self._settings.catalog)

    def scan_all(self, progress: Progress | None = None) -> ScanResult:
        """One pass over the whole folder: only what changed since the last one is read."""
        return self.scan_paths([""], progress)

    def scan_paths(self, names: Iterable[str], progress: Progress | None = None) -> ScanResult:
        """A pass over these files and folders (relative to the articles folder) only."""
        return self._scan(set(names), progress or _quietly, is_confirmed=False)

    def accept_removals(self, progress: Progress | None = None) -> ScanResult:
        """One pass over the whole folder, after which everything that is missing is removed: an operator says so."""
        return self._scan({""}, progress or _quietly, is_confirmed=True)

    def scan_until_settled(self, progress: Progress | None = None) -> ScanResult:
        """Passes until no file is being written and no removal waits for its time, for a command that runs once."""
        result = self.scan_all(progress)
        while not result.fault and (result.unsettled or result.removal_due):
            waits = (result.removal_due or 0) - time.time()
            time.sleep(max(SETTLED_SECONDS, waits))
            result = self.scan_all()
        return result

    def left_out(self) -> list[Problem]:
        """Names that are not read on purpose, and why; empty while the folder cannot be read."""
        try:
            entries = walk(find_root(self._settings.articles))
            return sorted((e.problem for e in entries if e.kind is Kind.LEFT_OUT), key=lambda problem: problem.path)
        except OSError:
            return []

    def _scan(self, names: set[str], progress: Progress, is_confirmed: bool) -> ScanResult:
        now = time.time()
        with self._writer() as transaction:
            self._mind_the_code(transaction)
            before, last_fault = stored_root(transaction), stored_fault(transaction)
        try:
            root = find_root(self._settings.articles)
            names = names if root == before else {""}
            comparison, mounts = self._compare(root, names)
        except OSError as error:
            return self._refuse(unreadable(error, self._settings.articles))
        if before and before != root:
            with self._writer() as transaction:
                lost = transaction.unfound(comparison.missing, comparison.changed.values())
                known = transaction.count_published()
            fault = of_another_root(before, root, comparison.is_empty, lost, known)
            if fault and not (is_confirmed or self._is_believed(fault)):
                return self._refuse(fault)
            is_confirmed = is_confirmed or fault is not None
        self._note_missing(root, before, comparison, now)
        problems, unsettled = self._read_and_put(root, comparison.changed, progress, now)
        problems += [problem for _, problem in comparison.problems]
        result = self._remove_overdue(root, last_fault, is_confirmed, now)
        if names == {""}:
            self._finish_full_pass(mounts, len(comparison.changed), result.fault)
        settled = len(comparison.changed) - len(unsettled)
        return replace(result, read=settled, problems=(*problems, *result.problems), unsettled=frozenset(unsettled))

    def _compare(self, root: Root, names: set[str]) -> tuple[Comparison, list[str]]:
        """What changed, and the sub-folders on file systems of their own. Raises OSError."""
        mounts: list[str] = []

        def found() -> Iterator[tuple[str, str, str, str]]:
            for entry in (entry for name in names for entry in walk(root, name)):
                if entry.kind in (Kind.FILE, Kind.PROBLEM):
                    yield entry.path, entry.stamp, stored(entry.cause), stored(entry.hint)
                elif entry.kind is Kind.FOLDER and not _is_below(entry.path, mounts) and is_mounted(root, entry):
                    mounts.append(entry.path)

        return compare(self._settings.catalog, names, found()), mounts

    def _refuse(self, fault: Fault) -> ScanResult:
        """Nothing is taken from the folder: the last good state stays up."""
        with self._writer() as transaction:
            self._log_and_store(transaction, fault)
            transaction.release_due()
            due = _earliest(transaction.next_due(), self._believed_at(fault))
        return ScanResult(next_due=due, fault=fault.reason)

    def _is_believed(self, fault: Fault) -> bool:
        """Whether it has stayed so for long enough to be meant, while this process looked on."""
        return fault.can_be_meant and self._seconds_left(fault) <= 0

    def _believed_at(self, fault: Fault) -> float | None:
        """UTC seconds."""
        return time.time() + self._seconds_left(fault) if fault.can_be_meant else None

    def _seconds_left(self, fault: Fault) -> float:
        lasted = time.monotonic() - self._fault_began if fault.kind == self._fault_kind else 0.0
        return self._settings.accept_removals_seconds - lasted

    def _log_and_store(self, transaction: CatalogTransaction, fault: Fault) -> None:
        """One line in the log when it begins."""
        if self._fault_kind != fault.kind:
            log.error("%s; the last good state stays up; %s", fault.reason, fault.hint)
            self._fault_kind, self._fault_began = fault.kind, time.monotonic()
        store_fault(transaction, fault)

    def _note_missing(self, root: Root, before: Root | None, comparison: Comparison, now: float) -> None:
        """Mark what was not found, before anything is read: a file that moved is then known by its bytes or name."""
        grace = self._settings.removal_grace_seconds
        is_switched = before is not None and before.path != root.path
        with self._writer() as transaction:
            store_root(transaction, root)
            if is_switched:
                transaction.set_meta("switch_due", repr(now + grace))
            for path in comparison.missing:
                waits = grace if is_switched or _has_folder(root, path) else grace * VANISHED_FOLDER_FACTOR
                transaction.mark_missing([path], now + waits)
            transaction.mark_found(comparison.returned)
            for stamp, problem in comparison.problems:
                log.warning("%s", problem)
                transaction.put_problem(stamp, "", problem)

    def _read_and_put(
        self, root: Root, changed: dict[str, str], progress: Progress, now: float
    ) -> tuple[list[Problem], set[str]]:
        """(problems, files that are still being written)"""
        unsettled = {path for path, stamp in changed.items() if _is_fresh(stamp, now)}
        stamps = {path: stamp for path, stamp in changed.items() if path not in unsettled}
        problems: list[Problem] = []
        results = progress(read_files(self._settings_of(root), stamps), len(stamps))
        for batch in _batched(results, 1 if len(stamps) <= _FEW_FILES else _TRANSACTION_FILES):
            with self._writer() as transaction:
                for result in batch:
                    if _stamp_now(root, result.path) == result.stamp:
                        problems += _put(transaction, result)
                    else:
                        unsettled.add(result.path)
        return problems, unsettled

    def _remove_overdue(self, root: Root, last_fault: Fault | None, is_confirmed: bool, now: float) -> ScanResult:
        """Take down what has been missing for long enough, unless so much is missing that the folder is at fault."""
        with self._writer() as transaction:
            missing = transaction.missing_articles(float(transaction.get_meta("switch_due") or 0))
            known, mounts = transaction.count_published(), stored_mounts(transaction)
            fault = None if is_confirmed else of_missing(root, mounts, missing, known)
            if fault and self._is_believed(fault):
                fault, is_confirmed = None, True
            if fault:
                self._log_and_store(transaction, fault)
            elif last_fault or self._fault_kind:
                store_fault(transaction, None)
                log.warning("%s can be followed again", root.path)
                self._fault_kind = ""
            overdue = [] if fault else transaction.overdue(float("inf") if is_confirmed else now)
            claimants = transaction.claimants(overdue)
        return self._drop_and_release(root, overdue, claimants, fault)

    def _drop_and_release(
        self, root: Root, overdue: list[str], claimants: list[str], fault: Fault | None
    ) -> ScanResult:
        """In one transaction, so that a name that passes to another file is never without an article."""
        there = [path for path in overdue if _is_there(root, path)]
        gone = [path for path in overdue if path not in there]
        claims = list(read_files(self._settings_of(root), self._stamps(root, claimants)))
        problems: list[Problem] = []
        with self._writer() as transaction:
            transaction.mark_found(there)
            for path in gone:
                transaction.drop(path)
            for result in claims:
                problems += _put(transaction, result)
            transaction.release_due()
            freed = transaction.reread()
        problems += self._read_and_put(root, self._stamps(root, freed), _quietly, 0)[0] if freed else []
        with self._writer() as transaction:
            removal = None if fault else transaction.next_removal()
            accepted = self._believed_at(fault) if fault else None
            due = _earliest(transaction.next_due(), removal, accepted)
        return ScanResult(0, len(gone), tuple(problems), frozenset(), due, removal, fault.reason if fault else "")

    def _finish_full_pass(self, mounts: list[str], read: int, fault: str) -> None:
        with self._writer() as transaction:
            if not fault and mounts != stored_mounts(transaction):
                store_mounts(transaction, mounts)
            if transaction.get_meta("filled") != "1":
                transaction.set_meta("filled", "1")
            if transaction.get_meta("rebuilding"):
                transaction.finish_rebuilding()
            if read > _TRANSACTION_FILES:
                transaction.merge_index()

    def _stamps(self, root: Root, paths: Iterable[str]) -> dict[str, str]:
        return {entry.path: entry.stamp for name in paths for entry in article_files(root, name)}

    def _settings_of(self, root: Root) -> Settings:
        """Of this pass: a link that is switched meanwhile does not mix two folders."""
        return replace(self._settings, articles=Path(root.path))

    def _writer(self) -> AbstractContextManager[CatalogTransaction]:
        return catalog_writer(self._settings.catalog, datetime.now(UTC))

    def _mind_the_code(self, transaction: CatalogTransaction) -> None:
        """Read all files again when the code or the settings that shape an article have changed."""
        shape = fingerprint(_code_shape(), str(self._settings.timezone), self._settings.language)
        if transaction.get_meta("shape") != shape:
            transaction.forget_stamps()
            transaction.set_meta("shape", shape)


def _put(transaction: CatalogTransaction, found: FileResult) -> list[Problem]:
    """The problem with it, if any, is logged."""
    if isinstance(found.result, Problem):
        problem: Problem | None = found.result
        transaction.put_problem(found.stamp, found.digest, found.result)
    else:
        problem = transaction.put(found.path, found.stamp, found.digest, found.result, found.words)
    if problem is None:
        return []
    log.warning("%s", problem)
    return [problem]


def _stamp_now(root: Root, path: str) -> str:
    """Empty if the file is gone."""
    return next((entry.stamp for entry in article_files(root, path)), "")


def _is_there(root: Root, path: str) -> bool:
    """Whether the walk has something to say of *path*: it may have come back since this pass began."""
    return any(entry.path == path and entry.kind in (Kind.FILE, Kind.PROBLEM) for entry in walk(root, path))


def _has_folder(root: Root, path: str) -> bool:
    return Path(root.path, path).parent.is_dir()


def _is_below(path: str, folders: list[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def _earliest(*moments: float | None) -> float | None:
    return min((moment for moment in moments if moment is not None), default=None)


def _is_fresh(stamp: str, now: float) -> bool:
    return 0 <= now - int(stamp.split("-", 1)[0]) / 1e9 < SETTLED_SECONDS


def _batched(results: Iterable[FileResult], size: int) -> Iterator[list[FileResult]]:
    rest = iter(results)
    while batch := list(islice(rest, size)):
        yield batch


def _quietly(results: Iterable[FileResult], _length: int) -> Iterable[FileResult]:
    return results


def _code_shape() -> str:
    names = ["chinese/*.py", "sanitizer/*.py", "editing/*.py", "formats/*.py", "models.py", "media/images.py"]
    files = sorted(p for name in names for p in PACKAGE.glob(name))
    return fingerprint(*(p.read_bytes() for p in files))
