"""Reads and writes the rows of the history in one transaction. Imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, delete, insert, select

from .database_writer_client import Changes, Rows
from .history_tables import COPIED, LEDGER, identity, recorded, versions

_CHUNK = 500
"""Rows per statement: SQLite binds at most 32,766 values."""

Item = TypeVar("Item")


def identity_of(connection: Connection) -> str:
    return str(connection.execute(select(identity.c.id)).scalar_one())


def record(connection: Connection, changes: Changes) -> None:
    """Writes the row of each slug, or deletes it for None; adds new versions in ``recorded`` to the ledger."""
    for name, rows in changes.items():
        table = COPIED[name]
        present = [row for row in rows.values() if row is not None]
        if table is recorded:
            _add_versions(connection, present)
        for slugs in _chunks(rows):
            connection.execute(delete(table).where(table.c.slug.in_(slugs)))
        _insert(connection, table, present)


def exchange(connection: Connection, theirs: Rows) -> Rows:
    """Adds the rows of *theirs* whose slugs have no row here. Returns all rows that *theirs* lacks or has with other
    values."""
    lacking: Rows = {}
    for name, table in COPIED.items():
        known = {row.slug: list(row) for row in connection.execute(select(table))}
        copied = {str(row[0]): row for row in theirs.get(name, [])}
        new = [row for slug, row in copied.items() if slug not in known and _may_be_added(connection, name, slug)]
        if table is recorded:
            _add_versions(connection, new)
        _insert(connection, table, new)
        lacking[name] = [row for slug, row in known.items() if copied.get(slug) != row]
    return lacking


def _may_be_added(connection: Connection, name: str, slug: str) -> bool:
    """False for a removal or rename of an article that is public: an old catalog may have one although the article was
    published again."""
    if name not in ("moved", "removed"):
        return True
    return connection.execute(select(recorded.c.slug).where(recorded.c.slug == slug)).first() is None


def _add_versions(connection: Connection, rows: Sequence[Sequence[Any]]) -> None:
    """Adds the rows of ``recorded`` to the ledger whose version is not the current one of their slug."""
    now = datetime.now(UTC)
    for chunk in _chunks(rows):
        wanted = select(recorded.c.slug, recorded.c.version).where(recorded.c.slug.in_([row[0] for row in chunk]))
        known = {row.slug: row.version for row in connection.execute(wanted)}
        new = [dict(zip(recorded.c.keys(), row, strict=True)) for row in chunk if known.get(row[0]) != row[1]]
        if new:
            connection.execute(
                insert(versions), [{name: row[name] for name in LEDGER} | {"seen_at": now} for row in new]
            )


def _insert(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    for chunk in _chunks(rows):
        connection.execute(insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in chunk])


def _chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
