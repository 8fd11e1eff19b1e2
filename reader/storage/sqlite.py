"""SQLite files that many threads and processes open at once."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path


def open_database(path: Path, timeout_seconds: float) -> sqlite3.Connection:
    """A connection in autocommit mode and WAL, which waits up to *timeout_seconds* for others; one a thread."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=timeout_seconds, isolation_level=None, check_same_thread=False)
    _turn_to_wal(connection, time.monotonic() + timeout_seconds)
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection


def _turn_to_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """A new file is turned by whoever comes first.

    For this one step SQLite does not call its busy handler, so the timeout of the connection means nothing to it.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)
