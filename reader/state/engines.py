"""SQLAlchemy engines: SQLite in WAL mode with full synchronization, and PostgreSQL by psycopg 3. Imports SQLAlchemy.

Both give the same transactions. One that reads sees one state of the database from its first query on. Those that write
come one after the other, so what a transaction has read is still true when it writes.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, make_url

from ..storage.sqlite import closing_on_error, open_database

BUSY_SECONDS = 30
"""How long a transaction waits for those before it."""

CONNECT_SECONDS = 5

WRITES = "writes"
"""The execution option of a connection whose transactions write."""

WRITER_LOCK = 0x52454144
"""PostgreSQL's advisory lock that the one transaction holds that writes ("READ")."""

POOL = {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 60, "pool_timeout": BUSY_SECONDS}
"""Four connections stay open in a process; there may be one for each of its threads."""

# The server looks after a connection, too, so that the lock of a machine that vanished is free within ten seconds.
_KEEPALIVE = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2"


def sqlite_engine(path: Path) -> Engine:
    """The file must exist. A commit is on the disk when it returns (synchronous = FULL)."""

    def connect() -> sqlite3.Connection:
        connection = open_database(path, timeout_seconds=BUSY_SECONDS)
        with closing_on_error(connection):
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, hide_parameters=True, **POOL)
    event.listen(engine, "begin", _begin_in_sqlite)
    return engine


def postgresql_engine(url: str) -> Engine:
    """Raises ImportError without psycopg (requirements-many.txt)."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": "reader", "options": _KEEPALIVE}
    arguments = {name: value for name, value in arguments.items() if name not in address.query}
    engine = create_engine(address, connect_args=arguments, pool_pre_ping=True, hide_parameters=True, **POOL)
    event.listen(engine, "begin", _begin_in_postgresql)
    return engine


def _begin_in_sqlite(connection: Connection) -> None:
    """The connection is in autocommit mode: sqlite3's own BEGIN comes too late for a write lock."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_in_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
