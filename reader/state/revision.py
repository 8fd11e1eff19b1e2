"""The revision of the state, cheap enough to be read every few milliseconds. Does not import SQLAlchemy for SQLite."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from ..storage.sqlite import file_identity

READ_SECONDS = 0.1
"""The shortest interval between two queries to PostgreSQL. Changes of this process are visible immediately."""


class FileRevision:
    """Reads the revision of an SQLite file; 0 if there is no file.

    Each call reads PRAGMA data_version, which takes microseconds, and queries the revision only if that changed.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, str] = (0, "")
        self._data_version, self._last = -1, 0

    def __call__(self) -> int:
        """The current revision; the last known one while the file cannot be read."""
        with self._lock, suppress(sqlite3.Error):
            if connection := self._current():
                version = int(connection.execute("PRAGMA data_version").fetchone()[0])
                if version != self._data_version:
                    self._last = int(connection.execute("SELECT value FROM state_revision").fetchone()[0])
                    self._data_version = version
        return self._last

    def expire(self) -> None:
        """Does nothing, because each call checks the file."""

    def _current(self) -> sqlite3.Connection | None:
        """A connection of this process to the current file; None if there is none."""
        opened = os.getpid(), file_identity(self._path)
        if opened != self._opened or self._connection is None:
            if self._connection is not None and opened[0] == self._opened[0]:  # not one from before a fork
                self._connection.close()
            self._connection, self._data_version = None, -1
            if opened[1]:
                address = f"{self._path.absolute().as_uri()}?mode=rw"
                self._connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
            self._opened = opened
        return self._connection


class ServerRevision:
    """Caches the revision of a server, which *read* queries, for READ_SECONDS."""

    def __init__(self, read: Callable[[], int]) -> None:
        self._read, self._last, self._read_after = read, 0, float("-inf")

    def __call__(self) -> int:
        if time.monotonic() >= self._read_after:
            self._read_after = time.monotonic() + READ_SECONDS
            self._last = self._read()
        return self._last

    def expire(self) -> None:
        """Makes the next call read the server, after a change by this process."""
        self._read_after = float("-inf")


def column_in(path: Path, query: str) -> list[str]:
    """The first column of the result of *query* on an SQLite file. Raises sqlite3.Error, also for a missing file."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
        return [str(row[0]) for row in connection.execute(query)]
