"""An idempotent insert that is safe under concurrency in both engines. Imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, values: Mapping[str, object], *unique: str) -> bool:
    """Inserts a row unless one with the same values in the columns *unique* exists. Returns whether it was inserted.

    It uses RETURNING, because the row count of such an insert is unknown with PostgreSQL.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing(index_elements=list(unique))
    return connection.execute(statement.returning(table.c[unique[0]])).first() is not None
