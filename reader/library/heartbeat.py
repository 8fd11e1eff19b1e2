"""The heartbeat of the indexing process, by which other processes and ``/healthz`` see that it has not stalled.

It can be stopped (SIGSTOP), wait for a disk or share that does not answer, or fail in every scan, as on a full disk.
Nothing can interrupt that; pages go on.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from ..storage.locks import waiting_lock

log = logging.getLogger(__name__)

_STALLED = 1

ALLOWED_SECONDS = 30.0
"""How long the indexing process may be silent unless it announces a longer step."""

BEAT_SECONDS = 1.0

WALL_CLOCK_SECONDS = 1e9
"""A later time of the file (2001 or after) is that of writing it: no beat set it since. No machine runs that long."""


class Heartbeat:
    """Kept as the two times of a file, which can be set on a full disk too: the last beat, and when the next is due.

    Both are of the monotonic clock, which all processes of a machine share, and which nobody sets. Whoever reads the
    file, such as ``check`` or a backup, may set the first one to the time of day (mount(8), relatime).
    """

    def __init__(self, path: Path) -> None:
        self._path, self._logged = path, path.with_suffix(".stalled")
        self._began = time.monotonic()
        self._beaten, self._due = 0.0, 0.0

    def beat(self, allowed_seconds: float = ALLOWED_SECONDS) -> None:
        """Called by the indexing process, as often as it likes. The next call comes within *allowed_seconds*."""
        now = time.monotonic()
        if now < self._beaten + BEAT_SECONDS and self._due == allowed_seconds:
            return
        self._beaten, self._due = now, allowed_seconds
        with suppress(OSError):
            os.utime(self._path, (now, now + allowed_seconds))

    def silent_seconds(self) -> float:
        """How long the indexing process has been silent if that is too long; else 0. Any process can ask."""
        try:
            status = self._path.stat()
        except OSError:  # deleted: the indexing process notices, and makes it again
            return 0.0
        now = time.monotonic()
        if status.st_mtime > WALL_CLOCK_SECONDS:
            silent = min(now - self._began, time.time() - status.st_mtime)
            return silent if silent > ALLOWED_SECONDS else 0.0
        beaten = status.st_atime if status.st_atime < WALL_CLOCK_SECONDS else min(now, status.st_mtime)
        is_late = now > status.st_mtime or now < beaten  # a beat in the future was one before the machine started
        silent = now - (beaten if beaten <= now else self._began)
        return silent if is_late and now > self._began + ALLOWED_SECONDS else 0.0

    def reason(self) -> str:
        """For operators: what is wrong; empty if nothing is."""
        silent = self.silent_seconds()
        return f"the articles folder has not been looked at for {silent:.0f} s: {_CAUSE}" if silent else ""

    def watch(self, stop: threading.Event) -> None:
        """Logs when the indexing process stalls and when it goes on, until *stop*. One of all processes logs each."""
        while not stop.wait(BEAT_SECONDS):
            with suppress(OSError):  # the instance folder was deleted, and is made again
                if line := self._not_yet_logged():
                    log.error("%s", line)

    def _not_yet_logged(self) -> str:
        """The line to log; empty if there is none, or if any process has logged it. Raises OSError.

        The access time of a file is when the beat was due that the logged stall missed. Its modification time is
        _STALLED until the indexing process beats again. A process that is stopped wakes up with the old beat.
        """
        with waiting_lock(self._logged):
            due, logged, reason = self._path.stat().st_mtime_ns, self._logged.stat(), self.reason()
            if reason and logged.st_atime_ns != due:
                os.utime(self._logged, ns=(due, _STALLED))
                return reason
            if not reason and logged.st_mtime_ns == _STALLED and due != logged.st_atime_ns:
                os.utime(self._logged, ns=(due, 0))
                return "the articles folder is looked at again"
        return ""


_CAUSE = (
    "the indexing process is stopped, waits for a disk or share, or fails, as its log says;"
    " new articles do not show until it goes on"
)
