"""The tables. All but the last two have a copy in the catalog, with the same columns in the same order."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from ..state.tables import METADATA, Moment

moved = Table("history_moved", METADATA, Column("slug", Text, primary_key=True), Column("target", Text, nullable=False))
"""Former slugs of articles, and their present ones."""

removed = Table(
    "history_removed",
    METADATA,
    Column("slug", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("removed_at", BigInteger, nullable=False),
)
"""Articles whose files were deleted; UTC seconds."""

revised = Table(
    "history_revised",
    METADATA,
    Column("slug", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("revised_at", BigInteger, nullable=False),
)
"""When the text of a public article last changed; UTC seconds."""

original_slugs = Table(
    "history_original_slugs", METADATA, Column("slug", Text, primary_key=True), Column("original", Text, nullable=False)
)
"""The slug of the first publication, which ids in feeds are made of."""

recorded = Table(
    "history_recorded",
    METADATA,
    Column("slug", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("changed", Text, nullable=False),
)
"""The public articles: version, digest of the file's bytes, the file's path, and which fields changed last."""

versions = Table(
    "history_versions",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False, index=True),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("changed", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
)
"""The ledger: every version that was public, and when it was first seen. ``changed`` names the fields that differ from
the version before, with commas; empty for the first."""

identity = Table("history_identity", METADATA, Column("id", Text, primary_key=True))
"""One row, another one in each database: a catalog knows by it whether its copy is one of this history."""

COPIED = {table.name.removeprefix("history_"): table for table in (moved, removed, revised, original_slugs, recorded)}
