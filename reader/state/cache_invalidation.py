"""Records which things changed, so that a process drops only the affected cache entries. Imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from .state_tables import state_changes, state_revision

KEPT = 10_000
"""How many changes are kept. Who has not looked for longer takes everything for changed."""


@dataclass(frozen=True)
class Changes:
    """What changed up to *revision*: pairs of topic and key; ``None`` if that is not known, so it may be anything."""

    revision: int
    things: frozenset[tuple[str, str]] | None


def note_change(connection: Connection, topic: str, key: str) -> int:
    """Tells other processes, once *connection* commits, that a thing changed. Returns the new revision.

    For example ``note_change(connection, "comments", slug)``. *connection* is one of ``State.writing``.
    """
    return note_changes(connection, topic, [key])


def note_changes(connection: Connection, topic: str, keys: Sequence[str]) -> int:
    """The same for several things, at least one."""
    moved_on = update(state_revision).values(value=state_revision.c.value + len(keys)).returning(state_revision.c.value)
    revision: int = connection.execute(moved_on).scalar_one()
    first = revision - len(keys) + 1
    rows = [{"revision": number, "topic": topic, "key": key} for number, key in enumerate(keys, first)]
    connection.execute(insert(state_changes), rows)
    connection.execute(delete(state_changes).where(state_changes.c.revision <= revision - KEPT))
    return revision


def changes_since(connection: Connection, revision: int) -> Changes:
    """What was noted after *revision*, the ``revision`` of the last answer."""
    now: int = connection.execute(select(state_revision.c.value)).scalar_one()
    if revision == now:
        return Changes(now, frozenset())
    later = select(state_changes.c.topic, state_changes.c.key).where(state_changes.c.revision > revision)
    rows = connection.execute(later).all()
    # Fewer rows than revisions: some were dropped, or another database took the place of this one.
    return Changes(now, frozenset((row.topic, row.key) for row in rows) if len(rows) == now - revision else None)
