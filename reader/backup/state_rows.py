"""Dumps the rows of the state database to JSON, and loads them into SQLite or PostgreSQL. Imports SQLAlchemy."""

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

TABLES_WITH_INITIAL_ROWS = ("state_revision", "history_identity")
"""Migrations insert rows into these tables, so their rows do not show that the database was used."""
NOT_SAVED = ("export_jobs", "export_pools")
"""A backup leaves out the rows of these tables: the exports can be ordered again."""

_CHUNK = 500
_EARLIEST, _LATEST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 and 9999 in microseconds since 1970, as times are stored. No other number in the database is larger."""


def dump(connection: Connection) -> Iterator[str]:
    """JSON lines: first the list of applied migrations, then ``[table name, values]`` for each row.

    The transaction of *connection* must see one consistent snapshot of the database.
    """
    yield json.dumps({"migrations": sorted(applied(connection))})
    for table in _saved_tables(connection):
        for row in connection.execute(select(table), execution_options={"yield_per": 500}):
            yield json.dumps([table.name, [_to_json(value) for value in row]])


def load(connection: Connection, lines: Iterable[str]) -> None:
    """Replaces all tables and rows of the database. Raises BadBackup, and SQLAlchemy's errors; then nothing is changed.

    Creates the tables with the schema of the backup, inserts the rows, and then applies the later migrations.
    """
    rest = iter(lines)
    migrations = json.loads(next(rest, "{}")).get("migrations", [])
    if not set(migrations) <= known_ids():
        raise BadBackup(Message("it was made by a later version of Reader"))
    _drop_all(connection)
    upgrade(connection, migrations)
    tables = {table.name: table for table in _sorted_tables(connection)}
    for table in tables.values():
        connection.execute(table.delete())  # the rows that migrations inserted
    rows: dict[str, list[dict[str, Any]]] = {}
    for line in rest:
        name, values = json.loads(line)
        rows.setdefault(name, []).append(_row(tables[name], values))
        if len(rows[name]) == _CHUNK:
            connection.execute(insert(tables[name]), rows.pop(name))
    for name in [name for name in tables if rows.get(name)]:
        connection.execute(insert(tables[name]), rows[name])
    _set_sequences(connection, tables.values())
    upgrade(connection, ["heads"])


def _row(table: Table, values: list[Any]) -> dict[str, Any]:
    """The values by column. Raises ValueError for a value of another type, and for a number that is no time.

    SQLite stores such a value, but each page that reads it would fail.
    """
    row = {column.name: _from_json(value) for column, value in zip(table.c, values, strict=True)}
    for column in table.c:
        value = row[column.name]
        is_valid = value is None or isinstance(value, column.type.python_type)
        if not is_valid or (isinstance(value, int) and not _EARLIEST <= value <= _LATEST):
            raise ValueError(f"{table.name}.{column.name}: {str(value)[:50]}")
    return row


def has_rows(connection: Connection) -> bool:
    """Whether the database contains rows other than those that migrations insert."""
    tables = (table for table in _saved_tables(connection) if table.name not in TABLES_WITH_INITIAL_ROWS)
    return any(connection.execute(select(table).limit(1)).first() for table in tables)


def transaction_number(connection: Connection) -> int | None:
    """The server's id of this transaction. None for SQLite, which commits or fails before the call returns."""
    if connection.dialect.name != "postgresql":
        return None
    found: int = connection.execute(text("SELECT txid_current()")).scalar_one()
    return found


def is_committed(connection: Connection, transaction: int) -> bool | None:
    """Whether *transaction* was committed; None while it is still in progress. PostgreSQL only."""
    status = connection.execute(text("SELECT txid_status(:number)"), {"number": transaction}).scalar_one()
    return None if status == "in progress" else status == "committed"


def _sorted_tables(connection: Connection) -> list[Table]:
    """All tables except Alembic's. A table comes after the tables that its foreign keys refer to."""
    metadata = MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def _saved_tables(connection: Connection) -> list[Table]:
    return [table for table in _sorted_tables(connection) if table.name not in NOT_SAVED]


def _drop_all(connection: Connection) -> None:
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def _set_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """Sets PostgreSQL's id sequences after the largest existing id, because inserts with explicit ids do not advance
    them."""
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
