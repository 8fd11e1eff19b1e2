"""The tables of comments in the state database. Imports SQLAlchemy."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table, Text, false

from ..state.state_tables import METADATA, UtcDateTime

comments = Table(
    "comments",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("page", Text, nullable=False),
    Column("thread", Integer, nullable=False),
    Column("reply_to", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("posted_at", UtcDateTime, nullable=False),
    Column("edited_at", UtcDateTime),
    Column("status", Text, nullable=False),
    Column("is_paper", Boolean, nullable=False),
    Column("author", Text, nullable=False),
    Column("client", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("origin", Text, nullable=False, unique=True),
    Column("answers", Integer, nullable=False, server_default="0"),
    Column("is_shown", Boolean, nullable=False, server_default=false()),
    Column("network", Text, nullable=False, server_default=""),
    Index("ix_comments_shown", "page", "is_shown", "posted_at", "id"),
    Index("ix_comments_answers", "thread", "status", "posted_at", "id"),
    Index("ix_comments_newest", "page", "status", "posted_at", "id"),
    Index("ix_comments_author", "author", "page"),
    Index("ix_comments_network", "network", "posted_at"),
    Index("ix_comments_status", "status", "posted_at"),
    Index("ix_comments_client", "client", "posted_at"),
    Index("ix_comments_digest", "digest"),
    sqlite_autoincrement=True,
)
"""``thread`` is 0 for the first comment of a thread. ``origin`` identifies the source, so that the same form or the
same line of an imported file creates one comment: ``form:…``, ``isso:12``.

``answers`` is the number of approved answers of a first comment. ``is_shown`` is true while a first comment is approved
or has answers. Both are derived: ``comment_count_updates.py`` updates them with each change of a status, so that a page
of a hundred thousand comments is found without reading them. ``client`` and ``network`` are daily pseudonyms.
"""

comment_counts = Table(
    "comment_counts",
    METADATA,
    Column("page", Text, primary_key=True),
    Column("comments", Integer, nullable=False),
    Column("threads", Integer, nullable=False),
)
"""Per article: the number of approved comments and of visible threads. Derived."""

comment_acts = Table(
    "comment_acts",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("comment", Integer, nullable=False),
    Column("act", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_comment_acts_comment", "comment"),
    sqlite_autoincrement=True,
)
"""The history of each comment. ``by`` is an editor's name, or empty for the author. ``note`` stores a replaced text."""

comment_keys = Table(
    "comment_keys",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)
"""Random secrets: ``site``, and one per day (``2026-11-26``), which is deleted after that day."""
