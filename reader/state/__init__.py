"""The state database: what cannot be derived from the articles folder and must never be lost.

Comments, editors, the history of addresses and versions. SQLite in ``data/`` beside the instance folder, or PostgreSQL
(READER_DATABASE_URL), by the same code: SQLAlchemy Core. docs/state.md tells how a module uses it and adds a table.

database.py            State: transactions, the fault, which files and servers can be used
engines.py             SQLAlchemy engines of both kinds
migration_heads.py     which migrations this code has, without importing SQLAlchemy
migrating.py           creating the database, and applying migrations under a lock
migrations/            one file per change of the tables, and all changes together for a new SQLite file
state_tables.py        the metadata of all tables, column types, the tables of this package
cache_invalidation.py  what changed since a revision, for caches of other processes
insert_once.py         an insert that is done once, in both engines
revision.py            the revision, asked every few milliseconds

SQLAlchemy and Alembic are imported at the first transaction: pages of articles need no state, and importing both takes
0.3 s and 30 MB. This module, ``database``, ``revision`` and ``migration_heads`` import neither.
"""

from __future__ import annotations

from .database import State

__all__ = ["State"]
