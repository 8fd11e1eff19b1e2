"""The state database: data that cannot be derived from the articles folder and must not be lost.

It stores comments, editors, and the history of slugs and versions. It is an SQLite file in ``data/`` beside the
instance folder, or a PostgreSQL database (READER_DATABASE_URL). Both use the same code, with SQLAlchemy Core.
docs/state.md describes how a module uses the database and adds a table.

database.py            State: transactions, errors, checks of the file or server
engines.py             SQLAlchemy engines for SQLite and PostgreSQL
migration_heads.py     the ids of this code's migrations, without importing SQLAlchemy
migrating.py           creates the database, and applies migrations under a lock
migrations/            one file per change of the tables, and the complete schema for a new SQLite file
state_tables.py        the metadata of all tables, column types, the tables of this package
cache_invalidation.py  the changes since a revision, for caches of other processes
insert_once.py         an idempotent insert for both engines
notifications.py       counts PostgreSQL's notifications (LISTEN)
revision.py            the revision, cheap enough to read every few milliseconds
write_check.py         checks that an SQLite file can be written

SQLAlchemy and Alembic are imported at the first transaction: pages of articles need no state, and importing both takes
0.3 s and 30 MB. This module, ``database``, ``revision`` and ``migration_heads`` import neither.
"""

from __future__ import annotations

from .database import State

__all__ = ["State"]
