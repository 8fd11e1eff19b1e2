"""The connection with which one thread writes the catalog, one transaction after another."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from ..publication_history import Changes
from ..storage.sqlite import damage_of, file_identity, wal_of
from .history_rows import HistoryRows
from .repair import prepare, repairing
from .schema import connect
from .writer import CatalogTransaction

Record = Callable[[Changes], None]
"""Writes the history rows that a transaction changes to the state database. Raises StateUnusable."""


class CatalogWriter:
    """Runs write transactions. The first one opens the connection; it stays open until ``close``.

    Closing the last connection copies the write-ahead log into the database and deletes it (sqlite.org/wal.html), so a
    scan with several transactions uses one connection. If the file is replaced meanwhile, the next transaction opens
    the new one.

    *record* is called before each commit; if it raises, the transaction is rolled back::

        with closing(CatalogWriter(settings.catalog)) as writer:
            with writer.transaction(datetime.now(UTC)) as transaction:
                problem = transaction.put("2018-11-23/story.md", stamp, digest, article)
            with writer.transaction(datetime.now(UTC)) as transaction:
                transaction.drop("2018-11-23/deleted.md")
    """

    def __init__(self, path: Path, record: Record | None = None) -> None:
        self._path, self._record = path, record
        self._connection: sqlite3.Connection | None = None
        self._identity = self._log = ""

    @contextmanager
    def transaction(self, now: datetime) -> Iterator[CatalogTransaction]:
        """A transaction that is committed when the block ends and rolled back on any exception.

        Replaces a corrupt catalog, and raises the error. *now* is the time of the changes.
        """
        if not self._is_current():
            self.close()
            prepare(self._path)
        with repairing(self._path):
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE")
                history = HistoryRows(connection)
                transaction = CatalogTransaction(connection, now, history)
                yield transaction
                transaction.close()
                if self._record and (changes := history.changes()):
                    self._record(changes)
                connection.execute("COMMIT")
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Closes the connection, if one is open. Changes that are not committed are rolled back."""
        connection, self._connection = self._connection, None
        with suppress(sqlite3.Error):
            if connection is not None:
                connection.close()

    def _is_current(self) -> bool:
        """Whether a connection is open to the file that is now at the path."""
        is_same = self._connection is not None and file_identity(self._path) == self._identity
        return is_same and not damage_of(self._path, self._log)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._identity = file_identity(self._path)
            self._connection = connect(self._path)
            HistoryRows.note_changes(self._connection)
            self._log = file_identity(wal_of(self._path))
        return self._connection
