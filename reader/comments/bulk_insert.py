"""Stores many imported comments with few statements, within the caller's transaction, as ``comment_writes.py`` does.

``database_writes.post`` takes seven statements for each comment, most of whose cost is building them.
Imports SQLAlchemy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from .comment import APPROVED
from .comment_counts import add_to_pages
from .comment_tables import comments
from .comment_writes import NewComment, values_of

c = comments.c


@dataclass(frozen=True)
class Stored:
    """Where a comment is: its id, that of the first of its thread, and the page."""

    id: int
    thread: int
    page: str


def stored_by_origin(connection: Connection, origins: Iterable[str]) -> dict[str, Stored]:
    query = select(c.origin, c.id, c.thread, c.page).where(c.origin.in_(list(origins)))
    return {row.origin: Stored(row.id, row.thread or row.id, row.page) for row in connection.execute(query)}


def post_imported(connection: Connection, new: Sequence[tuple[NewComment, Stored | None]]) -> dict[str, Stored]:
    """Stores new comments, each below the one given with it, of the same page. Returns where, by origin.

    None may have the origin of another, or of one that is stored. The caller notes the change of their pages.
    """
    if not new:
        return {}
    rows = [
        values_of(one) | {"thread": below.thread if below else 0, "reply_to": below.id if below else 0}
        for one, below in new
    ]
    connection.execute(insert(comments), rows)
    stored = stored_by_origin(connection, (one.origin for one, _ in new))
    _count(connection, [row | {"id": stored[one.origin].id} for row, (one, _) in zip(rows, new, strict=True)])
    return stored


def _count(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """What ``counting.count_status`` does, for all new *rows* at once."""
    approved = [row for row in rows if row["status"] == APPROVED]
    if not approved:
        return
    answers = Counter(row["thread"] for row in approved if row["thread"])
    threads = {row["thread"] or row["id"] for row in approved}
    query = select(c.id, c.page, c.status, c.answers, c.is_shown).where(c.id.in_(threads))
    tops = connection.execute(query).all()
    changed = update(comments).where(c.id == bindparam("top")).values(answers=bindparam("sum"), is_shown=True)
    connection.execute(changed, [{"top": top.id, "sum": top.answers + answers[top.id]} for top in tops])
    by_page = Counter(row["page"] for row in approved)
    shown = Counter(top.page for top in tops if not top.is_shown)
    add_to_pages(connection, {page: (count, shown[page]) for page, count in by_page.items()})
