"""Random keys in a database table (columns ``name``, ``key``), the same in all processes. Imports SQLAlchemy."""

from __future__ import annotations

import secrets

from sqlalchemy import Connection, Table, select

from .database import State
from .insert_once import insert_once

SITE = "site"
"""The name of the key that signs forms, cookies and links. Other names are days."""


def stored_key(connection: Connection, table: Table, name: str = SITE) -> bytes:
    """The key *name* in *table*, without writing; empty if it does not exist."""
    return bytes(connection.execute(select(table.c.key).where(table.c.name == name)).scalar() or b"")


def secret_key(connection: Connection, table: Table, name: str = SITE) -> bytes:
    """The key *name* in *table*, 32 bytes. Creates it if it does not exist."""
    if not (found := stored_key(connection, table, name)):
        insert_once(connection, table, {"name": name, "key": secrets.token_bytes(32)}, "name")
        found = stored_key(connection, table, name)
    return found


def site_key(state: State, table: Table) -> bytes:
    """The key SITE in *table*. Reads first, so that pages work while the database is read-only or locked.

    Raises StateUnusable or Busy.
    """
    with state.reading() as connection:
        if found := stored_key(connection, table):
            return found
    with state.writing() as connection:
        return secret_key(connection, table)
