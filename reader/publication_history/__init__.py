"""The history of publications, which cannot be derived from the articles folder: a part of the state database.

database_writer_client.py  History: what the catalog calls; each call is one request to a child process
database_writer_child.py   the child process, so that a web process need not import SQLAlchemy
records.py                 reading and writing the rows, in one transaction
history_tables.py          the tables

The catalog holds a copy of the rows for its queries. Whatever changes one of them is first written here and then
committed there, so nothing is ever announced that would be forgotten.
"""

from __future__ import annotations

from .database_writer_client import Changes, History, Rows

__all__ = ["Changes", "History", "Rows"]
