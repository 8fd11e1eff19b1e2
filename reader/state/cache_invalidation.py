"""Records changes by topic and key, so that a process drops only the affected cache entries. Imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from .state_tables import state_changes, state_revision

MOST_CHANGES = 10_000
"""How many of the latest changes are stored. A process whose revision is older drops all its cache entries."""


@dataclass(frozen=True)
class Changes:
    """The changes up to *revision* as pairs of topic and key; ``None`` if they are unknown, so anything may have
    changed."""

    revision: int
    things: frozenset[tuple[str, str]] | None


def note_change(connection: Connection, topic: str, key: str) -> int:
    """Records one change, which other processes see when *connection* commits. Returns the new revision.

    For example ``note_change(connection, "comments", slug)``. *connection* comes from ``State.writing``.
    """
    return note_changes(connection, topic, [key])


def note_changes(connection: Connection, topic: str, keys: Sequence[str]) -> int:
    """Records a change of each of *keys*, at least one. Returns the new revision: each change adds 1."""
    statement = update(state_revision).values(value=state_revision.c.value + len(keys))
    revision: int = connection.execute(statement.returning(state_revision.c.value)).scalar_one()
    first = revision - len(keys) + 1
    rows = [{"revision": number, "topic": topic, "key": key} for number, key in enumerate(keys, first)]
    connection.execute(insert(state_changes), rows)
    connection.execute(delete(state_changes).where(state_changes.c.revision <= revision - MOST_CHANGES))
    return revision


def changes_since(connection: Connection, revision: int) -> Changes:
    """The changes after *revision*, which is the ``revision`` of the previous result."""
    now: int = connection.execute(select(state_revision.c.value)).scalar_one()
    if revision == now:
        return Changes(now, frozenset())
    later = select(state_changes.c.topic, state_changes.c.key).where(state_changes.c.revision > revision)
    rows = connection.execute(later).all()
    # Fewer rows than revisions: some were deleted, or the database was replaced by another one.
    return Changes(now, frozenset((row.topic, row.key) for row in rows) if len(rows) == now - revision else None)
