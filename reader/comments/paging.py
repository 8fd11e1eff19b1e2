"""Keyset pagination of comments: the hundredth page costs as much as the first one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, literal, select, tuple_

from ..state.state_tables import UtcDateTime
from .comment import START, Cursor, Listed
from .comment_tables import comments

c = comments.c


def part(
    connection: Connection,
    where: ColumnElement[bool],
    cursor: Cursor,
    limit: int,
    *,
    among: ColumnElement[bool],
    is_descending: bool = False,
) -> Listed[Row[Any]] | None:
    """*limit* of the comments *where*, by time and id. None if the cursor is none *among* these: one may have been
    hidden since the link was made."""
    key = None
    if number := cursor.after or cursor.before:
        key = connection.execute(select(c.posted_at, c.id).where(c.id == number, among)).first()
        if key is None:
            return None
    rows = _rows(connection, where, key, limit, is_descending != bool(cursor.before))
    if not cursor.before:
        return Listed(tuple(rows[:limit]), has_before=key is not None, has_after=len(rows) > limit)
    if len(rows) > limit:
        return Listed(tuple(rows[:limit][::-1]), has_before=True, has_after=True)
    return part(connection, where, START, limit, among=among, is_descending=is_descending)  # the first page, filled up


def _rows(
    connection: Connection, where: ColumnElement[bool], key: Row[Any, Any] | None, limit: int, is_descending: bool
) -> Sequence[Row[Any]]:
    """Those beyond *key*, and one row more than *limit*, which tells whether there are others."""
    order = [column.desc() if is_descending else column for column in (c.posted_at, c.id)]
    query = select(comments).where(where).order_by(*order).limit(limit + 1)
    if key:
        position, start = tuple_(c.posted_at, c.id), tuple_(literal(key.posted_at, UtcDateTime()), literal(key.id))
        query = query.where(position < start if is_descending else position > start)
    return connection.execute(query).all()
