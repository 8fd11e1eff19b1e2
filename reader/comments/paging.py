"""Keyset pagination of comments: the hundredth page costs as much as the first one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, literal, select, tuple_

from ..state.state_tables import UtcDateTime
from .comment import START, Cursor, ListPage
from .comment_tables import comments

c = comments.c


def page_of_comments(
    connection: Connection,
    where: ColumnElement[bool],
    cursor: Cursor,
    limit: int,
    *,
    scope: ColumnElement[bool],
    is_descending: bool = False,
) -> ListPage[Row[Any]] | None:
    """At most *limit* comments that match *where*, sorted by time and id.

    None if the cursor does not match *scope*. *scope* is wider than *where*, because the comment of the cursor may have
    been hidden since the link was created.
    """
    key = None
    if number := cursor.after or cursor.before:
        key = connection.execute(select(c.posted_at, c.id).where(c.id == number, scope)).first()
        if key is None:
            return None
    rows = _rows(connection, where, key, limit, is_descending != bool(cursor.before))
    if not cursor.before:
        return ListPage(tuple(rows[:limit]), has_before=key is not None, has_after=len(rows) > limit)
    if len(rows) > limit:
        return ListPage(tuple(rows[:limit][::-1]), has_before=True, has_after=True)
    return page_of_comments(
        connection, where, START, limit, scope=scope, is_descending=is_descending
    )  # the first page, completely filled


def _rows(
    connection: Connection, where: ColumnElement[bool], key: Row[Any, Any] | None, limit: int, is_descending: bool
) -> Sequence[Row[Any]]:
    """The rows beyond *key*, at most *limit* + 1. The additional row shows that more follow."""
    order = [column.desc() if is_descending else column for column in (c.posted_at, c.id)]
    query = select(comments).where(where).order_by(*order).limit(limit + 1)
    if key:
        position, start = tuple_(c.posted_at, c.id), tuple_(literal(key.posted_at, UtcDateTime()), literal(key.id))
        query = query.where(position < start if is_descending else position > start)
    return connection.execute(query).all()
