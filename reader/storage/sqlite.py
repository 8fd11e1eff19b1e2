"""SQLite databases shared by threads and processes: opening in WAL mode, and replacing a corrupt file."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from .locks import waiting_lock

LOG = logging.getLogger(__name__)

KEPT_BROKEN = 3
"""The number of corrupt files that are kept, newest first."""

_SIDE_FILES = ("", "-wal", "-shm")


def open_database(path: Path, timeout_seconds: float) -> sqlite3.Connection:
    """A connection in autocommit and WAL mode. *timeout_seconds* is its busy timeout. Use one per thread."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=timeout_seconds, isolation_level=None, check_same_thread=False)
    with closing_on_error(connection):
        _enable_wal(connection, time.monotonic() + timeout_seconds)
        connection.execute("PRAGMA synchronous = NORMAL")
    return connection


@contextmanager
def closing_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    """Closes *connection* if the block raises."""
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _enable_wal(connection: sqlite3.Connection, deadline: float) -> None:
    """Switches the file to WAL mode. Retries until *deadline*: SQLite does not call its busy handler for this."""
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
    """The inode; 0 if there is no file. Uses stat: closing a descriptor would drop SQLite's locks."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def wal_of(path: Path) -> Path:
    """The path of the database's write-ahead log, which exists while any connection is open."""
    return Path(f"{path}-wal")


def damage_of(path: Path, log: int) -> str:
    """Damage to an open database that SQLite does not notice; empty if none. *log* is the inode of its WAL, or 0."""
    with suppress(OSError):
        if path.stat().st_size == 0:
            return "it was emptied"
    return "its write-ahead log was deleted" if log and file_identity(wal_of(path)) != log else ""


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the error means that the file is corrupt, rather than busy, full or unreachable."""
    code = getattr(error, "sqlite_errorcode", 0)
    is_damaged = code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return is_damaged or code == sqlite3.SQLITE_IOERR_SHORT_READ or str(error).startswith("no such table")


def is_no_file(path: Path) -> bool:
    """Whether a folder, FIFO or device is in the place of the database or its log: SQLite reports an I/O error."""
    parts = (Path(f"{path}{suffix}") for suffix in _SIDE_FILES)
    return any(part.exists() and not part.is_file() for part in parts)


def set_aside(path: Path, identity: int, reason: object, make: Callable[[Path, Path], None] | None = None) -> None:
    """Renames a corrupt database to ``<name>.broken-<time>`` and logs it, unless another process has done so.

    *identity* is the inode of the corrupt file. *make(new, broken)* creates the new database and can recover data from
    the broken one. Without *make*, the next connection creates the file.
    """
    with waiting_lock(path.with_name(f"{path.name}.lock")):
        if file_identity(path) != identity:
            return
        broken = _unused(path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"))
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
        _delete_oldest(path)


def _unused(path: Path) -> Path:
    """*path*, or with a number if a file of the same second has it: no broken file takes the place of another."""
    names = chain([path], (path.with_name(f"{path.name}.{number}") for number in count(2)))
    return next(name for name in names if not name.exists())


def _delete_oldest(path: Path) -> None:
    names = sorted(p for p in path.parent.glob(f"{path.name}.broken-*") if not p.name.endswith(("-wal", "-shm")))
    for old in names[:-KEPT_BROKEN]:
        for suffix in _SIDE_FILES:
            with suppress(OSError):  # a folder that was in the place of a database stays
                Path(f"{old}{suffix}").unlink(missing_ok=True)
