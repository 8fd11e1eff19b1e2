"""MentionQueue: mentions that wait to be verified or sent. Rows of the state database, so that a crash loses none.

Imports SQLAlchemy only in its methods: pages of articles need none of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from ..errors import Busy
from ..i18n import Message
from ..state import State

TOPIC = "webmentions"
WAITING, DONE = "waiting", "done"
MOST_WAITING = 1_000
MOST_WAITING_OF_HOST = 20
"""Received mentions of one host that may wait at a time: nobody can make us send many requests to another site."""

LEASE = timedelta(minutes=10)
"""A process that took a row and ended gave it back after this time."""

PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=8), timedelta(days=1))
"""Before each further attempt."""


@dataclass(frozen=True)
class QueuedMention:
    """``is_sent``: we tell another site; else another site told us."""

    id: int
    is_sent: bool
    source: str
    target: str
    page: str
    attempts: int


class MentionQueue:
    """Methods raise StateUnusable. *now* is aware."""

    def __init__(self, state: State) -> None:
        self.state = state

    def receive(self, source: str, target: str, page: str, now: datetime) -> None:
        """Queues a mention of another site; one that waits already is there once.

        Where too many wait, the one that has failed most often makes room: pages that never answer, which cost nothing
        to name, must not keep all others out for the two days of their retries. Raises Busy if none has failed.
        """
        from sqlalchemy import delete, func, select

        from ..state.cache_invalidation import note_change
        from .mention_tables import webmentions as w

        host = urlsplit(source).hostname or ""
        waiting = select(func.count()).where(w.c.status == WAITING, w.c.is_sent.is_(False))
        with self.state.writing() as connection:
            known = connection.execute(select(w.c.id).where(w.c.source == source, w.c.target == target)).first()
            of_host = connection.execute(waiting.where(w.c.host == host)).scalar_one()
            if known is None and of_host >= MOST_WAITING_OF_HOST:
                raise Busy(Message("too many mentions of this site wait"), retry_seconds=600)
            if known is None and connection.execute(waiting).scalar_one() >= MOST_WAITING:
                failed = select(w.c.id).where(w.c.status == WAITING, w.c.is_sent.is_(False), w.c.note != "")
                number = connection.execute(failed.order_by(w.c.attempts.desc(), w.c.id).limit(1)).scalar()
                if number is None:
                    raise Busy(Message("too many mentions wait"), retry_seconds=3600)
                connection.execute(delete(w).where(w.c.id == number))
            if known is None:
                _insert(connection, is_sent=False, source=source, target=target, page=page, host=host, due_at=now)
                note_change(connection, TOPIC, page)

    def plan(self, source: str, page: str, version: str, links: Iterable[str], now: datetime) -> None:
        """Queues what *version* of the article at *source* makes to send: to each of *links*, and once more to those
        that an earlier version linked to. What was sent for this version is not sent again."""
        from sqlalchemy import select, update

        from .mention_tables import webmentions as w

        wanted = list(links)
        with self.state.reading() as connection:
            rows = connection.execute(select(w).where(w.c.page == page, w.c.is_sent)).all()
        known = {row.target: row for row in rows}
        if all(target in known and known[target].version == version for target in {*wanted, *known}):
            return
        with self.state.writing() as connection:
            for target in {*wanted, *known} if known else dict.fromkeys(wanted):
                row = known.get(target)
                if row is None:
                    host = urlsplit(target).hostname or ""
                    about = {"source": source, "target": target, "page": page, "host": host, "version": version}
                    _insert(connection, is_sent=True, due_at=now, **about)
                elif row.version != version:
                    again = {"version": version, "source": source, "status": WAITING, "attempts": 0, "due_at": now}
                    connection.execute(update(w).where(w.c.id == row.id).values(**again))

    def take(self, now: datetime, limit: int = 10) -> list[QueuedMention]:
        """Those that are due: first those that were never tried, and of them our own; then the oldest. They are this
        process's for LEASE."""
        from sqlalchemy import select, update

        from .mention_tables import webmentions as w

        order = (w.c.attempts, w.c.is_sent.desc(), w.c.due_at, w.c.id)
        due = select(w).where(w.c.status == WAITING, w.c.due_at <= now).order_by(*order).limit(limit)
        with self.state.reading() as connection:
            if connection.execute(due).first() is None:
                return []
        with self.state.writing() as connection:
            rows = connection.execute(due).all()
            taken = update(w).where(w.c.id.in_([row.id for row in rows]))
            connection.execute(taken.values(due_at=now + LEASE, attempts=w.c.attempts + 1))
        return [QueuedMention(r.id, r.is_sent, r.source, r.target, r.page, r.attempts + 1) for r in rows]

    def finish(self, mention: QueuedMention, note: str) -> None:
        """It was sent, or verified, or given up. What was received goes: it is a comment now, or nothing."""
        from sqlalchemy import delete, update

        from .mention_tables import webmentions as w

        with self.state.writing() as connection:
            if mention.is_sent:
                connection.execute(update(w).where(w.c.id == mention.id).values(status=DONE, note=note[:500]))
            else:
                connection.execute(delete(w).where(w.c.id == mention.id))

    def retry(self, mention: QueuedMention, note: str, now: datetime) -> None:
        """Again after a pause that grows; not any more after the last of PAUSES."""
        from sqlalchemy import update

        from .mention_tables import webmentions as w

        if mention.attempts > len(PAUSES):
            self.finish(mention, note)
            return
        later = {"due_at": now + PAUSES[mention.attempts - 1], "note": note[:500]}
        with self.state.writing() as connection:
            connection.execute(update(w).where(w.c.id == mention.id).values(**later))

    def sent(self, page: str) -> Mapping[str, str]:
        """What was told, of an article: the note of each target, empty while it waits."""
        from sqlalchemy import select

        from .mention_tables import webmentions as w

        with self.state.reading() as connection:
            rows = connection.execute(select(w).where(w.c.page == page, w.c.is_sent).order_by(w.c.id))
            return {row.target: row.note if row.status == DONE else "" for row in rows}


def _insert(connection: Any, **values: Any) -> None:
    from sqlalchemy import insert

    from .mention_tables import webmentions

    row = {"version": "", "status": WAITING, "attempts": 0, "note": ""} | values
    connection.execute(insert(webmentions).values(**row))
