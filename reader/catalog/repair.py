"""A catalog that cannot be used is set aside and made anew, with the rows of its history that can still be read."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..storage.sqlite import file_identity, is_broken, set_aside
from .schema import HISTORY_TABLES, connect, make_tables


@contextmanager
def repairing(path: Path) -> Iterator[None]:
    """An error that says the catalog is broken has it made anew, and goes on to the caller."""
    identity = file_identity(path)
    try:
        yield
    except sqlite3.DatabaseError as error:
        repair(path, identity, error)
        raise


def prepare(path: Path) -> None:
    """The tables are there and current when this returns; a file that cannot be used is replaced."""
    identity = file_identity(path)
    try:
        make_tables(path)
    except sqlite3.DatabaseError as error:
        is_foreign = error.sqlite_errorcode == sqlite3.SQLITE_ERROR  # a database, with other tables than ours
        if not (is_foreign and replace(path, identity, error)) and not repair(path, identity, error):
            raise
        make_tables(path)


def repair(path: Path, identity: int, error: sqlite3.Error) -> bool:
    """Whether *error* says that the file with this *identity* is broken; then it has been replaced."""
    return is_broken(error) and replace(path, identity, error)


def replace(path: Path, identity: int, reason: object) -> bool:
    set_aside(path, identity, reason, _make_anew)
    return True


def _make_anew(new: Path, broken: Path) -> None:
    """Its revision is beyond any that the broken one had, so that nothing kept from then counts as current."""
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
    """Until the first one that cannot be read."""
    try:
        if not broken.exists():
            return
        with closing(sqlite3.connect(broken)) as connection:
            yield from connection.execute(f"SELECT * FROM {table}")
    except sqlite3.Error:
        return
