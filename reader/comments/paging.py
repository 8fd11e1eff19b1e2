"""Pages by their neighbours' ids (keyset pagination): the hundredth page costs what the first one does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, literal, select, tuple_

from ..state.tables import Moment
from .comment import Cursor, Listed
from .tables import comments

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
    if not (cursor.after or cursor.before):
        return _first(connection, where, limit, is_descending)
    query = select(c.posted_at, c.id).where(c.id == (cursor.after or cursor.before), among)
    key = connection.execute(query).first()
    if key is None:
        return None
    if cursor.after:
        later = _next(connection, where, key, limit, is_descending)
        return Listed(tuple(later[:limit]), has_before=True, has_after=len(later) > limit)
    earlier = _next(connection, where, key, limit, not is_descending)
    if len(earlier) <= limit:  # the first page, filled up
        return _first(connection, where, limit, is_descending)
    return Listed(tuple(earlier[:limit][::-1]), has_before=True, has_after=True)


def _first(connection: Connection, where: ColumnElement[bool], limit: int, is_descending: bool) -> Listed[Row[Any]]:
    rows = list(connection.execute(_ordered(where, limit, is_descending)))
    return Listed(tuple(rows[:limit]), has_before=False, has_after=len(rows) > limit)


def _next(
    connection: Connection, where: ColumnElement[bool], key: Row[Any, Any], limit: int, is_descending: bool
) -> list[Row[Any]]:
    place, start = tuple_(c.posted_at, c.id), tuple_(literal(key.posted_at, Moment()), literal(key.id))
    beyond = place < start if is_descending else place > start
    return list(connection.execute(_ordered(where, limit, is_descending).where(beyond)))


def _ordered(where: ColumnElement[bool], limit: int, is_descending: bool) -> Select[Any]:
    """One row more than *limit* tells whether there are others."""
    order: Callable[[Any], Any] = (lambda column: column.desc()) if is_descending else (lambda column: column)
    return select(comments).where(where).order_by(order(c.posted_at), order(c.id)).limit(limit + 1)
