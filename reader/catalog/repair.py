"""Replaces a corrupt catalog file and copies the history rows that can still be read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..storage.sqlite import file_identity, is_broken, is_no_file, set_aside
from .schema import HISTORY_TABLES, connect, make_tables

_prepared: set[Path] = set()
"""Catalogs that this process has used. If one of them is missing, it was deleted, and must be filled again."""


@contextmanager
def repairing(path: Path) -> Iterator[None]:
    """Replaces the catalog if the block raises an error that says it is corrupt; the error is raised again."""
    if not (identity := file_identity(path)):
        prepare(path)
        identity = file_identity(path)
    try:
        yield
    except sqlite3.DatabaseError as error:
        repair(path, identity, error)
        raise


def prepare(path: Path) -> None:
    """Creates or updates the tables; a file that cannot be used, or was deleted while in use, is replaced."""
    identity = file_identity(path)
    try:
        if not identity and path in _prepared:
            replace(path, identity, "it was deleted")
        make_tables(path)
        _prepared.add(path)
    except sqlite3.DatabaseError as error:
        is_foreign = error.sqlite_errorcode == sqlite3.SQLITE_ERROR  # the tables of another program
        if not (is_foreign and replace(path, identity, error)) and not repair(path, identity, error):
            raise
        make_tables(path)


def repair(path: Path, identity: int, error: sqlite3.Error) -> bool:
    """Replaces the file with this *identity* if it is corrupt, by *error*, or no file. Returns whether it did."""
    return (is_broken(error) or is_no_file(path)) and replace(path, identity, error)


def replace(path: Path, identity: int, reason: object) -> bool:
    set_aside(path, identity, reason, _make_anew)
    return True


def _make_anew(new: Path, broken: Path) -> None:
    """Writes a new catalog. Its revision is higher than any of the old one, so that no cached response stays valid."""
    make_tables(new)
    now = int(time.time())
    with closing(connect(new)) as connection:
        rows = [("revision", now), ("changed_at", now), ("rebuilding", "1")]
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
        for table in HISTORY_TABLES:
            for row in _readable_rows(broken, table):
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _readable_rows(broken: Path, table: str) -> Iterator[tuple[object, ...]]:
    """The rows up to the first one that cannot be read."""
    try:
        if not broken.exists():
            return
        with closing(sqlite3.connect(broken)) as connection:
            yield from connection.execute(f"SELECT * FROM {table}")
    except sqlite3.Error:
        return
