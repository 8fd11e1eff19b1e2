"""Limits on comments that wait for review: per client, network and article, and in total.

One abuser must not block the comments of all others. A sender above its limit is refused. If an article or the site is
full, the oldest suspicious comment is displaced, starting with floods. If there is none, the greatest share loses its
oldest comment, unless the new comment belongs to an equally great share. In a full article, shares are those of
networks; on a full site, those of networks and articles, so that a flood is displaced however it spreads over articles.
Displaced comments are stored as DISPLACED and can be approved later.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select

from ..errors import Busy, ShareUsed
from ..i18n import Message
from . import comment_queries
from .acceptance import FLOOD
from .comment import DISPLACED, PENDING, Comment, Origin
from .comment_tables import comment_acts, comments
from .comment_writes import displace

MOST_OF_ALL, MOST_OF_ARTICLE, MOST_OF_NETWORK, MOST_OF_CLIENT = 10_000, 2_000, 1_000, 200
"""10,000 are more than editors can read, and little disk space. An article has at most a fifth of them, a network (IPv4
/24, IPv6 /48) a tenth, an address a fiftieth."""

MOST_DISPLACED = 10_000
RETRY_SECONDS = 3600

c = comments.c


def make_room(connection: Connection, page: str, origin: Origin, now: datetime) -> None:
    """Called before a pending comment is stored. Raises ShareUsed, and Busy if no comment can be displaced."""
    for column, value, most in (
        (c.client, origin.client, MOST_OF_CLIENT),
        (c.network, origin.network, MOST_OF_NETWORK),
    ):
        if value and _count_pending(connection, column == value) >= most:
            raise ShareUsed(Message("many comments from one place wait for an editor"), RETRY_SECONDS)
    by_network, by_page = (c.network, origin.network), (c.page, page)
    for where, shares, most in (
        (c.page == page, (by_network,), MOST_OF_ARTICLE),
        (c.id > 0, (by_network, by_page), MOST_OF_ALL),
    ):
        if _count_pending(connection, where) >= most:
            displaced = _most_suspicious(connection, where) or _of_greatest_share(connection, where, *shares)
            if displaced is None:
                raise Busy(Message("too many comments wait for an editor"), RETRY_SECONDS)
            displace(connection, displaced, now)
            _delete_displaced(connection)


def _count_pending(connection: Connection, where: ColumnElement[bool]) -> int:
    found: int = connection.execute(select(func.count()).where(c.status == PENDING, where)).scalar_one()
    return found


def _most_suspicious(connection: Connection, where: ColumnElement[bool]) -> Comment | None:
    query = select(comments).where(c.status == PENDING, c.reasons != "", c.answers == 0, where)
    row = connection.execute(query.order_by(c.reasons.contains(FLOOD).desc(), c.posted_at, c.id).limit(1)).first()
    return comment_queries.comment_of(row) if row else None


def _of_greatest_share(
    connection: Connection, where: ColumnElement[bool], *shares: tuple[ColumnElement[str], str]
) -> Comment | None:
    """The oldest comment of the greatest share of pending comments. None if a share of the new comment would be as
    great.

    A share is a column, and the new comment's own value in it. Comments with answers, and those of an unknown network,
    are never displaced here.
    """
    waiting = (c.status == PENDING, c.answers == 0, where)
    known = [(share, own) for share, own in shares if own] or shares
    greatest, condition = max(_count_pending(connection, and_(where, share == own)) for share, own in known) + 1, None
    for share, _own in shares:
        count = func.count().label("count")
        query = select(share, count).where(*waiting, share != "").group_by(share).order_by(count.desc(), share)
        row = connection.execute(query.limit(1)).first()
        if row and row[1] > greatest:
            greatest, condition = row[1], share == row[0]
    if condition is None:
        return None
    oldest = select(comments).where(*waiting, condition).order_by(c.posted_at, c.id).limit(1)
    return comment_queries.comment_of(connection.execute(oldest).one())


def _delete_displaced(connection: Connection) -> None:
    """Deletes the oldest displaced comments above MOST_DISPLACED: a flood must not fill the disk."""
    extra = comment_queries.queue_length(connection, DISPLACED) - MOST_DISPLACED
    if extra > 0:
        oldest = select(c.id).where(c.status == DISPLACED).order_by(c.posted_at, c.id).limit(extra)
        numbers = list(connection.execute(oldest).scalars())
        connection.execute(delete(comment_acts).where(comment_acts.c.comment.in_(numbers)))
        connection.execute(delete(comments).where(c.id.in_(numbers)))
