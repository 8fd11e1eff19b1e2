"""Creates the catalog file, replaces a corrupt or outdated one, and copies the rows that cannot be derived."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path

from ..storage.sqlite import create_database, file_identity, is_broken, is_no_file, renew_database, set_aside
from .schema import HISTORY_TABLES, SCHEMA, connect, make_tables, schema_of

_prepared: set[Path] = set()
"""The catalogs that this process has used. If one of them is missing, it was deleted, and must be filled again."""

_OF_THE_FILE = ("schema", "filled", "generation", "revision", "changed_at", "shape", "history", "history_compared")
"""The rows of ``meta`` about the catalog file; the others are about the articles folder."""

_FORMER_NAMES = {"original_slugs": "first_names"}
"""The names of tables in version 0.1."""


@contextmanager
def repairing(path: Path) -> Iterator[None]:
    """Replaces the catalog if the block raises an error that shows that it is corrupt. The error is raised again."""
    if not (identity := file_identity(path)):
        prepare(path)
        identity = file_identity(path)
    try:
        yield
    except sqlite3.DatabaseError as error:
        repair(path, identity, error)
        raise


def prepare(path: Path) -> None:
    """Creates the catalog if it does not exist. Replaces it if it is unusable, was deleted while this process used it,
    or has another schema version. Raises sqlite3.Error."""
    identity = file_identity(path)
    if not identity:
        _create(path)
    elif fault := _fault_of(path, identity):
        replace(path, identity, fault)
    _prepared.add(path)


def _create(path: Path) -> None:
    if path in _prepared:
        replace(path, "", "it was deleted")
    else:
        create_database(path, _make_new)


def _fault_of(path: Path, identity: str) -> sqlite3.Error | str:
    """Why the file cannot be used; empty if it can. Replaces a file of another version. Raises temporary errors."""
    try:
        with closing(connect(path)) as connection:
            schema = schema_of(connection)
    except sqlite3.DatabaseError as error:
        is_foreign = error.sqlite_errorcode == sqlite3.SQLITE_ERROR  # the tables of another program
        if file_identity(path) != identity:  # another process has replaced it
            return ""
        if is_foreign or is_broken(error) or is_no_file(path):
            return error
        raise
    if not schema:
        return "it holds no catalog"
    if schema != SCHEMA:
        if path in _prepared:
            raise sqlite3.OperationalError("another version of Reader has rebuilt it")
        renew_database(path, identity, _make_next_version)
    return ""


def is_of_other_version(path: Path) -> bool:
    """Whether a process with other code has rebuilt the catalog since this process used it: an update is running."""
    try:
        with closing(connect(path)) as connection:
            return path in _prepared and schema_of(connection) not in ("", SCHEMA)
    except sqlite3.Error:
        return False


def take_back(path: Path) -> None:
    """Allows this process to rebuild the catalog although a process with other code has rebuilt it."""
    _prepared.discard(path)


def repair(path: Path, identity: str, error: sqlite3.Error) -> bool:
    """Replaces the file with this *identity* if *error* shows that it is corrupt, or if *path* is not a regular file.
    Returns whether it did."""
    return (is_broken(error) or is_no_file(path)) and replace(path, identity, error)


def replace(path: Path, identity: str, reason: object) -> bool:
    """Sets the file with this *identity* aside and creates a new one. Returns True."""
    set_aside(path, identity, reason, _make_new)
    return True


def _make_new(new: Path, old: Path) -> None:
    """Writes a new catalog with the history of *old*. Its revisions differ from all of *old*, so that cached responses
    become invalid."""
    _make(new, old, [])


def _make_next_version(new: Path, old: Path) -> None:
    """Like ``_make_new``, and copies the rows of ``meta`` about the folder from an intact catalog."""
    _make(new, old, [row for row in _readable_rows(old, "meta") if row[0] not in _OF_THE_FILE])


def _make(new: Path, old: Path, known: list[tuple[object, ...]]) -> None:
    revision = time.time_ns() // 1_000  # less than one change per microsecond: stays below later catalogs
    with closing(connect(new, mode="rwc")) as connection:
        make_tables(connection)
        rows = [
            *known,
            ("revision", revision),
            ("changed_at", revision // 1_000_000),
            ("generation", secrets.token_hex(8)),
        ]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
        for table in HISTORY_TABLES:
            for row in chain(_readable_rows(old, table), _readable_rows(old, _FORMER_NAMES.get(table, table))):
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", row)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _readable_rows(broken: Path, table: str) -> Iterator[tuple[object, ...]]:
    """The rows of *table* up to the first one that cannot be read."""
    if not broken.is_file():  # it is missing, or a FIFO
        return
    try:
        with closing(sqlite3.connect(broken)) as connection:
            yield from connection.execute(f"SELECT * FROM {table}")
    except sqlite3.Error:
        return
