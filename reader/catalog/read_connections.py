"""One read connection per thread; reopened when the catalog file was replaced.

A catalog that was never filled knows no articles. Asked by a page, it would say that they do not exist (404), so it is
not asked: the page is answered with Busy (503).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

from ..errors import Busy
from ..i18n import N_, Message
from ..storage.sqlite import closing_on_error, damage_of, file_identity, is_being_replaced, wal_of
from .repair import prepare, repair, replace
from .schema import connect, is_complete

LOOK_SECONDS = 0.5
"""Interval of the check that the open file is still the one at the path."""

RETRY_SECONDS = 5


class Connections:
    """Runs queries. A corrupt catalog is replaced. *must_be_complete*: only a catalog that was filled is asked."""

    def __init__(self, path: Path, must_be_complete: bool) -> None:
        self._path, self._must_be_complete = path, must_be_complete
        self._local = threading.local()

    def rows(self, query: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        """Raises Busy if the catalog is not complete, or was found corrupt and has been replaced."""
        try:
            return self._current().execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            identity = getattr(self._local, "identity", "")
            self._close()
            self._refuse_while_replaced(error)
            if repair(self._path, identity, error) or file_identity(self._path) != identity:
                raise rebuilding() from error
            raise
        except OSError as error:  # no lock file or folder can be made for a new catalog
            raise sqlite3.OperationalError(str(error)) from error

    def _current(self) -> sqlite3.Connection:
        local = self._local
        now = time.monotonic()
        if getattr(local, "connection", None) is not None and now >= local.look_at:
            local.look_at = now + LOOK_SECONDS
            self._check_file()
        if getattr(local, "connection", None) is None:
            self._open()
        connection: sqlite3.Connection = local.connection
        return connection

    def _check_file(self) -> None:
        """Reopens a replaced file and replaces one whose write-ahead log was deleted. SQLite detects neither."""
        local = self._local
        if file_identity(self._path) != local.identity:
            self._close()
        elif reason := damage_of(self._path, local.log):
            self._refuse_while_replaced()
            replace(self._path, local.identity, reason)
            self._close()
        else:
            local.log = file_identity(wal_of(self._path))

    def _open(self) -> None:
        local = self._local
        if not file_identity(self._path):
            self._refuse_while_replaced()
            prepare(self._path)
        local.identity, local.log = file_identity(self._path), ""
        connection = connect(self._path)
        with closing_on_error(connection):
            if self._must_be_complete and not is_complete(connection):
                raise rebuilding()
        local.connection, local.look_at = connection, time.monotonic() + LOOK_SECONDS
        local.generation = getattr(local, "generation", 0) + 1

    def _refuse_while_replaced(self, error: sqlite3.Error | None = None) -> None:
        """Raises Busy instead of waiting for the process that makes a new catalog."""
        if is_being_replaced(self._path):
            raise rebuilding() from error

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
