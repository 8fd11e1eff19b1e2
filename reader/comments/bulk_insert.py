"""Inserts many imported comments with few statements, within the caller's transaction.

``comment_writes.post`` needs seven statements per comment; most of the cost is building them. Imports SQLAlchemy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from .comment import APPROVED
from .comment_count_updates import add_to_pages
from .comment_tables import comments
from .comment_writes import NewComment, values_of

c = comments.c


@dataclass(frozen=True)
class StoredComment:
    """The position of a stored comment: its id, the id of the first comment of its thread, and its page."""

    id: int
    thread: int
    page: str


def stored_by_origin(connection: Connection, origins: Iterable[str]) -> dict[str, StoredComment]:
    """The stored comments with one of *origins*, by origin."""
    query = select(c.origin, c.id, c.thread, c.page).where(c.origin.in_(list(origins)))
    return {row.origin: StoredComment(row.id, row.thread or row.id, row.page) for row in connection.execute(query)}


def post_imported(
    connection: Connection, new: Sequence[tuple[NewComment, StoredComment | None]]
) -> dict[str, StoredComment]:
    """Inserts new comments, each as an answer to its StoredComment (None: at the top). Returns the positions by origin.

    The origins must be new and unique, and a parent must be on the same page. The caller records the change of the
    pages.
    """
    if not new:
        return {}
    rows = [
        values_of(comment) | {"thread": parent.thread if parent else 0, "reply_to": parent.id if parent else 0}
        for comment, parent in new
    ]
    connection.execute(insert(comments), rows)
    stored = stored_by_origin(connection, (comment.origin for comment, _ in new))
    _count(connection, [row | {"id": stored[comment.origin].id} for row, (comment, _) in zip(rows, new, strict=True)])
    return stored


def _count(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Updates counts like ``comment_count_updates.count_status``, for all new *rows* together."""
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
