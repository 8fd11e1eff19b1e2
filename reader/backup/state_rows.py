"""The rows of the state database as JSON, read from one engine and written to either. Imports SQLAlchemy."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Integer, MetaData, Table, func, insert, select, text

from ..errors import BadBackup
from ..i18n import Message
from ..state.migrating import applied, upgrade
from ..state.migration_heads import known_ids

MADE_WITH_ROWS = ("state_revision", "history_identity")
_CHUNK = 500


def dumped(connection: Connection) -> Iterator[str]:
    """Lines: the migrations that were applied, then each row. *connection* sees one state of the database."""
    yield json.dumps({"migrations": sorted(applied(connection))})
    for table in _tables(connection):
        for row in connection.execute(select(table)):
            yield json.dumps([table.name, [_to_json(value) for value in row]])


def load(connection: Connection, lines: Iterable[str]) -> None:
    """Replaces everything in the database. Raises BadBackup, and SQLAlchemy's errors; then nothing is changed.

    The tables are made as they were when the backup was made, filled, and brought up to date.
    """
    rest = iter(lines)
    migrations = json.loads(next(rest, "{}")).get("migrations", [])
    if not set(migrations) <= known_ids():
        raise BadBackup(Message("it was made by a later version of Reader"))
    _drop_all(connection)
    upgrade(connection, migrations)
    tables = {table.name: table for table in _tables(connection)}
    for table in tables.values():
        connection.execute(table.delete())  # what migrations put in
    rows: dict[str, list[dict[str, Any]]] = {}
    for line in rest:
        name, values = json.loads(line)
        columns = tables[name].c.keys()
        rows.setdefault(name, []).append(dict(zip(columns, map(_from_json, values), strict=True)))
        if len(rows[name]) == _CHUNK:
            connection.execute(insert(tables[name]), rows.pop(name))
    for name in [name for name in tables if rows.get(name)]:
        connection.execute(insert(tables[name]), rows[name])
    _continue_numbers(connection, tables.values())
    upgrade(connection, ["heads"])


def has_rows(connection: Connection) -> bool:
    """Whether anything was recorded since the tables were made."""
    tables = (table for table in _tables(connection) if table.name not in MADE_WITH_ROWS)
    return any(connection.execute(select(table).limit(1)).first() for table in tables)


def transaction_number(connection: Connection) -> int | None:
    """By which the server knows this transaction; None for SQLite, which commits or fails before the call returns."""
    if connection.dialect.name != "postgresql":
        return None
    found: int = connection.execute(text("SELECT txid_current()")).scalar_one()
    return found


def is_committed(connection: Connection, transaction: int) -> bool | None:
    """None while the transaction still goes on."""
    status = connection.execute(text("SELECT txid_status(:number)"), {"number": transaction}).scalar_one()
    return None if status == "in progress" else status == "committed"


def _tables(connection: Connection) -> list[Table]:
    """Those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _drop_all(connection: Connection) -> None:
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def _continue_numbers(connection: Connection, tables: Iterable[Table]) -> None:
    """PostgreSQL counts the ids of new rows itself, and does not look at those that are there."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for column in table.primary_key:
            if isinstance(column.type, Integer) and column.server_default is not None:
                last = connection.execute(select(func.max(column))).scalar() or 0
                query = text("SELECT setval(pg_get_serial_sequence(:table, :column), :next, false)")
                connection.execute(query, {"table": table.name, "column": column.name, "next": last + 1})


def _to_json(value: Any) -> Any:
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes | memoryview) else value


def _from_json(value: Any) -> Any:
    return base64.b64decode(value["base64"]) if isinstance(value, dict) else value
