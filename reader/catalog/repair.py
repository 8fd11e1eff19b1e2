"""Creates the catalog file, replaces a corrupt or outdated one, and keeps the rows that cannot be derived."""

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
"""Catalogs that this process has used. If one of them is missing, it was deleted, and must be filled again."""

_OF_THE_FILE = ("schema", "filled", "generation", "revision", "changed_at", "shape", "history", "history_compared")
"""Rows of ``meta`` that say something of the file; the others are known of the folder."""

_FORMER_NAMES = {"original_slugs": "first_names"}
"""Of tables, in version 0.1."""


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
    """Creates the catalog. One that cannot be used, was deleted while in use or is of another version is replaced."""
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
        create_database(path, _make_anew)


def _fault_of(path: Path, identity: str) -> sqlite3.Error | str:
    """Why the file cannot be used; empty if it can. One of another version is renewed. Raises passing errors."""
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
            raise sqlite3.OperationalError("another version of Reader has made it anew")
        renew_database(path, identity, _make_next)
    return ""


def is_of_other_version(path: Path) -> bool:
    """Whether other code has made the catalog anew since this process used it: an update is under way."""
    try:
        with closing(connect(path)) as connection:
            return path in _prepared and schema_of(connection) not in ("", SCHEMA)
    except sqlite3.Error:
        return False


def take_back(path: Path) -> None:
    """Lets this process make the catalog anew although other code has done so."""
    _prepared.discard(path)


def repair(path: Path, identity: str, error: sqlite3.Error) -> bool:
    """Replaces the file with this *identity* if it is corrupt, by *error*, or no file. Returns whether it did."""
    return (is_broken(error) or is_no_file(path)) and replace(path, identity, error)


def replace(path: Path, identity: str, reason: object) -> bool:
    set_aside(path, identity, reason, _make_anew)
    return True


def _make_anew(new: Path, old: Path) -> None:
    """Writes a new catalog. The old one had none of its revisions, so that nothing cached of it stays valid."""
    _make(new, old, [])


def _make_next(new: Path, old: Path) -> None:
    """As ``_make_anew``, with what a sound catalog knows of the folder."""
    _make(new, old, [row for row in _readable_rows(old, "meta") if row[0] not in _OF_THE_FILE])


def _make(new: Path, old: Path, known: list[tuple[object, ...]]) -> None:
    revision = time.time_ns() // 1_000  # no catalog changes once in a microsecond, so none comes to that of a later one
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
    """The rows up to the first one that cannot be read."""
    if not broken.is_file():  # nothing is there, or a FIFO
        return
    try:
        with closing(sqlite3.connect(broken)) as connection:
            yield from connection.execute(f"SELECT * FROM {table}")
    except sqlite3.Error:
        return
