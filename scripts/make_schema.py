#!/usr/bin/env python3
"""Writes reader/state/migrations/sqlite.sql: what all migrations together make of an empty SQLite database.

A new site begins with it, which takes a tenth of the time that Alembic takes for the migrations one by one. Run it
after a migration was added: ``python scripts/make_schema.py``. A test says when it was forgotten.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from reader.state.engines import sqlite_engine  # noqa: E402
from reader.state.migrating import SCHEMA, migrate  # noqa: E402
from reader.storage.sqlite import open_database  # noqa: E402

RANDOM = {"history_identity": "lower(hex(randomblob(16)))"}
"""Tables whose one row holds a random value, and SQL that makes another one."""


def schema() -> str:
    """The statements, each on lines of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "state.sqlite3")
        open_database(path, timeout_seconds=1, mode="rwc").close()
        engine = sqlite_engine(path)
        migrate(engine)
        engine.dispose()
        with closing(sqlite3.connect(path)) as database:
            return statements_of(database)


def statements_of(database: sqlite3.Connection) -> str:
    """The statements that make the tables, the indexes and the rows of *database*."""
    listed = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type DESC, name"
    objects = database.execute(listed).fetchall()
    found = [re.sub(r" +\n", "\n", sql.expandtabs(4)) for _, _, sql in objects]
    for table in (name for kind, name, _ in objects if kind == "table"):
        for row in sorted(database.execute(f"SELECT * FROM {table}")):
            values = RANDOM.get(table) or ", ".join(map(repr, row))
            found.append(f"INSERT INTO {table} VALUES ({values})")
    return "".join(f"{statement};\n" for statement in found)


if __name__ == "__main__":
    SCHEMA.write_text(schema(), "utf-8")
