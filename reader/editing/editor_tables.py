"""The tables of the editor in the state database: accounts, actions, and versions of files. Imports SQLAlchemy."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text

from ..state.state_tables import METADATA, UtcDateTime

editors = Table(
    "editors",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("token_digest", Text, nullable=False, unique=True),
    Column("added_at", UtcDateTime, nullable=False),
)

editor_acts = Table(
    "editor_acts",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("editor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Index("ix_editor_acts_path", "path", "id"),
    sqlite_autoincrement=True,
)
"""``before`` and ``after`` are digests of ``article_versions``; empty if the file did not exist before or after."""

article_versions = Table(
    "article_versions",
    METADATA,
    Column("digest", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""The bytes of files, compressed with zlib, by their SHA-256."""
