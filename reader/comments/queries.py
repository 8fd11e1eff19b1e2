"""Questions to the tables of comments. *connection* is one of the State's. Imports SQLAlchemy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from .comment import APPROVED, PENDING, Comment, Thread
from .tables import comment_acts, comments

ANSWERS_PER_PAGE = 20
"""Of one thread; a page of a thread of its own has the others."""

c = comments.c


def comment_of(row: Row[Any]) -> Comment:
    return Comment(
        id=row.id,
        page=row.page,
        thread=row.thread or row.id,
        reply_to=row.reply_to,
        name=row.name,
        text=row.text,
        posted_at=row.posted_at,
        status=row.status,
        edited_at=row.edited_at,
        is_paper=row.is_paper,
        author=row.author,
        reasons=tuple(row.reasons.split()),
    )


def _is_shown() -> ColumnElement[bool]:
    """Of a comment at the top: whether the page has it. One that was taken away stands there while it has answers."""
    answers = comments.alias("answers")
    has_answer = select(answers.c.id).where(
        answers.c.page == c.page, answers.c.thread == c.id, answers.c.status == APPROVED
    )
    return and_(c.thread == 0, or_(c.status == APPROVED, has_answer.exists()))


def count(connection: Connection, page: str) -> int:
    """Approved comments of the article."""
    return counts(connection, [page]).get(page, 0)


def counts(connection: Connection, pages: Sequence[str]) -> dict[str, int]:
    """Approved comments of each article that has some."""
    query = select(c.page, func.count()).where(c.page.in_(pages), c.status == APPROVED).group_by(c.page)
    return {row[0]: row[1] for row in connection.execute(query)}


def thread_count(connection: Connection, page: str) -> int:
    found: int = connection.execute(select(func.count()).where(c.page == page, _is_shown())).scalar_one()
    return found


def threads(connection: Connection, page: str, *, oldest_first: bool, skip: int, limit: int) -> list[Thread]:
    """The threads of the article as readers see them, by the time of their first comment."""
    order = (c.posted_at, c.id) if oldest_first else (c.posted_at.desc(), c.id.desc())
    query = select(comments).where(c.page == page, _is_shown()).order_by(*order).offset(skip).limit(limit)
    firsts = [comment_of(row) for row in connection.execute(query)]
    below = _answers(connection, page, [first.id for first in firsts], 0)
    return [_thread(first, below) for first in firsts]


def thread(connection: Connection, page: str, number: int, skip: int) -> Thread | None:
    """The thread whose first comment has the id *number*, without the first *skip* answers."""
    row = connection.execute(select(comments).where(c.page == page, c.id == number, _is_shown())).first()
    return _thread(comment_of(row), _answers(connection, page, [number], skip)) if row else None


def _thread(first: Comment, below: Iterable[Comment]) -> Thread:
    answers = tuple(answer for answer in below if answer.thread == first.id)
    return Thread(first, answers[:ANSWERS_PER_PAGE], len(answers) > ANSWERS_PER_PAGE)


def _answers(connection: Connection, page: str, of: Sequence[int], skip: int) -> list[Comment]:
    """Of each thread ANSWERS_PER_PAGE and one more after *skip*, oldest first."""
    place = func.row_number().over(partition_by=c.thread, order_by=(c.posted_at, c.id)).label("place")
    query = select(c.id, place).where(c.page == page, c.thread.in_(of), c.status == APPROVED).subquery()
    chosen = query.c.place.between(skip + 1, skip + ANSWERS_PER_PAGE + 1)
    rows = select(comments).join(query, query.c.id == c.id).where(chosen).order_by(c.posted_at, c.id)
    return [comment_of(row) for row in connection.execute(rows)]


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


def count_of_client(connection: Connection, client: str, since: datetime) -> int:
    query = select(func.count()).where(c.client == client, c.posted_at > since)
    found: int = connection.execute(query).scalar_one() if client else 0
    return found


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
