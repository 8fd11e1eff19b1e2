"""MentionQueue: mentions to verify or to send. They are rows of the state database, so a crash loses none.

Only the methods import SQLAlchemy: article pages do not need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from .. import urls
from ..errors import Busy
from ..i18n import Message
from ..state import State

TOPIC = "webmentions"
WAITING, DONE = "waiting", "done"
WITHDRAWN = "withdrawn"
"""In place of the version of an article that is no longer published."""

MOST_WAITING = 1_000
MOST_WAITING_OF_HOST, MOST_WAITING_OF_DOMAIN = 20, 100
"""The maximum number of waiting mentions from one host: no client can make this server send many requests to a site.
And from all hosts of a domain: its owner can make names in it without end."""

_SECOND_LEVEL = 3
"""The longest second level of a country that is nobody's own, such as ``com`` in ``com.cn`` or ``co`` in ``co.uk``.
The list of public suffixes knows all of them, but the queue's limits need no more than most of them."""

LEASE = timedelta(minutes=10)
"""How long a taken row belongs to its process. Then other processes may take it: the first one may have ended."""

PAUSES = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=8), timedelta(days=1))
"""The pause before each retry."""

LONGEST_WAIT = timedelta(days=2)
"""A mention that is due even later was queued while the clock was wrong: it is due now."""


@dataclass(frozen=True)
class QueuedMention:
    """A row of the queue. ``source`` links to ``target``.

    ``is_sent`` is true if this server notifies another site, false if another site notified this server. ``page`` is
    the slug of this site's article at its first publication. ``attempts`` includes the current one.
    """

    id: int
    is_sent: bool
    source: str
    target: str
    page: str
    attempts: int


class MentionQueue:
    """The queue in the state database. Methods raise StateUnusable. *now* is an aware datetime."""

    def __init__(self, state: State) -> None:
        self.state = state

    def receive(self, source: str, target: str, page: str, now: datetime) -> None:
        """Queues a received mention, unless it is queued already.

        If too many mentions wait, the one with the most failed attempts is deleted. Otherwise pages that never answer
        could fill the queue for the two days of their retries. Raises Busy if no mention has failed, or if too many
        mentions from the same host or domain wait.
        """
        from sqlalchemy import delete, func, select

        from ..state.cache_invalidation import note_change
        from .mention_tables import webmentions as w

        host = urlsplit(source).hostname or ""
        waiting = select(func.count()).where(w.c.status == WAITING, w.c.is_sent.is_(False))
        with self.state.writing() as connection:
            known = connection.execute(select(w.c.id).where(w.c.source == source, w.c.target == target)).first()
            of_host = connection.execute(waiting.where(w.c.host == host)).scalar_one()
            of_domain = connection.execute(waiting.where(_is_in_domain(host))).scalar_one()
            if known is None and (of_host >= MOST_WAITING_OF_HOST or of_domain >= MOST_WAITING_OF_DOMAIN):
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
        """Queues the mentions that *version* of the article at *source* must send.

        The targets are *links* and the links of earlier versions. A mention sent for this version is not sent again.
        """
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

    def withdraw(self, slug: str, now: datetime) -> None:
        """Queues the mentions of a withdrawn article again: its URL now returns 410. *slug* is that of its page or of
        its address."""
        from sqlalchemy import or_, select, update

        from .mention_tables import webmentions as w

        is_its_own = or_(w.c.page == slug, w.c.source.endswith(urls.article(slug), autoescape=True))
        rows = w.c.is_sent & is_its_own & (w.c.version != WITHDRAWN)
        with self.state.reading() as connection:
            if connection.execute(select(w.c.id).where(rows)).first() is None:
                return
        again = {"version": WITHDRAWN, "status": WAITING, "attempts": 0, "due_at": now}
        with self.state.writing() as connection:
            connection.execute(update(w).where(rows).values(**again))

    def pages_that_sent(self) -> list[str]:
        """The pages of the articles that have told other sites of them and were not withdrawn since."""
        from sqlalchemy import select

        from .mention_tables import webmentions as w

        with self.state.reading() as connection:
            rows = connection.execute(select(w.c.page).distinct().where(w.c.is_sent, w.c.version != WITHDRAWN))
            return [row.page for row in rows]

    def take(self, now: datetime, limit: int = 10) -> list[QueuedMention]:
        """At most *limit* mentions that are due. They belong to this process for LEASE.

        Order: fewer attempts first, then mentions to send before received ones, then the oldest.
        """
        from sqlalchemy import or_, select, update

        from .mention_tables import webmentions as w

        order = (w.c.attempts, w.c.is_sent.desc(), w.c.due_at, w.c.id)
        is_due = or_(w.c.due_at <= now, w.c.due_at > now + LONGEST_WAIT)
        due = select(w).where(w.c.status == WAITING, is_due).order_by(*order).limit(limit)
        with self.state.reading() as connection:
            if connection.execute(due).first() is None:
                return []
        with self.state.writing() as connection:
            rows = connection.execute(due).all()
            taken = update(w).where(w.c.id.in_([row.id for row in rows]))
            connection.execute(taken.values(due_at=now + LEASE, attempts=w.c.attempts + 1))
        return [QueuedMention(r.id, r.is_sent, r.source, r.target, r.page, r.attempts + 1) for r in rows]

    def finish(self, mention: QueuedMention, note: str) -> None:
        """Ends *mention*: it was sent, verified or given up. The row of a received mention is deleted."""
        from sqlalchemy import delete, update

        from .mention_tables import webmentions as w

        with self.state.writing() as connection:
            if mention.is_sent:
                connection.execute(update(w).where(w.c.id == mention.id).values(status=DONE, note=note[:500]))
            else:
                connection.execute(delete(w).where(w.c.id == mention.id))

    def retry(self, mention: QueuedMention, note: str, now: datetime) -> None:
        """Queues *mention* again, after the next of PAUSES. Ends it if there is no further pause."""
        from sqlalchemy import update

        from .mention_tables import webmentions as w

        if mention.attempts > len(PAUSES):
            self.finish(mention, note)
            return
        later = {"due_at": now + PAUSES[mention.attempts - 1], "note": note[:500]}
        with self.state.writing() as connection:
            connection.execute(update(w).where(w.c.id == mention.id).values(**later))

    def sent(self, page: str) -> Mapping[str, str]:
        """The result of each sent mention of an article: target -> note. The note is empty while the mention waits."""
        from sqlalchemy import select

        from .mention_tables import webmentions as w

        with self.state.reading() as connection:
            rows = connection.execute(select(w).where(w.c.page == page, w.c.is_sent).order_by(w.c.id))
            return {row.target: row.note if row.status == DONE else "" for row in rows}


def domain_of(host: str) -> str:
    """``news.example`` of ``www.news.example``, ``news.com.cn`` of ``www.news.com.cn``."""
    labels = host.split(".")
    is_country = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= _SECOND_LEVEL
    return ".".join(labels[-3:] if is_country else labels[-2:])


def _is_in_domain(host: str) -> Any:
    """An SQL condition: whether a mention is from a host in the same domain as *host*."""
    from sqlalchemy import or_

    from .mention_tables import webmentions as w

    domain = domain_of(host)
    return or_(w.c.host == domain, w.c.host.endswith(f".{domain}", autoescape=True))


def _insert(connection: Any, **values: Any) -> None:
    from sqlalchemy import insert

    from .mention_tables import webmentions

    row = {"version": "", "status": WAITING, "attempts": 0, "note": ""} | values
    connection.execute(insert(webmentions).values(**row))
