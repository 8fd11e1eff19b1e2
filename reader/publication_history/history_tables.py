"""The tables of the history. All but the last two have a copy in the catalog, with the same columns in this order."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from ..state.state_tables import METADATA, UtcDateTime


def _by_slug(name: str, *texts: str, time: str = "") -> Table:
    """A table with one row per slug. *texts* are its text columns, beginning with the slug; *time* is the name of a
    column with Unix time in whole seconds."""
    columns = [Column(text, Text, primary_key=text == "slug", nullable=False) for text in texts]
    times = [Column(time, BigInteger, nullable=False)] if time else []
    return Table(f"history_{name}", METADATA, *columns, *times)


moved = _by_slug("moved", "slug", "target")
"""Former slugs of articles, and their current ones."""

removed = _by_slug("removed", "slug", "title", time="removed_at")
"""Articles whose files were deleted."""

revised = _by_slug("revised", "slug", "version", time="revised_at")
"""When the text of a public article last changed."""

original_slugs = _by_slug("original_slugs", "slug", "original")
"""The slug at the first publication, from which feed ids are built."""

recorded = _by_slug("recorded", "slug", "version", "digest", "path", "title", "changed")
"""The public articles: version, digest of the file's bytes, the file's path, and the fields of the last change."""

LEDGER = ("slug", "version", "digest", "title", "changed")
versions = Table(
    "history_versions",
    METADATA,
    Column("id", Integer, primary_key=True),
    *(Column(name, Text, nullable=False, index=name == "slug") for name in LEDGER),
    Column("seen_at", UtcDateTime, nullable=False),
)
"""The ledger: every version that was public, and when it was first seen. ``changed`` lists the fields that differ from
the previous version, separated by commas; empty for the first."""

identity = Table("history_identity", METADATA, Column("id", Text, primary_key=True))
"""One row with a random id. By it a catalog detects that its copy belongs to another database."""

COPIED = {table.name.removeprefix("history_"): table for table in (moved, removed, revised, original_slugs, recorded)}
