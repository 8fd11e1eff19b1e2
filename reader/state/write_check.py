"""Checks whether the state database can be written, by the file system and SQLite, without changing anything.

For PostgreSQL ``State.fault`` is enough: a server that answers and does not write is another's to watch.
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
"""How long an answer is kept: anybody may ask."""

BUSY_SECONDS = 2.0
"""How long the check waits for a transaction that writes."""

PROBE_BYTES = 64 << 10
"""The room that a few comments need, with the pages of their indexes."""


class WriteCheck:
    """Of the SQLite file at *path*, which may not exist yet; None for a server."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._lock = path, threading.Lock()
        self._fault, self._checked_at = "", float("-inf")

    def fault(self) -> str:
        """Why nothing can be written, a Message; empty if something can. At most CHECK_SECONDS old."""
        if self._path is None:
            return ""
        with self._lock:
            if time.monotonic() >= self._checked_at + CHECK_SECONDS:
                self._fault, self._checked_at = _fault_of(self._path), time.monotonic()
            return self._fault


def _fault_of(path: Path) -> str:
    try:
        _write_beside(path)
        if file_identity(path):
            _begin_to_write(path)
    except (OSError, sqlite3.Error) as error:
        cause = (isinstance(error, OSError) and error.strerror) or str(error)
        return Message("%(path)s: %(cause)s", path=str(path), cause=cause)
    return ""


def _write_beside(path: Path) -> None:
    """Where the write-ahead log is, or where the folder would be made. Raises OSError."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    with tempfile.TemporaryFile(dir=folder, buffering=0) as probe:
        probe.write(bytes(PROBE_BYTES))


def _begin_to_write(path: Path) -> None:
    """Takes the lock of a transaction that writes, and writes nothing. Raises sqlite3.Error."""
    with closing(open_database(path, BUSY_SECONDS)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
