"""SQLite files that many threads and processes open at once, and what is done when one of them is broken."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .locks import waiting_lock

LOG = logging.getLogger(__name__)

KEPT_BROKEN = 3
"""So many files that were set aside are kept, the newest ones."""

_SIDE_FILES = ("", "-wal", "-shm")


def open_database(path: Path, timeout_seconds: float) -> sqlite3.Connection:
    """A connection in autocommit mode and WAL, which waits up to *timeout_seconds* for others; one a thread."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=timeout_seconds, isolation_level=None, check_same_thread=False)
    with closing_on_error(connection):
        _turn_to_wal(connection, time.monotonic() + timeout_seconds)
        connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextmanager
def closing_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """A connection that does not get as far as its caller is closed."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _turn_to_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """A new file is turned by whoever comes first.

    For this one step SQLite does not call its busy handler, so the timeout of the connection means nothing to it.
    """
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            if time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def file_identity(path: Path) -> int:
    """The inode; 0 if there is no such file. (Never by opening it: closing would drop SQLite's locks on it.)"""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def log_of(path: Path) -> Path:
    """The write-ahead log beside a database: it is there for as long as anybody has the database open."""
    return Path(f"{path}-wal")


def loss(path: Path, log: int) -> str:
    """What happened to a file that is open here, of which SQLite notices nothing; *log* is its log's identity, or 0."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            return "it was emptied"
    return "its write-ahead log was deleted" if log and file_identity(log_of(path)) != log else ""


def is_broken(error: sqlite3.Error) -> bool:
    """Whether it says that the file itself is unusable, rather than busy, full or out of reach."""
    code = getattr(error, "sqlite_errorcode", 0)
    is_damaged = code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return is_damaged or code == sqlite3.SQLITE_IOERR_SHORT_READ or str(error).startswith("no such table")


def set_aside(path: Path, identity: int, reason: object, make: Callable[[Path, Path], None] | None = None) -> None:
    """Renames the database to ``<name>.broken-<time>``, with one log line, unless another process has done so.

    *identity* is that of the file found broken. *make* writes a new database to its first argument, and may take from
    the second, the broken one, what can be read; without it the next to open the path makes the file.
    """
    with waiting_lock(path.with_name(f"{path.name}.lock")):
        if file_identity(path) != identity:
            return
        broken = path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
        LOG.error("%s cannot be used (%s): it is set aside as %s and made anew", path, reason, broken.name)
        for suffix in _SIDE_FILES:
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").replace(f"{broken}{suffix}")
        if make:
            new = path.with_name(f"{path.name}.new")
            for suffix in _SIDE_FILES:
                Path(f"{new}{suffix}").unlink(missing_ok=True)
            make(new, broken)
            new.replace(path)
        _forget_oldest(path)


def _forget_oldest(path: Path) -> None:
    names = sorted(p for p in path.parent.glob(f"{path.name}.broken-*") if not p.name.endswith(("-wal", "-shm")))
    for old in names[:-KEPT_BROKEN]:
        for suffix in _SIDE_FILES:
            Path(f"{old}{suffix}").unlink(missing_ok=True)
