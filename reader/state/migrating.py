"""Creates the state database and applies migrations (Alembic), under a lock. Imports SQLAlchemy, and Alembic if needed.

A new SQLite file is made of ``migrations/sqlite.sql``, which is what the migrations make of an empty database.

A transaction that writes holds the lock: of several processes that start at once the first one migrates, and the
others find nothing to do. A migration that fails leaves the database as it was.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from ..storage.atomic_files import sync_folder
from ..storage.sqlite import open_database
from .engines import WRITES
from .migration_heads import FOLDER, is_current

FOLDER_MODE, FILE_MODE = 0o700, 0o600

SCHEMA = FOLDER / "sqlite.sql"
"""Written by ``scripts/make_schema.py``."""


class NotOurs(Exception):
    """The database has tables, but not those of Reader's state."""


def create_file(path: Path) -> None:
    """Makes the SQLite database with all tables unless it exists. Raises OSError.

    It is made under another name, so nobody ever sees an empty one. Of two processes the second finds the first's.
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
    """Applies what is missing, in one transaction. Raises NotOurs, and SQLAlchemy's errors."""
    with engine.connect() as connection, connection.begin():
        if is_current(applied(connection)):
            return
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if not is_current(applied(connection)):
            upgrade(connection, ["heads"])


def applied(connection: Connection) -> list[str]:
    """The ids of the last migration of each module; empty in an empty database."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    if tables:
        raise NotOurs(", ".join(sorted(tables)[:3]))
    return []


def upgrade(connection: Connection, revisions: Iterable[str]) -> None:
    """Applies the migrations up to these."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    for revision in revisions:
        command.upgrade(config, revision)
