"""One read connection per thread; reopened when the catalog file was replaced."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

from ..errors import Busy
from ..i18n import N_, Message
from ..storage.sqlite import damage_of, file_identity, wal_of
from .repair import prepare, repair, replace
from .schema import connect

LOOK_SECONDS = 0.5
"""Interval of the check that the open file is still the one at the path."""

RETRY_SECONDS = 5


class Connections:
    """Runs queries. A corrupt catalog is replaced, and the request is answered with Busy (503)."""

    def __init__(self, path: Path) -> None:
        self._path, self._local = path, threading.local()

    def rows(self, query: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        """Raises Busy if the catalog was found corrupt and has been replaced."""
        try:
            return self._current().execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            if not repair(self._path, self._local.identity, error):
                raise
            self._close()
            raise rebuilding() from error

    def _current(self) -> sqlite3.Connection:
        local = self._local
        now = time.monotonic()
        if getattr(local, "connection", None) is not None and now >= local.look_at:
            local.look_at = now + LOOK_SECONDS
            self._look()
        if getattr(local, "connection", None) is None:
            self._open()
        connection: sqlite3.Connection = local.connection
        return connection

    def _look(self) -> None:
        """Reopens a replaced file and replaces one whose write-ahead log was deleted. SQLite detects neither."""
        local = self._local
        if file_identity(self._path) != local.identity:
            self._close()
        elif reason := damage_of(self._path, local.log):
            replace(self._path, local.identity, reason)
            self._close()
        else:
            local.log = file_identity(wal_of(self._path))

    def _open(self) -> None:
        local = self._local
        if not file_identity(self._path):
            prepare(self._path)
        local.identity, local.log = file_identity(self._path), 0
        local.connection, local.look_at = connect(self._path), time.monotonic() + LOOK_SECONDS
        local.generation = getattr(local, "generation", 0) + 1

    @property
    def generation(self) -> int:
        """Number of connections this thread has opened. ``data_version`` of one cannot be compared with the next."""
        return getattr(self._local, "generation", 0)

    def _close(self) -> None:
        connection, self._local.connection = getattr(self._local, "connection", None), None
        with suppress(sqlite3.Error):
            if connection is not None:
                connection.close()


def rebuilding() -> Busy:
    return Busy(Message(N_("the index of articles is being rebuilt")), RETRY_SECONDS)
