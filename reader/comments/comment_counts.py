"""Updates the derived columns of comments: answers of a thread, visible threads, comments of an article.

Part of the transaction that changes a status; as only one transaction writes at a time, no count is lost.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, insert, select, update

from .comment import APPROVED, Comment
from .comment_tables import comment_counts, comments

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
    add_to_pages(connection, {comment.page: (more, is_shown - top.is_shown)})


def add_to_pages(connection: Connection, more: Mapping[str, tuple[int, int]]) -> None:
    """So many approved comments and shown threads more are on the pages of these articles, at least one."""
    n = comment_counts.c
    known = set(connection.execute(select(n.page).where(n.page.in_(more))).scalars())
    rows = [{"of": page, "more": comments, "shown": threads} for page, (comments, threads) in more.items()]
    if old := [row for row in rows if row["of"] in known]:
        sums = {"comments": n.comments + bindparam("more"), "threads": n.threads + bindparam("shown")}
        connection.execute(update(comment_counts).where(n.page == bindparam("of")).values(**sums), old)
    if new := [row for row in rows if row["of"] not in known]:
        named = ({"page": row["of"], "comments": row["more"], "threads": row["shown"]} for row in new)
        connection.execute(insert(comment_counts), list(named))
