"""SQLite databases shared by threads and processes: opening in WAL mode, creating, and replacing a corrupt file.

SQLite finds a write-ahead log by the file name of its database. Therefore two databases never have the same name: each
new one gets a file name with a random number, ``catalog.sqlite3.<number>``, and ``catalog.sqlite3`` is a symbolic link
to the current one, replaced atomically. A connection to an old file cannot change the log of the new one.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count
from pathlib import Path

from .locks import is_locked, waiting_lock
from .private_files import create_private

LOG = logging.getLogger(__name__)

KEPT_BROKEN = 3
"""How many corrupt files of a database remain; older ones are deleted."""

WAL_SECONDS = 10.0
"""How long switching a file to WAL mode is tried. Only new files and files of other programs need the switch."""

_SIDE_FILES = ("", "-wal", "-shm")

Make = Callable[[Path, Path], None]
"""``make(new, old)`` writes the new database; it can copy from the old one, which may be missing or corrupt."""


def open_database(path: Path, timeout_seconds: float, mode: str = "rw") -> sqlite3.Connection:
    """A connection in autocommit and WAL mode. *timeout_seconds* is its busy timeout. Use one per thread.

    *mode* is that of SQLite's URIs. Only ``rwc`` creates a missing file; an empty file would look like a database.
    Raises sqlite3.Error.
    """
    if mode == "rw" and _is_empty(path):  # SQLite would wait for the lock of a process that still has the file open
        raise _not_a_database("it was emptied")
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(
        address, uri=True, timeout=timeout_seconds, isolation_level=None, check_same_thread=False
    )
    with closing_on_error(connection):
        _enable_wal(connection, time.monotonic() + min(timeout_seconds, WAL_SECONDS))
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


def file_identity(path: Path) -> str:
    """The inode and the name of the file that contains the database; empty if it does not exist.

    Uses stat instead of an open file: closing a descriptor would release SQLite's locks.
    """
    try:
        return f"{path.stat().st_ino} {file_of(path).name}"
    except OSError:
        return ""


def file_of(path: Path) -> Path:
    """The database file that the symbolic link at *path* names; *path* itself if it is not such a link.

    *path* is the database itself if an old version of Reader made it, or if a copy of the folder resolved the links.
    """
    try:
        name = str(path.readlink())
    except OSError:
        return path
    return path.with_name(name) if _is_numbered(path, name) else path


def _is_numbered(path: Path, name: str) -> bool:
    return re.fullmatch(rf"{re.escape(path.name)}\.[0-9a-f]{{16}}", name) is not None


def wal_of(path: Path) -> Path:
    """The path of the database's write-ahead log, which exists while any connection is open."""
    return Path(f"{os.path.realpath(path)}-wal")


def damage_of(path: Path, log: str) -> str:
    """Damage to an open database that SQLite does not detect; empty if none. *log* is the ``file_identity`` of its
    write-ahead log when it was opened."""
    if _is_empty(path):
        return "it was emptied"
    return "its write-ahead log was deleted" if log and file_identity(wal_of(path)) != log else ""


def _is_empty(path: Path) -> bool:
    """Whether the file exists with a size of 0. A database of ``create_database`` never does."""
    try:
        return path.stat().st_size == 0
    except OSError:
        return False


def _not_a_database(reason: str) -> sqlite3.DatabaseError:
    error = sqlite3.DatabaseError(reason)
    error.sqlite_errorcode = sqlite3.SQLITE_NOTADB
    return error


def is_broken(error: sqlite3.Error) -> bool:
    """Whether the error means that the file is corrupt, rather than busy, full or unreachable."""
    code = getattr(error, "sqlite_errorcode", 0)
    is_damaged = code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return is_damaged or code == sqlite3.SQLITE_IOERR_SHORT_READ or str(error).startswith("no such table")


def is_no_file(path: Path) -> bool:
    """Whether the path of the database or its log is a folder, FIFO or device: SQLite reports an I/O error then."""
    parts = (Path(f"{os.path.realpath(path)}{suffix}") for suffix in _SIDE_FILES)
    return any(part.exists() and not part.is_file() for part in parts)


def is_being_replaced(path: Path) -> bool:
    """Whether another process is creating a new database now. That process may be suspended (SIGSTOP) meanwhile."""
    return is_locked(_lock_of(path))


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


def create_database(path: Path, make: Make) -> None:
    """Creates the database unless it exists or another process has created it."""
    _replace(path, "", make)


def set_aside(path: Path, identity: str, reason: object, make: Make) -> None:
    """Renames a corrupt database to ``<name>.broken-<time>``, logs *reason*, and creates a new one at *path*.

    *identity* is the ``file_identity`` of the corrupt file, empty if it is missing. Does nothing if another process has
    replaced the file. Raises sqlite3.Error.
    """
    _replace(path, identity, make, reason)


def renew_database(path: Path, identity: str, make: Make) -> None:
    """Like ``set_aside``, for an intact database with another schema version: deletes the old file, logs nothing."""
    _replace(path, identity, make)


def _replace(path: Path, identity: str, make: Make, reason: object = "") -> None:
    with waiting_lock(_lock_of(path)):
        if file_identity(path) != identity:
            return
        old = _unused(path.with_name(f"{path.name}.broken-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"))
        if reason:
            LOG.error("%s cannot be used (%s): it is set aside as %s and a new one is created", path, reason, old.name)
        current = file_of(path)
        for suffix in _SIDE_FILES:
            with suppress(FileNotFoundError):
                Path(f"{current}{suffix}").replace(f"{old}{suffix}")
        new = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        try:
            create_private(new)
        except OSError as error:  # the folder was deleted meanwhile, or the disk is full
            raise sqlite3.OperationalError(f"{path} cannot be created: {error.strerror}") from error
        make(new, old)
        _publish(path, new)
        if not reason:
            _delete(old)
        _delete_oldest(path)


def _publish(path: Path, new: Path) -> None:
    """Makes *path* a symbolic link to *new*, or renames *new* to it on a file system without links (FAT)."""
    link = path.with_name(f"{path.name}.link")
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(new.name)
    except OSError:
        new.replace(path)
    else:
        link.replace(path)


def _unused(path: Path) -> Path:
    """*path*, or *path* with the first free number from 2 if a file of the same second exists: none is overwritten."""
    names = chain([path], (path.with_name(f"{path.name}.{number}") for number in count(2)))
    return next(name for name in names if not name.exists())


def _delete_oldest(path: Path) -> None:
    """Deletes corrupt files beyond KEPT_BROKEN, and numbered files to which the symbolic link does not point: they
    remain when somebody deletes the link."""
    names = sorted(p for p in path.parent.glob(f"{path.name}.broken-*") if not p.name.endswith(("-wal", "-shm")))
    for old in names[:-KEPT_BROKEN]:
        _delete(old)
    others = {p.with_name(p.name.removesuffix("-wal").removesuffix("-shm")) for p in path.parent.glob(f"{path.name}.*")}
    for other in others - {file_of(path)}:
        if _is_numbered(path, other.name):
            _delete(other)


def _delete(path: Path) -> None:
    for suffix in _SIDE_FILES:
        with suppress(OSError):  # a folder at this path remains
            Path(f"{path}{suffix}").unlink(missing_ok=True)
