"""Read queries of the comment tables. *connection* is one of the State's. Imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, union_all

from .comment import APPROVED, PENDING, Comment, Cursor, ListPage, Origin, Thread
from .comment_tables import comment_acts, comment_counts, comments
from .paging import page_of_comments

FIRST_ANSWERS, ANSWERS_PER_PAGE = 5, 20
"""The answers of a thread in the list of threads, and per page of the thread's own page."""

c = comments.c


FIELDS = tuple(field.name for field in fields(Comment))


def comment_of(row: Row[Any]) -> Comment:
    """The Comment of a row."""
    values = {name: getattr(row, name) for name in FIELDS}
    return Comment(**values | {"thread": row.thread or row.id, "reasons": tuple(row.reasons.split())})


def counts(connection: Connection, pages: Sequence[str]) -> dict[str, int]:
    """The number of approved comments of each article that has any."""
    query = select(comment_counts).where(comment_counts.c.page.in_(pages), comment_counts.c.comments > 0)
    return {row.page: row.comments for row in connection.execute(query)}


def threads(
    connection: Connection, page: str, cursor: Cursor, limit: int, *, oldest_first: bool
) -> ListPage[Thread] | None:
    """The visible threads of an article, sorted by their first comment. None if the cursor is not a comment of the
    article.

    A removed first comment remains visible while it has answers.
    """
    is_first = and_(c.page == page, c.thread == 0)
    is_shown = and_(c.page == page, c.is_shown.is_(True))
    found = page_of_comments(connection, is_shown, cursor, limit, scope=is_first, is_descending=not oldest_first)
    if found is None:
        return None
    firsts = [comment_of(row) for row in found.items]
    is_answer = _first_answers(connection, [first.id for first in firsts if first.answers])
    shown_threads = tuple(_thread(first, is_answer.get(first.id, [])) for first in firsts)
    return ListPage(shown_threads, found.has_before, found.has_after)


def thread(connection: Connection, page: str, number: int, cursor: Cursor) -> ListPage[Thread] | None:
    """The thread whose first comment has the id *number*, with a page of its answers. None if it does not exist or the
    cursor is not one of its answers."""
    row = connection.execute(select(comments).where(c.id == number, c.page == page, c.is_shown.is_(True))).first()
    is_answer = c.thread == number
    found = page_of_comments(
        connection, and_(is_answer, c.status == APPROVED), cursor, ANSWERS_PER_PAGE, scope=is_answer
    )
    if row is None or found is None:
        return None
    answers = tuple(comment_of(answer) for answer in found.items)
    return ListPage((Thread(comment_of(row), answers),), found.has_before, found.has_after)


def _thread(first: Comment, answers: Sequence[Comment]) -> Thread:
    return Thread(first, tuple(answers[:FIRST_ANSWERS]), len(answers) > FIRST_ANSWERS)


def _first_answers(connection: Connection, thread_ids: Sequence[int]) -> dict[int, list[Comment]]:
    """The first FIRST_ANSWERS + 1 answers of each thread, by thread. An index stores them in this order."""
    found: dict[int, list[Comment]] = {}
    order = (c.posted_at, c.id)
    firsts = [
        select(comments).where(c.thread == number, c.status == APPROVED).order_by(*order).limit(FIRST_ANSWERS + 1)
        for number in thread_ids
    ]
    if firsts:
        query = union_all(*(select(first.subquery()) for first in firsts))
        for row in connection.execute(query):
            found.setdefault(row.thread, []).append(comment_of(row))
    return found


def comments_of_author(connection: Connection, page: str, author: str, limit: int = 50) -> list[Comment]:
    """The pending and approved comments of *author* on *page*, newest first."""
    query = select(comments).where(c.page == page, c.author == author, c.status.in_((PENDING, APPROVED)))
    return [comment_of(row) for row in connection.execute(query.order_by(c.id.desc()).limit(limit))] if author else []


def comment(connection: Connection, number: int) -> Comment | None:
    """The comment with the id *number*, with any status; None if it does not exist."""
    row = connection.execute(select(comments).where(c.id == number)).first() if 0 < number < 1 << 62 else None
    return comment_of(row) if row else None


def comments_with_ids(connection: Connection, numbers: Iterable[int]) -> list[Comment]:
    """The comments with the ids *numbers* that exist, sorted by id."""
    query = select(comments).where(c.id.in_(list(numbers))).order_by(c.id)
    return [comment_of(row) for row in connection.execute(query)]


def newest(connection: Connection, page: str = "", limit: int = 25, excluded: Collection[str] = ()) -> list[Comment]:
    """The newest approved comments of *page*, or of all pages except *excluded*."""
    query = select(comments).where(c.status == APPROVED, *([c.page == page] if page else []), c.page.not_in(excluded))
    order = query.order_by(c.posted_at.desc(), c.id.desc()).limit(limit)
    return [comment_of(row) for row in connection.execute(order)]


def queue(connection: Connection, status: str, words: str = "", skip: int = 0, limit: int = 50) -> list[Comment]:
    """The comments with *status* for editors: pending ones oldest first, others newest first.

    *words* filters by text, name and page; at most five words are used.
    """
    order = (c.posted_at, c.id) if status == PENDING else (c.posted_at.desc(), c.id.desc())
    query = _filtered(select(comments), status, words).order_by(*order).offset(skip).limit(limit)
    return [comment_of(row) for row in connection.execute(query)]


def queue_length(connection: Connection, status: str, words: str = "") -> int:
    """The number of comments that ``queue`` finds without a limit."""
    found: int = connection.execute(_filtered(select(func.count()).select_from(comments), status, words)).scalar_one()
    return found


def _filtered(query: Select[Any], status: str, words: str) -> Select[Any]:
    query = query.where(c.status == status)
    for word in words.split()[:5]:
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in (c.text, c.name, c.page))))
    return query


def has_same_text(connection: Connection, digest: str, since: datetime, excluded: int = 0) -> bool:
    """Whether a comment after *since* has the same *digest* (``acceptance.digest_of``). The comment *excluded* is
    ignored."""
    query = select(c.id).where(c.digest == digest, c.posted_at > since, c.id != excluded).limit(1)
    return digest != "" and connection.execute(query).first() is not None


def count_of(connection: Connection, origin: Origin, since: datetime) -> tuple[int, int]:
    """The number of comments after *since* of a client and of its network; 0 if unknown."""
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


def all_comments(connection: Connection) -> Iterable[tuple[Comment, str]]:
    """All comments with their origins, oldest first, for an export."""
    for row in connection.execution_options(yield_per=500).execute(select(comments).order_by(c.id)):
        yield comment_of(row), row.origin


def comment_of_origin(connection: Connection, origin: str) -> Comment | None:
    """The comment with that origin; None if it does not exist."""
    row = connection.execute(select(comments).where(c.origin == origin)).first()
    return comment_of(row) if row else None
