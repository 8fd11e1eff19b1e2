"""Keeps what is derived of comments: answers of a thread, which threads are shown, how many there are of an article.

Part of the transaction that changes a status; as only one transaction writes at a time, no count is lost.
"""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from .comment import APPROVED, Comment
from .database_tables import comment_counts, comments

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
    n = comment_counts.c
    sums = {"comments": n.comments + more_comments, "threads": n.threads + more_threads}
    if not connection.execute(update(comment_counts).where(n.page == page).values(**sums)).rowcount:
        connection.execute(insert(comment_counts).values(page=page, comments=more_comments, threads=more_threads))
