"""A thread-safe pool of idle child processes for later requests. Children that use too much memory are ended."""

from __future__ import annotations

import atexit
import errno
import os
import threading
import time
from collections.abc import Sequence

from ..errors import ChildFailed
from .parent import ChildProcess, Limits

PING = ""
"""The request that every program answers immediately with an empty line, which shows that it has started."""

START_SECONDS = 60.0
"""How long a child may take to start and answer PING."""


class WarmChildren:
    """A pool of children by command and limits.

    A child is ended instead of returned to the pool if its resident memory exceeds *recycle_bytes*. If no child was
    used for *idle_seconds*, all idle children except *keep* are ended; 0 means never.

    ::

        pool = WarmChildren(recycle_bytes=400_000_000, idle_seconds=30)
        answer = pool.request([sys.executable, "-m", "reader.media.renditions"], NO_LIMITS, request, timeout_seconds=10)
    """

    def __init__(self, recycle_bytes: int, idle_seconds: float = 0.0, keep: int = 0) -> None:
        self._recycle_bytes, self._idle_seconds, self._keep = recycle_bytes, idle_seconds, keep
        self._forget()
        os.register_at_fork(after_in_child=self._forget)  # a forked process must not use its parent's children
        atexit.register(self.end_idle)

    def _forget(self) -> None:
        self._idle: list[ChildProcess] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._used_at = 0.0

    def take(self, command: Sequence[str], limits: Limits) -> ChildProcess:
        """A child that has started, idle or new. The caller must call ``give_back`` or end it. Raises OSError if none
        can be started."""
        child = self._idle_one(command, limits) or ChildProcess(command, limits)
        if child.answered:
            return child
        try:
            child.request(PING, START_SECONDS)
        except ChildFailed as failed:
            child.end()
            raise OSError(errno.ECHILD, f"a child process cannot be started: {failed}") from failed
        return child

    def start(self, command: Sequence[str], limits: Limits) -> None:
        """Starts a child for a later ``take`` unless one is idle. Does not wait until it has started.

        Raises OSError if none can be started.
        """
        with self._lock:
            if any((child.command, child.limits) == (tuple(command), limits) for child in self._idle):
                return
        self.give_back(ChildProcess(command, limits))

    def give_back(self, child: ChildProcess) -> None:
        """Returns a child of ``take`` to the pool, or ends it if it uses too much memory."""
        if child.resident_bytes() > self._recycle_bytes:
            child.end()
            return
        with self._lock:
            self._idle.append(child)
            self._used_at = time.monotonic()
            if self._idle_seconds and self._timer is None and len(self._idle) > self._keep:
                self._start_timer(self._idle_seconds)

    def request(self, command: Sequence[str], limits: Limits, request: str, timeout_seconds: float) -> str:
        """The answer of a child of the pool, one line. Raises ChildFailed; OSError if none can be started.

        If the child was killed by another program (SIGKILL), the request is not the cause: it is repeated once with
        another child.
        """
        try:
            return self._request_once(command, limits, request, timeout_seconds)
        except ChildFailed as error:
            if not error.killed:
                raise
        return self._request_once(command, limits, request, timeout_seconds)

    def _request_once(self, command: Sequence[str], limits: Limits, request: str, timeout_seconds: float) -> str:
        child = self.take(command, limits)
        try:
            answer = child.request(request, timeout_seconds)
        except BaseException:
            child.end()
            raise
        self.give_back(child)
        return answer or ""

    def _start_timer(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._end_unused)
        self._timer.daemon = True
        self._timer.start()

    def _end_unused(self) -> None:
        with self._lock:
            self._timer = None
            left = self._used_at + self._idle_seconds - time.monotonic()
            if left > 0:
                self._start_timer(left)
                return
        self.end_idle(self._keep)

    def end_idle(self, keep: int = 0) -> None:
        """Ends all idle children except the *keep* most recently used ones."""
        with self._lock:
            first_kept = max(0, len(self._idle) - keep)
            ended, self._idle = self._idle[:first_kept], self._idle[first_kept:]
        for child in ended:
            child.end()

    def _idle_one(self, command: Sequence[str], limits: Limits) -> ChildProcess | None:
        with self._lock:
            for child in reversed(self._idle):
                if (child.command, child.limits) == (tuple(command), limits):
                    self._idle.remove(child)
                    if child.alive():
                        return child
                    child.end()
                    return None
        return None
