"""SQLAlchemy engines: SQLite in WAL mode with full synchronization, and PostgreSQL by psycopg 3. Imports SQLAlchemy.

Transactions behave the same with both. A reading transaction sees one snapshot of the database, taken at its first
query. Writing transactions run one after the other, so the data that such a transaction has read is still current when
it writes.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url

from ..storage.sqlite import closing_on_error, open_database

if TYPE_CHECKING:
    from .bounded_postgresql import BoundedConnection

BUSY_SECONDS = 30
"""How long a writing transaction waits for the others."""

CONNECT_SECONDS = 5
"""How long connecting to PostgreSQL may take."""

LOCKED_SECONDS = 5
"""How long a reading transaction waits for a table that another program has locked."""

READING_SECONDS, WRITING_SECONDS = 10.0, BUSY_SECONDS + 30.0
"""How long PostgreSQL may take for an answer in each kind of transaction. Large tables are read in parts."""

WRITES, QUEUES = "writes", "queues"
"""The execution options that mark a connection for writing transactions, and for those of ``State.queueing``."""

WRITER_LOCK = 0x52454144
"""The id of PostgreSQL's advisory lock that the writing transaction holds ("READ" in ASCII)."""

POOL = {"poolclass": QueuePool, "pool_size": 4, "max_overflow": 60, "pool_timeout": BUSY_SECONDS}
"""Four connections stay open in a process; up to 64 threads can have one each."""

# The server probes the connection, so that it releases the lock of an unreachable machine within ten seconds.
_KEEPALIVE = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=2"
_OPTIONS = f"{_KEEPALIVE} -c lock_timeout={LOCKED_SECONDS}s"


def sqlite_engine(path: Path) -> Engine:
    """An engine for the SQLite file at *path*, which must exist. A commit returns when it is on the disk (synchronous =
    FULL)."""

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
    """An engine for the PostgreSQL database at *url*. Raises ImportError without psycopg (requirements-many.txt)."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(address, connect_args=_arguments(address), pool_pre_ping=True, hide_parameters=True, **POOL)
    event.listen(engine, "do_connect", _connect_to_postgresql)
    event.listen(engine, "begin", _begin_in_postgresql)
    return engine


def connection_arguments(url: str) -> tuple[str, dict[str, Any]]:
    """The URL and the arguments with which ``psycopg.connect`` connects to the PostgreSQL database at *url*."""
    address = make_url(url).set(drivername="postgresql")
    return address.render_as_string(hide_password=False), _arguments(address)


def _arguments(address: URL) -> dict[str, Any]:
    """The arguments of a connection that the URL does not set."""
    arguments = {"connect_timeout": CONNECT_SECONDS, "application_name": "reader", "options": _OPTIONS}
    return {name: value for name, value in arguments.items() if name not in address.query}


def _begin_in_sqlite(connection: Connection) -> None:
    """Begins a transaction. The connection is in autocommit mode, because the implicit BEGIN of the sqlite3 module
    comes too late for a write lock."""
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _connect_to_postgresql(_dialect: object, _record: object, arguments: Any, options: Any) -> BoundedConnection:
    from .bounded_postgresql import BoundedConnection

    return BoundedConnection.connect(*arguments, **options)


def limit_wait(connection: Connection, seconds: float | None) -> None:
    """Limits the wait for each answer of PostgreSQL in this transaction; None removes the limit. Does nothing for
    SQLite."""
    if connection.dialect.name == "postgresql":
        connection.connection.driver_connection.longest_seconds = seconds  # type: ignore[union-attr]


def _begin_in_postgresql(connection: Connection) -> None:
    options = connection.get_execution_options()
    queues, writes = options.get(QUEUES), options.get(WRITES)
    limit_wait(connection, WRITING_SECONDS if writes and not queues else READING_SECONDS)
    if queues:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
    elif writes:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
