"""Checks whether the SQLite file of the state can be written, without changing it: free space and the write lock.

PostgreSQL is not checked here: ``State.fault`` shows whether it answers; its own monitoring shows whether it can write.
"""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

from ..i18n import Message
from ..storage.sqlite import file_identity, open_database

CHECK_SECONDS = 5.0
"""How long a result is cached, because any client can cause a check."""

BUSY_SECONDS = 2.0
"""How long the check waits for a writing transaction."""

PROBE_BYTES = 64 << 10
"""The free space that must be available: a few comments need it, with the pages of their indexes."""


class WriteCheck:
    """A cached check of the SQLite file at *path*, which may not exist yet. *path* is None for PostgreSQL."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._lock = path, threading.Lock()
        self._fault, self._checked_at = "", float("-inf")

    def fault(self) -> str:
        """Why the file cannot be written, a Message; empty if it can. At most CHECK_SECONDS old."""
        if self._path is None:
            return ""
        with self._lock:
            if time.monotonic() >= self._checked_at + CHECK_SECONDS:
                self._fault, self._checked_at = _fault_of(self._path), time.monotonic()
            return self._fault


def _fault_of(path: Path) -> str:
    try:
        _check_free_space(path)
        if file_identity(path):
            _check_write_lock(path)
    except (OSError, sqlite3.Error) as error:
        cause = (isinstance(error, OSError) and error.strerror) or str(error)
        return Message("%(path)s: %(cause)s", path=str(path), cause=cause)
    return ""


def _check_free_space(path: Path) -> None:
    """Writes PROBE_BYTES to a temporary file in the folder of *path*, or in the nearest existing folder above it.

    Raises OSError.
    """
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
        probe.write(bytes(PROBE_BYTES))


def _check_write_lock(path: Path) -> None:
    """Begins a writing transaction and rolls it back. Raises sqlite3.Error."""
    with closing(open_database(path, BUSY_SECONDS)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
