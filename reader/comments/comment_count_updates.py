"""Updates the derived columns of comments: answers per thread, visible threads, comments per article.

Runs in the transaction that changes a status. Only one transaction writes at a time, so no count is lost.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, insert, select, update

from .comment import APPROVED, Comment
from .comment_tables import comment_counts, comments

c = comments.c


def count_status(connection: Connection, comment: Comment, before: str, after: str) -> None:
    """Updates the counts after the status of *comment* changed from *before* to *after*. *before* is empty for a new
    one."""
    change = (after == APPROVED) - (before == APPROVED)
    if change == 0:
        return
    top = connection.execute(select(c.status, c.answers, c.is_shown).where(c.id == comment.thread)).one()
    answers = top.answers + (change if comment.id != comment.thread else 0)
    is_shown = top.status == APPROVED or answers > 0
    connection.execute(update(comments).where(c.id == comment.thread).values(answers=answers, is_shown=is_shown))
    add_to_pages(connection, {comment.page: (change, is_shown - top.is_shown)})


def add_to_pages(connection: Connection, change: Mapping[str, tuple[int, int]]) -> None:
    """Adds (approved comments, shown threads) to the counts of the articles in *change*, which must not be empty."""
    n = comment_counts.c
    existing = set(connection.execute(select(n.page).where(n.page.in_(change))).scalars())
    rows = [{"of": page, "more": comments, "shown": threads} for page, (comments, threads) in change.items()]
    if old := [row for row in rows if row["of"] in existing]:
        sums = {"comments": n.comments + bindparam("more"), "threads": n.threads + bindparam("shown")}
        connection.execute(update(comment_counts).where(n.page == bindparam("of")).values(**sums), old)
    if new := [row for row in rows if row["of"] not in existing]:
        values = ({"page": row["of"], "comments": row["more"], "threads": row["shown"]} for row in new)
        connection.execute(insert(comment_counts), list(values))
