"""Drops only those cached pages whose comments changed, in this process or another."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable
from contextlib import suppress

from ... import urls
from ...catalog import Catalog
from ...errors import Busy, Moved, NotFound, StateUnusable
from ...state import State
from ..middleware.response_cache import ResponseCache

LOOK_SECONDS = 0.1
TOPIC = "comments"
log = logging.getLogger(__name__)


class CommentWatch:
    """Checks the state's revision every LOOK_SECONDS, in a thread that starts with the process's first request."""

    def __init__(self, state: State, catalog: Catalog, cache: Callable[[], ResponseCache]) -> None:
        self._state, self._catalog, self._cache = state, catalog, cache
        self._lock = threading.Lock()
        self._seen = -1
        self._process = 0

    def start(self) -> None:
        """Starts the thread, before a page is built, so that no later change is missed.

        Does nothing if it runs already. Starts it again after a fork, which threads do not survive.
        """
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                self._seen = self._state.revision
                thread = threading.Thread(target=_run, args=(weakref.ref(self),), name="comments", daemon=True)
                with suppress(RuntimeError):  # the limit of threads is reached: the next request tries again
                    thread.start()
                    self._process = os.getpid()

    def look(self) -> None:
        """Drops the pages whose comments changed since the last call. Raises StateUnusable."""
        with self._lock:
            if self._state.revision == self._seen:
                return
            changes = self._state.changes_since(self._seen)
            self._seen = changes.revision
        if changes.things is None:
            self._cache().drop(_may_hold_comments)
        elif pages := {key for topic, key in changes.things if topic == TOPIC}:
            self._cache().drop(self._path_filter(pages))

    def _path_filter(self, pages: Iterable[str]) -> Callable[[str], bool]:
        """Returns whether a path belongs to one of *pages*; to any article while the catalog cannot be read."""
        try:
            articles = {f"/a/{slug}" for page in pages for slug in (page, self._present_slug(page))}
        except (Busy, sqlite3.Error):
            return _may_hold_comments
        # /a/rain for /a/rain/comments, and for the file /a/rain.html, which may contain comments: a slug has no dot
        return lambda at: "/".join(at.split("/")[:3]).partition(".")[0] in articles or at.startswith(urls.COMMENTS)

    def _present_slug(self, page: str) -> str:
        try:
            self._catalog.article(page)
        except Moved as moved:
            return moved.slug
        except NotFound:
            return page
        return page


def _may_hold_comments(path: str) -> bool:
    return path.startswith(("/a/", urls.COMMENTS))


def _run(of: weakref.ref[CommentWatch]) -> None:
    pause = threading.Event()  # not time.sleep, which fails below libfaketime
    while not pause.wait(LOOK_SECONDS):
        watch = of()
        if watch is None:
            return
        try:
            watch.look()
        except StateUnusable:  # the State has logged it
            pause.wait(1)
        except Exception:
            log.exception("cannot determine which comments changed")
            pause.wait(1)
        del watch
