"""The tables. All but the last two have a copy in the catalog, with the same columns in the same order."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from ..state.state_tables import METADATA, UtcDateTime


def _by_slug(name: str, *texts: str, time: str = "") -> Table:
    """One row a slug, the first of the *texts*. *time* is a column of whole UTC seconds."""
    columns = [Column(text, Text, primary_key=text == "slug", nullable=False) for text in texts]
    times = [Column(time, BigInteger, nullable=False)] if time else []
    return Table(f"history_{name}", METADATA, *columns, *times)


moved = _by_slug("moved", "slug", "target")
"""Former slugs of articles, and their present ones."""

removed = _by_slug("removed", "slug", "title", time="removed_at")
"""Articles whose files were deleted."""

revised = _by_slug("revised", "slug", "version", time="revised_at")
"""When the text of a public article last changed."""

original_slugs = _by_slug("original_slugs", "slug", "original")
"""The slug of the first publication, which ids in feeds are made of."""

recorded = _by_slug("recorded", "slug", "version", "digest", "path", "title", "changed")
"""The public articles: version, digest of the file's bytes, the file's path, and which fields changed last."""

LEDGER = ("slug", "version", "digest", "title", "changed")
versions = Table(
    "history_versions",
    METADATA,
    Column("id", Integer, primary_key=True),
    *(Column(name, Text, nullable=False, index=name == "slug") for name in LEDGER),
    Column("seen_at", UtcDateTime, nullable=False),
)
"""The ledger: every version that was public, and when it was first seen. ``changed`` names the fields that differ from
the version before, with commas; empty for the first."""

identity = Table("history_identity", METADATA, Column("id", Text, primary_key=True))
"""One row, another one in each database: a catalog knows by it whether its copy is one of this history."""

COPIED = {table.name.removeprefix("history_"): table for table in (moved, removed, revised, original_slugs, recorded)}
