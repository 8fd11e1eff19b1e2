"""The history of publications, a part of the state database: it cannot be derived from the articles folder.

database_writer_client.py  History, which the catalog calls; each call is one request to a child process
database_writer_child.py   the child process, so that a web process does not import SQLAlchemy
records.py                 reads and writes the rows in one transaction
history_tables.py          the tables

The catalog has a copy of the rows for its queries. Each change is first written here and then committed to the catalog,
so a change that readers have seen is never lost.
"""

from __future__ import annotations

from .database_writer_client import Changes, History, Rows

__all__ = ["Changes", "History", "Rows"]
