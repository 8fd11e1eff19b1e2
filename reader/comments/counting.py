"""Keeps what is derived of comments: answers of a thread, which threads are shown, how many there are of an article.

Part of the transaction that changes a status; as only one transaction writes at a time, no count is lost.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .comment import APPROVED, Comment
from .tables import comment_counts, comments

c = comments.c


def count_status(connection: Connection, comment: Comment, before: str, after: str) -> None:
    """After the status of *comment* has changed; *before* is empty for a new one."""
    more = (after == APPROVED) - (before == APPROVED)
    if more == 0:
        return
    top = connection.execute(select(c.status, c.answers, c.is_shown).where(c.id == comment.thread)).one()
    answers = top.answers + (more if comment.id != comment.thread else 0)
    is_shown = top.status == APPROVED or answers > 0
    connection.execute(update(comments).where(c.id == comment.thread).values(answers=answers, is_shown=is_shown))
    _add(connection, comment.page, more, is_shown - top.is_shown)


def _add(connection: Connection, page: str, more_comments: int, more_threads: int) -> None:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(comment_counts).values(page=page, comments=more_comments, threads=more_threads)
    sums = {
        "comments": comment_counts.c.comments + new.excluded.comments,
        "threads": comment_counts.c.threads + new.excluded.threads,
    }
    connection.execute(new.on_conflict_do_update(index_elements=["page"], set_=sums))
