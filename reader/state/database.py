"""State: transactions on the state database, SQLite or PostgreSQL. Imports SQLAlchemy at the first transaction."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from ..errors import StateUnusable
from ..i18n import N_, Message
from ..storage.sqlite import file_identity, is_broken
from .revision import FileRevision, ServerRevision, column_in
from .write_check import WriteCheck

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from .cache_invalidation import Changes
    from .notifications import Notifications

LOG = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
"""How long the result of ``fault`` is cached."""

REST_SECONDS = 5.0
"""After a thread waited for a server in vain, one transaction at a time tries again, after a rest. All others fail at
once: waiting threads would leave none for the pages of articles."""

DELETED = N_(
    "%(path)s was deleted while Reader used it; put it back (a backup: python -m reader restore FILE), or restart"
    " Reader to begin with an empty one"
)
RESTORE = N_("stop Reader, move it away, and bring back a backup: python -m reader restore FILE")


class State:
    """The state database at *url*: ``sqlite:////srv/reader/data/state.sqlite3`` or ``postgresql://reader@db/reader``.

    The first transaction opens the database, and creates it if necessary. The object can be used by all threads, and in
    a forked process, which opens its own connections. ``reading``, ``writing`` and ``changes_since`` raise
    StateUnusable. An OSError that the block raises, or an error of another database in it, is not converted::

        state = State(settings.state_url)
        with state.writing() as connection:
            connection.execute(insert(comments).values(...))
            note_change(connection, "comments", slug)
        with state.reading() as connection:
            rows = connection.execute(select(comments)).all()
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self.path = file_in(url)
        """The SQLite file; None for PostgreSQL."""
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._opened: tuple[int, str] = (0, "")
        self._was_tried = self._was_used = False
        self._fault, self._logged, self._checked_at = "", "", float("-inf")
        self._revision = FileRevision(self.path) if self.path else ServerRevision(self._read_revision)
        self._known_revision = 0
        self._write_check = WriteCheck(self.path)
        self._rest, self._failed_at = "", float("-inf")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction that sees one snapshot of the database."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed, and on the disk, when the block ends; rolled back if it raises.

        Only one such transaction runs at a time, in all processes. Keep it short: do nothing slow in the block.
        """
        with self._transaction(writes=True) as connection:
            yield connection
        self._revision.expire()

    @contextmanager
    def queueing(self) -> Iterator[Connection]:
        """A transaction on the tables of a queue, with PostgreSQL. It does not wait for ``writing`` transactions.

        Each statement sees what others have committed (READ COMMITTED), so lock the rows that it changes. If the server
        dies, the transactions of the last half second are lost: it does not wait for the disk.
        """
        with self._transaction(writes=True, queues=True) as connection:
            yield connection

    def notifications(self, channel: str) -> Notifications:
        """Counts the notifications of *channel*; for PostgreSQL."""
        from .notifications import Notifications

        return Notifications(self._url, channel)

    @property
    def revision(self) -> int:
        """A number that grows with each recorded change of any process. Reading it takes microseconds.

        With PostgreSQL it is up to 0.1 s old.
        """
        return self._revision()

    def changes_since(self, revision: int) -> Changes:
        """The changes recorded after *revision*."""
        from .cache_invalidation import changes_since

        with self.reading() as connection:
            return changes_since(connection, revision)

    def fault(self) -> str:
        """Why the database cannot be used, a Message; empty if it can. Cached for CHECK_SECONDS.

        Before the first transaction it only reads an SQLite file, and does not create it.
        """
        now = time.monotonic()
        if now >= self._checked_at + CHECK_SECONDS:
            self._checked_at = now
            if self.path is None or self._was_tried:
                with suppress(StateUnusable), self.reading():
                    pass
            else:
                self._set_fault(_fault_of(self.path))
        return self._fault

    def write_fault(self) -> str:
        """Why the SQLite file cannot be written, a Message; empty if it can, and for PostgreSQL. Does not import
        SQLAlchemy and writes no row."""
        return self._write_check.fault()

    def close(self) -> None:
        """Closes all connections that no thread is using. The next transaction opens the database again, and creates
        the file if it is missing."""
        with self._lock:
            self._dispose()
            self._was_used = False

    @contextmanager
    def _transaction(self, *, writes: bool, queues: bool = False) -> Iterator[Connection]:
        from sqlalchemy.exc import SQLAlchemyError

        from .engines import QUEUES, WRITES

        of_block: Exception | None = None
        self._refuse_at_rest()
        started_at = time.monotonic()
        try:
            engine = self._current(started_at)
            options = {WRITES: writes, QUEUES: queues}
            with engine.connect().execution_options(**options) as connection, connection.begin():
                try:
                    yield connection
                except (OSError, sqlite3.Error) as error:  # errors of this database are SQLAlchemyError
                    of_block = error
                    raise
        except (SQLAlchemyError, OSError, sqlite3.Error) as error:
            if error is of_block or (reason := self._reason(error)) is None:
                raise
            self._set_fault(reason)
            if self.path is None and _is_overdue(error):
                self._rest, self._failed_at = reason, time.monotonic()
            raise StateUnusable(reason) from error
        except StateUnusable as error:
            self._set_fault(error.reason)
            raise
        self._rest = ""
        self._set_fault("")

    def _refuse_at_rest(self) -> None:
        """Raises StateUnusable during the rest after a wait in vain. After it, returns for one caller per rest."""
        if self._rest and time.monotonic() < self._failed_at + REST_SECONDS:
            raise StateUnusable(self._rest)
        self._failed_at = time.monotonic()

    def _current(self, started_at: float) -> Engine:
        """The engine of this process for the current file. Creates the database and its tables if they are missing."""
        with self._lock:
            if self._rest and self._failed_at > started_at:  # another thread failed while this one waited
                raise StateUnusable(self._rest)
            opened = os.getpid(), file_identity(self.path) if self.path else ""
            if self._engine is not None and opened == self._opened:
                return self._engine
            self._dispose()
            if self.path and not opened[1] and self._was_used:
                raise StateUnusable(Message(DELETED, path=str(self.path)))
            self._engine = self._new_engine()
            self._opened = os.getpid(), file_identity(self.path) if self.path else ""
            self._was_used = True
            return self._engine

    def _new_engine(self) -> Engine:
        """An engine for the database, which is created and migrated if necessary. Raises StateUnusable."""
        from .engines import postgresql_engine, sqlite_engine
        from .migrating import ForeignDatabase, create_file, migrate

        self._was_tried = True
        if self.path:
            if not file_identity(self.path):
                create_file(self.path)
                LOG.info("created %s", self.path)
            engine = sqlite_engine(self.path)
        else:
            try:
                engine = postgresql_engine(self._url)
            except ImportError as error:
                hint = Message("PostgreSQL needs psycopg: pip install -r requirements-many.txt")
                raise StateUnusable(hint) from error
        try:
            migrate(engine)
        except BaseException as error:
            engine.dispose()
            if isinstance(error, ForeignDatabase):
                values = {"database": self._display_name(), "tables": str(error)}
                foreign = Message("%(database)s holds tables of another program: %(tables)s", **values)
                raise StateUnusable(foreign) from error
            raise
        return engine

    def _dispose(self) -> None:
        """Closes the engine's connections. After a fork it only drops them, because they belong to the parent."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose(close=self._opened[0] == os.getpid())

    def _reason(self, error: Exception) -> str | None:
        """The fault of the database, a Message; None if *error* has another cause: a bug, or a violated constraint."""
        from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
        from sqlalchemy.exc import TimeoutError as NoConnection

        if isinstance(error, DataError | IntegrityError | NotSupportedError | ProgrammingError):
            return None
        cause = error.orig if isinstance(error, DBAPIError) else error
        if self.path and isinstance(cause, sqlite3.Error):
            return _reason_of_sqlite(self.path, cause)
        if isinstance(error, DBAPIError | NoConnection):
            return Message("%(server)s: %(cause)s", server=self._display_name(), cause=_first_line(cause))
        if isinstance(cause, OSError):
            path = cause.filename or self._display_name()
            return Message("%(path)s: %(cause)s", path=path, cause=cause.strerror or str(cause))
        return None

    def _display_name(self) -> str:
        """The path of the file, or the server and database name without the password."""
        parts = urlsplit(self._url)
        return str(self.path) if self.path else f"PostgreSQL {parts.hostname or ''}{parts.path}"

    def _set_fault(self, fault: str) -> None:
        """Sets the current fault, and logs it once when it changes."""
        if fault and str(fault) != self._logged:
            LOG.error("the state database cannot be used: %s", fault)
        elif self._logged and not fault:
            LOG.warning("the state database can be used again")
        self._fault, self._logged = fault, str(fault)

    def _read_revision(self) -> int:
        """The revision of a server; the last known one while the server does not answer."""
        from sqlalchemy import select

        from .state_tables import state_revision

        with suppress(StateUnusable), self.reading() as connection:
            self._known_revision = connection.execute(select(state_revision.c.value)).scalar_one()
        return self._known_revision


def file_in(url: str) -> Path | None:
    """The file of an SQLite URL; None for the URL of a server."""
    parts = urlsplit(url)
    return Path(unquote(parts.path[1:])) if parts.scheme == "sqlite" else None


def _fault_of(path: Path) -> str:
    try:
        if path.exists():
            column_in(path, "SELECT version_num FROM alembic_version")
    except sqlite3.Error as error:
        return _reason_of_sqlite(path, error)
    except OSError as error:
        return Message("%(path)s: %(cause)s", path=str(path), cause=error.strerror or str(error))
    return ""


def _reason_of_sqlite(path: Path, error: sqlite3.Error) -> str:
    if is_broken(error):
        return Message(
            "%(path)s is damaged (%(cause)s): %(hint)s", path=str(path), cause=str(error), hint=Message(RESTORE)
        )
    return Message("%(path)s: %(cause)s", path=str(path), cause=str(error))


def _is_overdue(error: Exception) -> bool:
    from .bounded_postgresql import OVERDUE

    return isinstance(getattr(error, "orig", error), OVERDUE)


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
