"""Keeping the catalog in step with the folder: one keeper among all processes, the others stand by."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from watchfiles import watch

from ..settings import Settings
from ..storage.locks import file_lock
from .scanner import Library, ScanResult

log = logging.getLogger(__name__)

FULL_PASS_SECONDS = 60.0
"""How often the whole folder is compared even though its changes are reported (inotify may lose some)."""

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
    while not stop.is_set():
        with file_lock(settings.instance / "indexer.lock") as is_indexer:
            if is_indexer:
                _watch_and_index(settings, library, stop, ready, changed or threading.Event())
        ready.set()
        stop.wait(TAKE_OVER_SECONDS)


def _watch_and_index(
    settings: Settings, library: Library, stop: threading.Event, ready: threading.Event, changed: threading.Event
) -> None:
    full_pass_seconds = FULL_PASS_SECONDS if settings.watch else settings.scan_seconds
    changes, next_full_pass = _tried(library.scan_all), time.monotonic() + full_pass_seconds
    changed.set()
    ready.set()
    for reported in _reports(settings, stop):
        names = reported | changes.unsettled
        if time.monotonic() > next_full_pass:
            changes, next_full_pass = _tried(library.scan_all), time.monotonic() + full_pass_seconds
        elif names or _is_due(changes.next_due):
            changes = _tried(partial(library.scan_paths, names))
        else:
            continue
        changed.set()


def _reports(settings: Settings, stop: threading.Event) -> Iterator[set[str]]:
    """Names that changed, relative to the folder, or an empty set a few times a second."""
    if settings.watch:
        try:
            watched = watch(
                settings.articles, stop_event=stop, debounce=100, step=20, rust_timeout=int(_TICK_SECONDS * 1000),
                yield_on_timeout=True, raise_interrupt=False, watch_filter=None,
            )  # fmt: skip
            for reported in watched:
                yield {_relative(path, settings.articles) for _, path in reported}
        except OSError as error:
            log.warning("no change reports for %s (%s): set READER_WATCH=0 to scan it", settings.articles, error)
    while not stop.wait(_TICK_SECONDS):
        yield set()


def _tried(one_pass: Callable[[], ScanResult]) -> ScanResult:
    try:
        return one_pass()
    except Exception:  # the keeper outlives a full disk or a vanished folder, and says so
        log.exception("the articles folder could not be read; trying again")
        return ScanResult(unsettled=frozenset({""}))


def _is_due(when: int | None) -> bool:
    return when is not None and when <= time.time()


def _relative(path: str, folder: Path) -> str:
    name = os.path.relpath(path, folder).replace(os.sep, "/")
    return "" if name == "." or name.startswith("..") else name
