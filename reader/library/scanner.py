"""Scans the articles folder and writes changed articles to the catalog."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from ..catalog import CatalogTransaction, CatalogWriter, Comparison, compare, is_filled, is_filled_or_faulty
from ..i18n import serialize
from ..models import Problem, fingerprint
from ..settings import Settings
from ..site_identity import FOLDER
from .directory_walk import EntryKind, Root, article_files, find_root, may_be_readable_later, walk, without_ctime
from .file_reader_pool import FileResult, code_fingerprint, longest_seconds, warm_up
from .file_state import SETTLED_SECONDS, fresh_among, has_folder, is_same_content, is_there
from .first_scan import FirstScan
from .folder_faults import (
    Fault,
    of_another_root,
    of_missing,
    store_fault,
    store_mounts,
    store_root,
    stored_fault,
    stored_mounts,
    stored_root,
    too_few,
    unreadable,
)
from .git_dates import read_dated_files
from .heartbeat import ALLOWED_SECONDS
from .history_sync import HistorySync
from .index_lag import IndexLag
from .mounts import is_below, is_mounted
from .problem_log import ProblemLog
from .read_batches import batched, until_slow
from .scan_result import ScanResult, earliest
from .site_folder import SiteFolder, site_folder
from .touched_files import TouchedFiles

log = logging.getLogger(__name__)
_FEW_FILES = 8
"""Up to this number of changed files, each is written in its own transaction and published immediately."""

_TRANSACTION_FILES = 500
"""The maximum number of articles per transaction, about half a second of work."""

MERGE_SECONDS = 600.0
"""The longest time to merge the full-text index of a very large library."""

VANISHED_FOLDER_FACTOR = 3
"""Factor for the grace period if the file's folder is missing too: people move and mount folders by hand."""

Progress = Callable[[Iterable[FileResult], int], Iterable[FileResult]]
"""Displays progress: receives the results and their number, and yields the results unchanged."""


class Library:
    """Scans ``settings.articles`` into ``settings.catalog``. Never writes to the articles folder.

    Files are read outside of transactions and written in short ones, so that other processes wait only briefly for the
    write lock::

        library = Library(Settings.from_environ())
        result = library.scan_all()
        print(result.read, "files read,", result.gone, "removed,", len(result.problems), "problems")
        library.scan_paths(["2018/rain.md"])  # after a change report
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._problem_log, self._touched, self._first_scan = ProblemLog(log), TouchedFiles(), FirstScan()
        self._site_folder, self._history = SiteFolder(settings, self._writer, self._problem_log), HistorySync(settings)
        self._catalog = CatalogWriter(settings.catalog, self._history.record)
        self.lag = IndexLag()
        self.beat: Callable[[float], None] = lambda _: None
        """A callback before each step, with the longest time of the step in seconds; see ``heartbeat.py``."""
        self.postpones_slow_files, self._late = False, set[str]()
        """Whether a slow scan leaves files to the next one: for a process that scans repeatedly."""
        self._fault_kind, self._fault_began = "", 0.0  # monotonic time: setting the clock forward accepts no removals

    def is_filled(self) -> bool:
        """Whether a full scan has been written to the catalog, so that pages can be served from it."""
        return is_filled(self._settings.catalog)

    def is_answerable(self) -> bool:
        """Whether the catalog has the result of a full scan, or the fault that prevents one."""
        return is_filled_or_faulty(self._settings.catalog)

    def scan_all(self, progress: Progress | None = None) -> ScanResult:
        """Scans the whole folder. Only files that changed since the last scan are read."""
        return self.scan_paths([""], progress)

    def scan_paths(self, names: Iterable[str], progress: Progress | None = None) -> ScanResult:
        """Scans only these files and folders (paths relative to the articles folder)."""
        return self._scan(set(names), progress or _without_progress, is_confirmed=False)

    def accept_removals(self, progress: Progress | None = None) -> ScanResult:
        """Scans the whole folder and removes all missing articles immediately, as confirmed by the operator."""
        return self._scan({""}, progress or _without_progress, is_confirmed=True)

    def scan_until_settled(self, progress: Progress | None = None) -> ScanResult:
        """Scans repeatedly until no file is being written and no removal is pending. For commands that run once."""
        result = self.scan_all(progress)
        while not result.fault and (result.unsettled or result.removal_due):
            waits = (result.removal_due or 0) - time.time()
            time.sleep(max(SETTLED_SECONDS, waits))
            result = self.scan_all()
        return result

    def left_out(self) -> list[Problem]:
        """The names that are skipped deliberately, with the reason, by path; empty if the folder cannot be read."""
        try:
            root = find_root(self._settings.articles)
            read = FOLDER if site_folder(root) else None
            left_out = (e.problem for e in walk(root) if e.kind is EntryKind.LEFT_OUT and e.path != read)
            return sorted(left_out, key=lambda problem: problem.path)
        except OSError:
            return []

    def _scan(self, names: set[str], progress: Progress, is_confirmed: bool) -> ScanResult:
        with closing(self._catalog), closing(self._problem_log):
            return self._pass(names, progress, is_confirmed)

    def _pass(self, names: set[str], progress: Progress, is_confirmed: bool) -> ScanResult:
        now = time.time()
        with self._writer() as transaction:
            self._forget_stamps_of_other_code(transaction)
            names = {""} if (filling := self._first_scan.begin(transaction)) else names
            if filling:
                warm_up(self._settings)  # the child starts while the history is exchanged and the folder is walked
            self._history.begin(transaction)
            before, last_fault = stored_root(transaction), stored_fault(transaction)
            site_files, read_before = transaction.site_rows.read_files(), transaction.count_published()
        try:
            root = find_root(self._settings.articles)
            names = names if root == before else {""}
            comparison, mounts = self._compare(root, names)
        except OSError as error:
            return self._refuse(unreadable(error, self._settings.articles))
        found_files = read_before + len(comparison.changed) - len(comparison.known)
        if filling and found_files < self._settings.least_articles:
            return self._refuse(too_few(root, found_files, self._settings.least_articles))
        if before and before != root:
            with self._writer() as transaction:
                found = set(map(without_ctime, comparison.changed.values()))
                stamps = transaction.published_stamps(comparison.missing)
                lost = sum(without_ctime(stamp) not in found for stamp in stamps)
                known = transaction.count_published()
            fault = of_another_root(before, root, comparison.is_empty, lost, known)
            if fault and not (is_confirmed or self._is_accepted(fault)):
                return self._refuse(fault)
            is_confirmed = is_confirmed or fault is not None
        site = self._site_folder.scan(root, site_files, self.beat)
        self._mark_missing(root, before, comparison, now)
        changed = self._touched.to_read(comparison, reported=names != {""})
        problems, unsettled, digests = self._read_and_put(root, changed, progress, fresh_among(changed, time.time()))
        self._touched.were_read(comparison, digests)
        self.lag.were_seen(changed[path] for path in digests)
        problems += [problem for _, problem in comparison.problems]
        result = self._remove_overdue(root, last_fault, is_confirmed, now)
        if names == {""}:
            with self._writer() as transaction:
                self._first_scan.end(transaction, filling, unsettled)
                self._history.end_full_pass(transaction, unsettled)
            self._finish_full_pass(mounts, len(changed), result.fault)
        read, problems = len(changed) - len(unsettled), [*problems, *result.problems]
        return site.added_to(replace(result, read=read, problems=tuple(problems), unsettled=frozenset(unsettled)))

    def _compare(self, root: Root, names: set[str]) -> tuple[Comparison, list[str]]:
        """Compares the folder with the catalog. Returns the changes and the mount points. Raises OSError."""
        mounts: list[str] = []

        def entries() -> Iterator[tuple[str, str, str, str]]:
            for entry in (entry for name in names for entry in walk(root, name)):
                self.beat(ALLOWED_SECONDS)
                if entry.kind in (EntryKind.FILE, EntryKind.PROBLEM):
                    yield entry.path, entry.stamp, serialize(entry.cause), serialize(entry.hint)
                elif entry.kind is EntryKind.FOLDER and not is_below(entry.path, mounts) and is_mounted(root, entry):
                    mounts.append(entry.path)

        return compare(self._settings.catalog, names, entries()), mounts

    def _refuse(self, fault: Fault) -> ScanResult:
        """Stores the fault and changes no articles."""
        self._history.complete(self._writer)
        with self._writer() as transaction:
            self._log_and_store(transaction, fault)
            transaction.release_due()
            due = earliest(transaction.next_due(), self._accepted_at(fault))
        return ScanResult(next_due=due, fault=fault.reason)

    def _is_accepted(self, fault: Fault) -> bool:
        """Whether this process has seen the fault for READER_ACCEPT_REMOVALS_SECONDS."""
        return fault.can_be_accepted and self._seconds_left(fault) <= 0

    def _accepted_at(self, fault: Fault) -> float | None:
        """The time when the removals will be accepted, in UTC seconds; None for never."""
        return time.time() + self._seconds_left(fault) if fault.can_be_accepted else None

    def _seconds_left(self, fault: Fault) -> float:
        lasted = time.monotonic() - self._fault_began if fault.kind == self._fault_kind else 0.0
        return self._settings.accept_removals_seconds - lasted

    def _log_and_store(self, transaction: CatalogTransaction, fault: Fault) -> None:
        """Logs a new fault once, and stores it in the catalog."""
        if self._fault_kind != fault.kind:
            log.error("%s; the last good state stays up; %s", fault.reason, fault.hint)
            self._fault_kind, self._fault_began = fault.kind, time.monotonic()
        store_fault(transaction, fault)

    def _mark_missing(self, root: Root, before: Root | None, comparison: Comparison, now: float) -> None:
        """Marks missing files before the changed ones are read, so that a moved file keeps its article's slug."""
        grace = self._settings.removal_grace_seconds
        is_switched = before is not None and before.path != root.path
        with self._writer() as transaction:
            store_root(transaction, root)
            if is_switched:
                transaction.set_meta("switch_due", repr(now + grace))
            for path in comparison.missing:
                waits = grace if is_switched or has_folder(root, path) else grace * VANISHED_FOLDER_FACTOR
                transaction.mark_missing([path], now + waits)
            transaction.mark_found(comparison.returned)
            for stamp, problem in comparison.problems:
                if transaction.put_problem(stamp, "", problem):
                    self._problem_log.add(problem)

    def _read_and_put(
        self, root: Root, changed: dict[str, str], progress: Progress, unsettled: set[str]
    ) -> tuple[list[Problem], set[str], dict[str, str]]:
        """Reads *changed* (path to stamp) and writes the results. Returns (problems, files for the next scan including
        the *unsettled*, digests of the files that were read)."""
        late_last = sorted(changed, key=self._late.__contains__)
        stamps = {path: changed[path] for path in late_last if path not in unsettled}
        problems, digests = list[Problem](), dict[str, str]()
        results = self._beating(progress(read_dated_files(self._settings_of(root), stamps), len(stamps)))
        results = until_slow(results) if self.postpones_slow_files and self.is_filled() else results
        self._late = set(stamps)  # the files that remain are read last in the next scan
        for batch in batched(results, 1 if len(stamps) <= _FEW_FILES else _TRANSACTION_FILES):
            self._history.complete(self._writer)
            with self._writer() as transaction:
                for result in batch:
                    self._late.discard(result.path)
                    if is_same_content(root, result.path, result.stamp):
                        problems += self._put(transaction, result)
                        digests[result.path] = result.digest
                    else:
                        unsettled.add(result.path)
        self._history.complete(self._writer)  # also if nothing was read
        return problems, unsettled | self._late, digests

    def _put(self, transaction: CatalogTransaction, read: FileResult) -> list[Problem]:
        """Writes one result. Returns a list with its problem, if any, and logs the problem if it is new."""
        if isinstance(read.result, Problem):
            stamp = may_be_readable_later(read.stamp) if read.may_pass else read.stamp
            problem, is_new = read.result, transaction.put_problem(stamp, read.digest, read.result)
        else:
            conflict = transaction.put(read.path, read.stamp, read.digest, read.result, read.terms)
            if conflict is None:
                return []
            problem, is_new = conflict, True
        if is_new:
            self._problem_log.add(problem)
        return [problem]

    def _beating(self, results: Iterable[FileResult]) -> Iterator[FileResult]:
        """Yields *results* with a heartbeat for each, which may take as long as the limits of reading allow."""
        longest = ALLOWED_SECONDS + longest_seconds(self._settings)
        self.beat(longest)
        for result in results:
            yield result
            self.beat(longest)
        self.beat(ALLOWED_SECONDS)

    def _remove_overdue(self, root: Root, last_fault: Fault | None, is_confirmed: bool, now: float) -> ScanResult:
        """Removes articles whose grace period has ended, unless the folder has a fault."""
        with self._writer() as transaction:
            missing = transaction.missing_articles(float(transaction.get_meta("switch_due") or 0))
            known, mounts = transaction.count_published(), stored_mounts(transaction)
            fault = None if is_confirmed else of_missing(root, mounts, missing, known)
            if fault and self._is_accepted(fault):
                fault, is_confirmed = None, True
            if fault:
                self._log_and_store(transaction, fault)
            elif last_fault or self._fault_kind:
                store_fault(transaction, None)
                log.warning("%s can be followed again", root.path)
                self._fault_kind = ""
            longest = self._settings.removal_grace_seconds * VANISHED_FOLDER_FACTOR
            overdue = [] if fault else transaction.overdue(float("inf") if is_confirmed else now, longest)
            claimants = transaction.claimants(overdue)
        return self._drop_and_release(root, overdue, claimants, fault)

    def _drop_and_release(
        self, root: Root, overdue: list[str], claimants: list[str], fault: Fault | None
    ) -> ScanResult:
        """Removes articles and publishes files that need their slugs, in one transaction: no slug lacks its article."""
        present = [path for path in overdue if is_there(root, path)]
        gone = [path for path in overdue if path not in present]
        claims = list(read_dated_files(self._settings_of(root), self._stamps(root, claimants)))
        problems: list[Problem] = []
        with self._writer() as transaction:
            transaction.mark_found(present)
            for path in gone:
                transaction.drop(path)
            for result in claims:
                problems += self._put(transaction, result)
            transaction.release_due()
            freed = transaction.reread()
        problems += self._read_and_put(root, self._stamps(root, freed), _without_progress, set())[0] if freed else []
        with self._writer() as transaction:
            removal = None if fault else transaction.next_removal()
            accepted = self._accepted_at(fault) if fault else None
            due = earliest(transaction.next_due(), removal, accepted)
        return ScanResult(0, len(gone), tuple(problems), frozenset(), due, removal, fault.reason if fault else "")

    def _finish_full_pass(self, mounts: list[str], read: int, fault: str) -> None:
        with self._writer() as transaction:
            if not fault and mounts != stored_mounts(transaction):
                store_mounts(transaction, mounts)
        if read > _TRANSACTION_FILES:
            self.beat(MERGE_SECONDS)
            with self._writer() as transaction:  # another transaction: pages are served meanwhile
                transaction.merge_index()

    def _stamps(self, root: Root, paths: Iterable[str]) -> dict[str, str]:
        return {entry.path: entry.stamp for name in paths for entry in article_files(root, name)}

    def _settings_of(self, root: Root) -> Settings:
        """The settings with the resolved folder, so that a symbolic link switched during the scan has no effect."""
        return replace(self._settings, articles=Path(root.path))

    def _writer(self) -> AbstractContextManager[CatalogTransaction]:
        return self._catalog.transaction(datetime.now(UTC))

    def _forget_stamps_of_other_code(self, transaction: CatalogTransaction) -> None:
        """Marks all files as changed when the code or settings that affect articles have changed."""
        shape = fingerprint(code_fingerprint(), str(self._settings.timezone), self._settings.language)
        if transaction.get_meta("shape") != shape:
            transaction.forget_stamps()
            transaction.set_meta("shape", shape)


def _without_progress(results: Iterable[FileResult], _length: int) -> Iterable[FileResult]:
    return results
