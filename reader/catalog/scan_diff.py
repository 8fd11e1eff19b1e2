"""Compares the result of a directory walk with the catalog. Does not take the write lock."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ..i18n import deserialize
from ..models import Problem
from .repair import repairing
from .schema import connect, is_complete

Found = tuple[str, str, str, str]
"""(path, stamp, cause, hint) of a file. *cause* is a serialized Message, empty for a readable file."""

_MISSING = """FROM files k WHERE {} AND NOT EXISTS (SELECT 1 FROM found f WHERE f.path = k.path)
    AND NOT EXISTS (SELECT 1 FROM found f WHERE f.cause <> '' AND k.path > f.path || '/' AND k.path < f.path || '0')"""
_BELOW = "(path = ?1 OR (path > ?1 || '/' AND path < ?1 || '0'))"


@dataclass(frozen=True)
class Comparison:
    """The result of ``compare``. Stamps identify a version of a file.

    ``changed`` maps the paths of files to read to their stamps. ``known`` maps the paths of the changed files that were
    read before to their previous stamp and digest. ``problems`` are new problems with the stamps of their files.
    ``missing`` are files in the catalog that were not found; ``returned`` are files that were missing and were found
    again. Files below a folder that could not be listed are in neither. ``is_empty`` is true if no readable file was
    found.
    """

    changed: dict[str, str]
    problems: tuple[tuple[str, Problem], ...]
    missing: tuple[str, ...]
    returned: tuple[str, ...]
    is_empty: bool
    known: dict[str, tuple[str, str]] = field(default_factory=dict)


def compare(catalog: Path, names: Iterable[str], found: Iterable[Found]) -> Comparison:
    """Compares *found*, all files at and below the paths *names*, with the catalog. ``""`` is the whole folder.

    The comparison uses a temporary table on disk, so that a web process does not have 100,000 names in memory.
    """
    with repairing(catalog), closing(connect(catalog)) as connection:
        connection.execute(
            "CREATE TEMP TABLE found (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, cause TEXT NOT NULL,"
            " hint TEXT NOT NULL) WITHOUT ROWID"
        )
        connection.execute("BEGIN")
        connection.executemany("INSERT OR REPLACE INTO found VALUES (?, ?, ?, ?)", found)
        connection.execute("CREATE INDEX temp.found_in_trouble ON found (path) WHERE cause <> ''")
        comparison = _compare(connection, names)
        connection.execute("ROLLBACK")
        return comparison


def is_filled(catalog: Path) -> bool:
    """Whether a scan of the whole folder has ended, so that pages can be served from the catalog."""
    with repairing(catalog), closing(connect(catalog)) as connection:
        return is_complete(connection)


def is_filled_or_faulty(catalog: Path) -> bool:
    """Whether the catalog is filled, or the folder has a fault: then waiting for the scan is useless."""
    with repairing(catalog), closing(connect(catalog)) as connection:
        fault = "SELECT 1 FROM meta WHERE key = 'fault' AND value <> ''"
        return is_complete(connection) or connection.execute(fault).fetchone() is not None


def _compare(db: sqlite3.Connection, names: Iterable[str]) -> Comparison:
    changed = db.execute(
        "SELECT f.*, k.stamp AS known, k.digest FROM found f LEFT JOIN files k ON k.path = f.path"
        " WHERE k.stamp IS NOT f.stamp ORDER BY f.path"
    ).fetchall()
    missing = {
        str(row["path"])
        for name in names
        for row in db.execute(f"SELECT path {_MISSING.format(_BELOW if name else '?1 = ?1')}", (name,))
    }
    returned = db.execute("SELECT path FROM found JOIN files k USING (path) WHERE k.removal_due > 0").fetchall()
    return Comparison(
        changed={str(row["path"]): str(row["stamp"]) for row in changed if not row["cause"]},
        problems=tuple(
            (str(row["stamp"]), Problem(row["path"], 0, deserialize(row["cause"]), deserialize(row["hint"])))
            for row in changed
            if row["cause"]
        ),
        missing=tuple(sorted(missing)),
        returned=tuple(str(row["path"]) for row in returned),
        known={str(row["path"]): (row["known"], row["digest"]) for row in changed if row["known"] and not row["cause"]},
        is_empty=db.execute("SELECT 1 FROM found WHERE cause = '' LIMIT 1").fetchone() is None,
    )
