"""A thread-safe pool of idle child processes, kept for the next request and ended when they use too much memory."""

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
"""The request that every program answers at once with an empty line, as a sign that it has started."""

START_SECONDS = 60.0


class WarmChildren:
    """A child whose resident memory exceeds *recycle_bytes* when it is given back is ended.

    So are all idle ones but *keep*, if none was used for *idle_seconds*; 0 means never.
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
        """A child that has started. The caller must give it back or end it. Raises OSError if none can be started."""
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
        """Starts a child for a later ``take`` unless one is idle, and doesn't wait for it.

        Raises OSError if none can be started.
        """
        with self._lock:
            if any((child.command, child.limits) == (tuple(command), limits) for child in self._idle):
                return
        self.give_back(ChildProcess(command, limits))

    def give_back(self, child: ChildProcess) -> None:
        if child.resident_bytes() > self._recycle_bytes:
            child.end()
            return
        with self._lock:
            self._idle.append(child)
            self._used_at = time.monotonic()
            if self._idle_seconds and self._timer is None and len(self._idle) > self._keep:
                self._start_timer(self._idle_seconds)

    def request(self, command: Sequence[str], limits: Limits, request: str, timeout_seconds: float) -> str:
        """The answer of a child that is taken for this request. Raises ChildFailed; OSError if none can be started.

        A child that was killed from outside says nothing about the request: another one is asked, once.
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
            kept, ended = self._idle[len(self._idle) - keep :], self._idle[: len(self._idle) - keep]
            self._idle = kept
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
