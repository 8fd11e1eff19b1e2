"""Queries of the comment tables. *connection* is one of the State's. Imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, union_all

from .comment import APPROVED, PENDING, Comment, Cursor, Listed, Origin, Thread
from .comment_tables import comment_acts, comment_counts, comments
from .paging import part

FIRST_ANSWERS, ANSWERS_PER_PAGE = 5, 20
"""Of a thread in the list, and on a page of its own, which has the others."""

c = comments.c


FIELDS = tuple(field.name for field in fields(Comment))


def comment_of(row: Row[Any]) -> Comment:
    values = {name: getattr(row, name) for name in FIELDS}
    return Comment(**values | {"thread": row.thread or row.id, "reasons": tuple(row.reasons.split())})


def counts(connection: Connection, pages: Sequence[str]) -> dict[str, int]:
    """Approved comments of each article that has some."""
    query = select(comment_counts).where(comment_counts.c.page.in_(pages), comment_counts.c.comments > 0)
    return {row.page: row.comments for row in connection.execute(query)}


def threads(
    connection: Connection, page: str, cursor: Cursor, limit: int, *, oldest_first: bool
) -> Listed[Thread] | None:
    """Threads of the article as readers see them, by the time of their first comment; one whose first comment was taken
    away stands there while it has answers. None if the cursor is none of the article."""
    at_top = and_(c.page == page, c.thread == 0)
    is_shown = and_(c.page == page, c.is_shown.is_(True))
    found = part(connection, is_shown, cursor, limit, among=at_top, is_descending=not oldest_first)
    if found is None:
        return None
    firsts = [comment_of(row) for row in found.items]
    below = _first_answers(connection, [first.id for first in firsts if first.answers])
    built = tuple(_thread(first, below.get(first.id, [])) for first in firsts)
    return Listed(built, found.has_before, found.has_after)


def thread(connection: Connection, page: str, number: int, cursor: Cursor) -> Listed[Thread] | None:
    """The thread whose first comment has the id *number*, with a page of its answers. None without it, or if the cursor
    is none of it."""
    row = connection.execute(select(comments).where(c.id == number, c.page == page, c.is_shown.is_(True))).first()
    below = c.thread == number
    found = part(connection, and_(below, c.status == APPROVED), cursor, ANSWERS_PER_PAGE, among=below)
    if row is None or found is None:
        return None
    answers = tuple(comment_of(answer) for answer in found.items)
    return Listed((Thread(comment_of(row), answers),), found.has_before, found.has_after)


def _thread(first: Comment, answers: Sequence[Comment]) -> Thread:
    return Thread(first, tuple(answers[:FIRST_ANSWERS]), len(answers) > FIRST_ANSWERS)


def _first_answers(connection: Connection, of: Sequence[int]) -> dict[int, list[Comment]]:
    """Of each thread the first FIRST_ANSWERS answers and one more: an index has them together."""
    found: dict[int, list[Comment]] = {}
    order = (c.posted_at, c.id)
    firsts = [
        select(comments).where(c.thread == number, c.status == APPROVED).order_by(*order).limit(FIRST_ANSWERS + 1)
        for number in of
    ]
    if firsts:
        query = union_all(*(select(first.subquery()) for first in firsts))
        for row in connection.execute(query):
            found.setdefault(row.thread, []).append(comment_of(row))
    return found


def of_author(connection: Connection, page: str, author: str, limit: int = 50) -> list[Comment]:
    """What the author of a cookie wrote here and may want to see, newest first: what waits, and what is public."""
    query = select(comments).where(c.page == page, c.author == author, c.status.in_((PENDING, APPROVED)))
    return [comment_of(row) for row in connection.execute(query.order_by(c.id.desc()).limit(limit))] if author else []


def comment(connection: Connection, number: int) -> Comment | None:
    row = connection.execute(select(comments).where(c.id == number)).first() if 0 < number < 1 << 62 else None
    return comment_of(row) if row else None


def several(connection: Connection, numbers: Iterable[int]) -> list[Comment]:
    query = select(comments).where(c.id.in_(list(numbers))).order_by(c.id)
    return [comment_of(row) for row in connection.execute(query)]


def newest(connection: Connection, page: str = "", limit: int = 25, but: Collection[str] = ()) -> list[Comment]:
    """The newest approved comments of an article, or of all *but* some."""
    query = select(comments).where(c.status == APPROVED, *([c.page == page] if page else []), c.page.not_in(but))
    order = query.order_by(c.posted_at.desc(), c.id.desc()).limit(limit)
    return [comment_of(row) for row in connection.execute(order)]


def queue(connection: Connection, status: str, words: str = "", skip: int = 0, limit: int = 50) -> list[Comment]:
    """For editors: the comments of a status, what waits oldest first, others newest first."""
    order = (c.posted_at, c.id) if status == PENDING else (c.posted_at.desc(), c.id.desc())
    query = _found(select(comments), status, words).order_by(*order).offset(skip).limit(limit)
    return [comment_of(row) for row in connection.execute(query)]


def queue_length(connection: Connection, status: str, words: str = "") -> int:
    found: int = connection.execute(_found(select(func.count()).select_from(comments), status, words)).scalar_one()
    return found


def _found(query: Select[Any], status: str, words: str) -> Select[Any]:
    query = query.where(c.status == status)
    for word in words.split()[:5]:
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in (c.text, c.name, c.page))))
    return query


def is_said_before(connection: Connection, digest: str, since: datetime, but: int = 0) -> bool:
    """Whether a comment since then, but that of this id, says the same (``acceptance.digest_of``)."""
    query = select(c.id).where(c.digest == digest, c.posted_at > since, c.id != but).limit(1)
    return digest != "" and connection.execute(query).first() is not None


def count_of(connection: Connection, origin: Origin, since: datetime) -> tuple[int, int]:
    """The comments of a client and of its network; 0 if they are unknown."""
    found = []
    for column, value in ((c.client, origin.client), (c.network, origin.network)):
        query = select(func.count()).where(column == value, c.posted_at > since)
        found.append(connection.execute(query).scalar_one() if value else 0)
    return found[0], found[1]


def acts_of(connection: Connection, numbers: Sequence[int]) -> dict[int, list[Row[Any]]]:
    """The acts on each comment, oldest first: rows with ``act``, ``by``, ``at``, ``note``."""
    found: dict[int, list[Row[Any]]] = {}
    query = select(comment_acts).where(comment_acts.c.comment.in_(numbers)).order_by(comment_acts.c.id)
    for row in connection.execute(query):
        found.setdefault(row.comment, []).append(row)
    return found


def every(connection: Connection) -> Iterable[tuple[Comment, str]]:
    """All comments and their origins, oldest first, for an export."""
    for row in connection.execution_options(yield_per=500).execute(select(comments).order_by(c.id)):
        yield comment_of(row), row.origin


def of_origin(connection: Connection, origin: str) -> Comment | None:
    row = connection.execute(select(comments).where(c.origin == origin)).first()
    return comment_of(row) if row else None
