"""Watches the articles folder and updates the catalog. A lock file elects the one process that does this."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path, PurePath

from watchfiles import watch
from watchfiles._rust_notify import WatchfilesRustInternalError

from ..catalog import Catalog, is_of_other_version, take_back
from ..settings import Settings
from ..storage.locks import FileLock, file_lock
from ..storage.sqlite import file_identity
from .catalog_settings import write_served
from .directory_walk import Root, find_root, watched_folders
from .draft_folders import with_its_folder
from .file_reader_pool import FileResult, warm_up
from .heartbeat import ALLOWED_SECONDS, Heartbeat
from .mounts import mounts_below
from .scan_result import ScanResult
from .scanner import Library
from .site_folder import site_folder

log = logging.getLogger(__name__)

FULL_PASS_SECONDS = 60.0
"""The interval of full scans while changes are reported, because inotify can lose events."""

LONGEST_PAUSE_SECONDS = 60.0
"""The longest pause between two attempts after errors."""

TAKE_OVER_SECONDS = 0.5
"""How often the other processes try to take the lock of the indexing process."""

HANDOVER_SECONDS = 20.0
"""How long a process waits for a process of a new version, which starts within seconds, before it indexes again."""

LONGEST_START_SECONDS = 5.0
"""How long the first scan waits until this process serves pages."""

MOST_NAMES = 1000
"""For more reported paths, one scan of the whole folder takes less time than scanning each path."""

MANY_FILES = 100
"""The progress of reading fewer files is not logged."""

PROGRESS_SECONDS = 10.0
"""The interval of log lines about progress."""

_TICK_SECONDS = 0.2


def watch_and_index(
    settings: Settings,
    library: Library,
    stop: threading.Event,
    ready: threading.Event,
    changed: threading.Event | None = None,
    serving: threading.Event | None = None,
) -> None:
    """Runs until *stop* is set. Sets *ready* when pages can be served from the catalog, whichever process indexes it.

    Sets *changed* after each scan of this process. If *serving* is given and an older catalog can be served, the first
    scan waits for *serving*, so that reading does not delay the first page.
    """
    attempts, handover, heartbeat = _Attempts(), _Handover(settings.catalog), Heartbeat(lock_of(settings))
    while not stop.is_set():
        try:
            with file_lock(lock_of(settings)) as lock:
                if lock and not handover.is_under_way():
                    if library.is_filled():  # pages are served from the old catalog during the first scan
                        ready.set()
                        _wait_for(serving)
                    _watch_and_index(settings, library, lock, stop, ready, changed or threading.Event())
                    ready.set()
        except Exception as error:  # noqa: BLE001  after a bug or on a full disk, pages are still served
            attempts.failed("the articles folder is not watched", error)
            ready.set()
        if ready.is_set() or _is_answerable(library) or heartbeat.silent_seconds():  # the indexing process has stalled
            ready.set()
        stop.wait(max(TAKE_OVER_SECONDS, attempts.pause()))


def _count(settings: Settings) -> int:
    return Catalog(settings.catalog, settings.timezone, must_be_complete=False).count()


class _Handover:
    """Leaves the catalog to a new version of Reader that has rebuilt it, and takes it back if no process fills it."""

    def __init__(self, catalog: Path) -> None:
        self._catalog, self._since = catalog, float("inf")

    def is_under_way(self) -> bool:
        """Whether to wait for the new version. Call it while no other process indexes."""
        if not is_of_other_version(self._catalog):
            self._since = float("inf")
            return False
        self._since = min(self._since, time.monotonic())
        if time.monotonic() - self._since < HANDOVER_SECONDS:
            return True
        log.warning("the new version of Reader does not start: this one continues")
        take_back(self._catalog)
        return False


def _wait_for(serving: threading.Event | None) -> None:
    if serving:
        serving.wait(LONGEST_START_SECONDS)


def lock_of(settings: Settings) -> Path:
    """The lock file of the indexing process; its times are the heartbeat."""
    return settings.instance / "indexer.lock"


def _is_answerable(library: Library) -> bool:
    try:
        return library.is_answerable()
    except (sqlite3.Error, OSError):  # the indexing process reports and repairs it
        return False


def _watch_and_index(
    settings: Settings,
    library: Library,
    lock: FileLock,
    stop: threading.Event,
    ready: threading.Event,
    changed: threading.Event,
) -> None:
    """Indexes until *stop* is set, or until another process may index: after an update, or if the lock file was
    deleted."""
    write_served(lock_of(settings), settings)
    heartbeat, attempts = Heartbeat(lock_of(settings)), _Attempts()

    def beat(allowed_seconds: float = ALLOWED_SECONDS) -> None:
        """Beats unless scans fail: then new articles do not appear, and ``/healthz`` must report it."""
        if not attempts.failures:
            heartbeat.beat(allowed_seconds)

    library.beat, library.postpones_slow_files = beat, True
    beat()
    warm_up(settings)
    result, waiting = ScanResult(), set[str]()
    known, is_first = file_identity(settings.catalog), True
    for reported in _changed_paths(settings, stop):
        if not lock.is_in_place():
            return
        beat()
        waiting |= reported
        if known != (known := file_identity(settings.catalog)):  # another database file: the old one was corrupt
            if is_of_other_version(settings.catalog):
                return
            waiting.add("")
        if not (waiting or result.unsettled or _is_due(result.next_due)) or not attempts.is_time():
            continue
        is_whole = "" in waiting or len(waiting) > MOST_NAMES
        names = {""} if is_whole else waiting | result.unsettled
        result, waiting = _scan_once(partial(library.scan_paths, names, _with_progress_log), attempts, names, heartbeat)
        if is_first and not waiting:
            is_first = False
            log.info("%s: %d articles", settings.articles, _count(settings))
        if waiting or _is_answerable(library):  # after an error, or when the catalog is filled
            ready.set()
        changed.set()


class _Attempts:
    """Retries of failed scans with exponential backoff: 1 s, 2 s, 4 s … 60 s. Logs each new error once."""

    def __init__(self) -> None:
        self.failures, self._next, self._logged = 0, 0.0, ""

    def pause(self) -> float:
        """The seconds until the next attempt."""
        return max(0.0, self._next - time.monotonic())

    def is_time(self) -> bool:
        return time.monotonic() >= self._next

    def succeeded(self) -> None:
        self.failures, self._logged = 0, ""

    def failed(self, what: str, error: Exception) -> None:
        self._next = time.monotonic() + min(2.0**self.failures, LONGEST_PAUSE_SECONDS)
        self.failures += 1
        if repr(error) != self._logged:
            trace = None if isinstance(error, OSError | sqlite3.Error | WatchfilesRustInternalError) else error
            log.error("%s: %s; trying again within %d s", what, error, LONGEST_PAUSE_SECONDS, exc_info=trace)
            self._logged = repr(error)


def _scan_once(
    one_pass: Callable[[], ScanResult], attempts: _Attempts, names: set[str], heartbeat: Heartbeat
) -> tuple[ScanResult, set[str]]:
    """Runs one scan. Returns its result and the names to scan again: all of *names* after an error."""
    try:
        result = one_pass()
    except Exception as error:  # noqa: BLE001  the indexer survives a full disk and bugs
        attempts.failed("the articles folder could not be scanned", error)
        if attempts.failures == 1:  # ends the long step that was announced
            heartbeat.beat()
        return ScanResult(), names
    attempts.succeeded()
    return result, set()


def _with_progress_log(results: Iterable[FileResult], length: int) -> Iterator[FileResult]:
    """Yields *results*, and logs the progress of a scan that reads many files, such as the first of a large folder."""
    next_line = time.monotonic()
    for number, result in enumerate(results):
        if length >= MANY_FILES and time.monotonic() >= next_line:
            next_line = time.monotonic() + PROGRESS_SECONDS
            log.info("reading articles: %d of %d files are read", number, length)
        yield result


def _changed_paths(settings: Settings, stop: threading.Event) -> Iterator[set[str]]:
    """Yields changed paths, relative to the folder, several times per second; an empty path means the whole folder.

    The folder is resolved each time, so that a switched symbolic link or a newly mounted share is detected.
    """
    attempts = _Attempts()
    while not stop.is_set():
        root = _root(settings)
        if settings.watch and root and attempts.is_time():
            try:
                yield from _changed_paths_of_inotify(root, settings, stop)
                attempts.succeeded()
                continue
            except (OSError, WatchfilesRustInternalError) as error:  # also raised for names that are not UTF-8
                attempts.failed(f"no change reports for {root.path}, which is scanned instead", error)
        yield {""}
        yield from _ticks(root, settings, stop)


def _changed_paths_of_inotify(root: Root, settings: Settings, stop: threading.Event) -> Iterator[set[str]]:
    """Yields events of inotify. Ends when the root is another folder, or when other subfolders must be watched.

    inotify does not report a file system that is mounted over a folder. Each folder is watched separately, because
    recursive watching would follow symbolic links out of the folder.
    """
    mounts, next_full_pass = mounts_below(root), 0.0  # the first scan finds changes from before the watch began
    for reported in watch(
        *watched_folders(root), *filter(None, [site_folder(root)]),
        stop_event=stop, debounce=100, step=50, rust_timeout=int(_TICK_SECONDS * 1000),
        yield_on_timeout=True, raise_interrupt=False, watch_filter=None, recursive=False,
    ):  # fmt: skip
        if time.monotonic() > next_full_pass:
            next_full_pass = time.monotonic() + FULL_PASS_SECONDS
            yield {""}
        paths = {path for _, path in reported}
        yield {with_its_folder(name) for name in (_relative(path, root) for path in paths) if name is not None}
        if any(map(os.path.isdir, paths)) or _root(settings) != root or mounts_below(root) != mounts:
            return


def _ticks(root: Root | None, settings: Settings, stop: threading.Event) -> Iterator[set[str]]:
    """Yields empty sets until the next full scan is due, or until the root is another folder."""
    end = time.monotonic() + settings.scan_seconds
    while time.monotonic() < end and not stop.wait(_TICK_SECONDS) and _root(settings) == root:
        yield set()


def _root(settings: Settings) -> Root | None:
    try:
        return find_root(settings.articles)
    except OSError:
        return None


def _is_due(when: float | None) -> bool:
    return when is not None and when <= time.time()


def _relative(path: str, root: Root) -> str | None:
    """*path* relative to the root; None for a hidden file; empty for the root and for paths below hidden folders."""
    if path == root.path:
        return ""
    *folders, name = PurePath(os.path.relpath(path, root.path)).parts
    if any(folder.startswith(".") for folder in folders):
        return ""
    return None if name.startswith(".") else "/".join((*folders, name))
