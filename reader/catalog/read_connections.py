"""One read connection per thread, which is reopened when the catalog file was replaced.

A new catalog has no articles yet, so a page would respond that they do not exist (404). Until it is filled, queries
raise Busy (503) instead.
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

CHECK_SECONDS = 0.5
"""The interval of the check that the open file is still the one at the path."""

RETRY_SECONDS = 5
"""The value of Retry-After while the catalog is being rebuilt."""


class Connections:
    """Runs queries. Replaces a corrupt catalog. With *must_be_complete*, a catalog that is not filled raises Busy."""

    def __init__(self, path: Path, must_be_complete: bool) -> None:
        self._path, self._must_be_complete = path, must_be_complete
        self._local = threading.local()

    def rows(self, query: str, values: tuple[object, ...]) -> list[sqlite3.Row]:
        """The rows of a query. Raises Busy if the catalog is not complete, or if it was corrupt and has been replaced;
        sqlite3.Error for other errors."""
        try:
            return self._current().execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            identity = getattr(self._local, "identity", "")
            self._close()
            self._raise_while_replaced(error)
            if repair(self._path, identity, error) or file_identity(self._path) != identity:
                raise rebuilding() from error
            raise
        except OSError as error:  # the lock file or the folder for a new catalog cannot be created
            raise sqlite3.OperationalError(str(error)) from error

    def _current(self) -> sqlite3.Connection:
        local = self._local
        now = time.monotonic()
        if getattr(local, "connection", None) is not None and now >= local.look_at:
            local.look_at = now + CHECK_SECONDS
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
            self._raise_while_replaced()
            replace(self._path, local.identity, reason)
            self._close()
        else:
            local.log = file_identity(wal_of(self._path))

    def _open(self) -> None:
        local = self._local
        if not file_identity(self._path):
            self._raise_while_replaced()
            prepare(self._path)
        local.identity, local.log = file_identity(self._path), ""
        connection = connect(self._path)
        with closing_on_error(connection):
            if self._must_be_complete and not is_complete(connection):
                raise rebuilding()
        local.connection, local.look_at = connection, time.monotonic() + CHECK_SECONDS
        local.generation = getattr(local, "generation", 0) + 1

    def _raise_while_replaced(self, error: sqlite3.Error | None = None) -> None:
        """Raises Busy if another process is creating a new catalog, instead of waiting for it."""
        if is_being_replaced(self._path):
            raise rebuilding() from error

    @property
    def generation(self) -> int:
        """The number of connections this thread has opened. ``data_version`` is comparable only within a connection."""
        return getattr(self._local, "generation", 0)

    def _close(self) -> None:
        connection, self._local.connection = getattr(self._local, "connection", None), None
        with suppress(sqlite3.Error):
            if connection is not None:
                connection.close()


def rebuilding() -> Busy:
    """The error for a catalog that is being rebuilt."""
    return Busy(Message(N_("the index of articles is being rebuilt")), RETRY_SECONDS)
