"""The table of mentions in the state database. Imports SQLAlchemy."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint

from ..state.state_tables import METADATA, UtcDateTime

webmentions = Table(
    "webmentions",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("is_sent", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("page", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),
    UniqueConstraint("source", "target"),
    Index("ix_webmentions_status", "status", "due_at"),
    Index("ix_webmentions_page", "page"),
    sqlite_autoincrement=True,
)
"""The row of a received mention is deleted when it is verified and stored as a comment. The row of a sent mention
remains, with the *version* of the article, so that each version is sent once. ``page`` is the slug of this site's
article at its first publication. ``host`` is the host of the other site."""
