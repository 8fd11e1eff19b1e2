"""Keeping the catalog in step with the folder: one keeper among all processes, the others stand by."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import PurePath

from watchfiles import watch
from watchfiles._rust_notify import WatchfilesRustInternalError

from ..settings import Settings
from ..storage.locks import file_lock
from ..storage.sqlite import file_identity
from .folder import Root, find_root, watched_folders
from .reading import warm_up
from .scanner import Library, ScanResult

log = logging.getLogger(__name__)

FULL_PASS_SECONDS = 60.0
"""How often the whole folder is compared even though its changes are reported (inotify may lose some)."""

LONGEST_PAUSE_SECONDS = 60.0

TAKE_OVER_SECONDS = 0.5
"""How often those who stand by look whether the keeper still lives."""

_TICK_SECONDS = 0.2


def watch_and_index(
    settings: Settings,
    library: Library,
    stop: threading.Event,
    ready: threading.Event,
    changed: threading.Event | None = None,
) -> None:
    """Run until *stop*. *ready* is set once the catalog is in step, or another process keeps it so.

    *changed* is set after each pass of this process that may have changed something.
    """
    attempts = _Attempts()
    while not stop.is_set():
        try:
            with file_lock(settings.instance / "indexer.lock") as is_indexer:
                if is_indexer:
                    _watch_and_index(settings, library, stop, ready, changed or threading.Event())
                    ready.set()
        except Exception as error:  # noqa: BLE001  a bug of ours, or a disk that is full: the site goes on as it is
            attempts.failed("the articles folder is not watched", error)
            ready.set()
        if _is_answerable(library):
            ready.set()
        stop.wait(max(TAKE_OVER_SECONDS, attempts.pause()))


def _is_answerable(library: Library) -> bool:
    try:
        return library.is_answerable()
    except sqlite3.Error:  # the indexer reports it, and repairs what can be repaired
        return False


def _watch_and_index(
    settings: Settings, library: Library, stop: threading.Event, ready: threading.Event, changed: threading.Event
) -> None:
    if library.is_filled():  # pages are answered from the last catalog while this pass catches up
        ready.set()
    warm_up(settings)
    result, waiting, attempts = ScanResult(), set[str](), _Attempts()
    known = file_identity(settings.catalog)
    for reported in _reports(settings, stop):
        waiting |= reported
        if known != (known := file_identity(settings.catalog)):  # made anew, because it was broken
            waiting.add("")
        if not (waiting or result.unsettled or _is_due(result.next_due)) or not attempts.is_time():
            continue
        names = {""} if "" in waiting else waiting | result.unsettled
        result, waiting = _tried(partial(library.scan_paths, names), attempts, names)
        ready.set()
        changed.set()


class _Attempts:
    """When to try again after a pass that failed: after 1 s, 2 s, 4 s … a minute. Says each new error once."""

    def __init__(self) -> None:
        self._failures, self._next, self._said = 0, 0.0, ""

    def pause(self) -> float:
        """Seconds until it is time."""
        return max(0.0, self._next - time.monotonic())

    def is_time(self) -> bool:
        return time.monotonic() >= self._next

    def succeeded(self) -> None:
        self._failures, self._said = 0, ""

    def failed(self, what: str, error: Exception) -> None:
        self._next = time.monotonic() + min(2.0**self._failures, LONGEST_PAUSE_SECONDS)
        self._failures += 1
        if repr(error) != self._said:
            trace = None if isinstance(error, OSError | WatchfilesRustInternalError) else error
            log.error("%s: %s; trying again within %d s", what, error, LONGEST_PAUSE_SECONDS, exc_info=trace)
            self._said = repr(error)


def _tried(one_pass: Callable[[], ScanResult], attempts: _Attempts, names: set[str]) -> tuple[ScanResult, set[str]]:
    """What the pass did, and what is still to do: after an error, all of it."""
    try:
        result = one_pass()
    except Exception as error:  # noqa: BLE001  the indexer outlives a full disk and a bug, and says so
        attempts.failed("the articles folder could not be scanned", error)
        return ScanResult(), names
    attempts.succeeded()
    return result, set()


def _reports(settings: Settings, stop: threading.Event) -> Iterator[set[str]]:
    """Names that changed, relative to the folder, several times a second; the empty name for "anything".

    The folder behind the setting is looked up every time: when another takes its place (a link that is switched, a
    share that is mounted), that one is watched and read from then on.
    """
    attempts = _Attempts()
    while not stop.is_set():
        root = _root(settings)
        if settings.watch and root and attempts.is_time():
            try:
                yield from _reports_of_system(root, settings, stop)
                attempts.succeeded()
                continue
            except (OSError, WatchfilesRustInternalError) as error:  # the latter of a name that is not UTF-8, too
                attempts.failed(f"no change reports for {root.path}, which is scanned instead", error)
        yield {""}
        yield from _ticks(root, settings, stop)


def _reports_of_system(root: Root, settings: Settings, stop: threading.Event) -> Iterator[set[str]]:
    """Ends when another folder has taken the root's place, or there is a folder that is not watched yet.

    Folders are named one by one: watching recursively would follow links out of the folder, to the end of the disk.
    """
    next_full_pass = 0.0  # the first one finds what happened before the watching began
    for reported in watch(
        *watched_folders(root), stop_event=stop, debounce=100, step=20, rust_timeout=int(_TICK_SECONDS * 1000),
        yield_on_timeout=True, raise_interrupt=False, watch_filter=None, recursive=False,
    ):  # fmt: skip
        if time.monotonic() > next_full_pass:
            next_full_pass = time.monotonic() + FULL_PASS_SECONDS
            yield {""}
        paths = {path for _, path in reported}
        yield {name for name in (_relative(path, root) for path in paths) if name is not None}
        if any(map(os.path.isdir, paths)) or _root(settings) != root:
            return


def _ticks(root: Root | None, settings: Settings, stop: threading.Event) -> Iterator[set[str]]:
    """Until it is time to look through the folder again, or another has taken its place."""
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
    """None for a hidden file, of a program; empty for the root, and below a hidden folder, where links lead."""
    if path == root.path:
        return ""
    *folders, name = PurePath(os.path.relpath(path, root.path)).parts
    if any(folder.startswith(".") for folder in folders):
        return ""
    return None if name.startswith(".") else "/".join((*folders, name))
