"""Creates the state database and applies migrations (Alembic), under a lock. Imports SQLAlchemy, and Alembic if needed.

A new SQLite file gets the schema in ``migrations/sqlite.sql``, the result of all migrations on an empty database.

The lock is that of a writing transaction. If several processes start at the same time, the first one migrates, and the
others find a current database. A failed migration leaves the database unchanged.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from ..storage.atomic_files import sync_folder
from ..storage.private_files import FILE_MODE, FOLDER_MODE
from ..storage.sqlite import open_database
from .engines import WRITES, limit_wait
from .migration_heads import FOLDER, is_current

SCHEMA = FOLDER / "sqlite.sql"
"""The schema of a new SQLite file; ``scripts/make_schema.py`` writes it."""


class ForeignDatabase(Exception):
    """The database has tables of another program. The message lists up to three of them."""


def create_file(path: Path) -> None:
    """Creates the SQLite database with all tables unless it exists. Raises OSError.

    It is created under a temporary name, so no process sees an empty one. If two processes create it, the first one's
    file is used.
    """
    path.parent.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new-{secrets.token_hex(8)}")
    try:
        os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
        with closing(open_database(new, timeout_seconds=1, mode="rwc")) as database:
            database.execute("PRAGMA synchronous = FULL")
            database.executescript(f"BEGIN;{SCHEMA.read_text('utf-8')}COMMIT;")
        _publish(new, path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{new}{suffix}").unlink(missing_ok=True)


def _publish(new: Path, path: Path) -> None:
    try:
        path.hardlink_to(new)
    except OSError:  # another process was faster, or a file system without links (FAT)
        if not path.exists():
            new.replace(path)
    sync_folder(path.parent)


def migrate(engine: Engine) -> None:
    """Applies the missing migrations in one transaction. Raises ForeignDatabase, and SQLAlchemy's errors."""
    with engine.connect() as connection, connection.begin():
        if is_current(applied(connection)):
            return
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if not is_current(applied(connection)):
            upgrade(connection, ["heads"])


def applied(connection: Connection) -> list[str]:
    """The id of the last applied migration of each module; empty in an empty database. Raises ForeignDatabase."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    if tables:
        raise ForeignDatabase(", ".join(sorted(tables)[:3]))
    return []


def upgrade(connection: Connection, revisions: Iterable[str]) -> None:
    """Applies the migrations up to and including each of *revisions*, however long that takes.

    Raises ForeignDatabase if another program has applied migrations.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    limit_wait(connection, None)
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        for revision in revisions:
            command.upgrade(config, revision)
    except CommandError as error:
        raise ForeignDatabase(str(error)) from error
