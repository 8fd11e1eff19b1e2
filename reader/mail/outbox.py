"""Outbox: the messages to be sent, one transaction a method. Imports SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import Connection, delete, select, update

from ..state import State
from ..state.insert_once import insert_once
from . import mail_models, mail_writes
from .bounces import Bounce, mark_of
from .mail_models import FAILED, HANDED_OVER, SENT, UNCLEAR, WAITING, Edition, Queued, Subscriber
from .mail_tables import mail_editions, mail_outbox, mail_subscribers

BATCH = 50
KILLED = "the process ended before the server answered"


class Outbox:
    """Methods raise StateUnusable.

    ::

        outbox = Outbox(services.state)
        for message in outbox.due(now):
            if outbox.hand_over(message.id, now, machine):
                outbox.done(message.id, SENT, now)
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def due(self, now: datetime) -> list[Queued]:
        """Those to be sent now, at most BATCH."""
        of_now = (mail_outbox.c.status == WAITING, mail_outbox.c.due_at <= now)
        order = (mail_outbox.c.turn, mail_outbox.c.due_at, mail_outbox.c.id)
        with self._state.reading() as connection:
            rows = connection.execute(select(mail_outbox).where(*of_now).order_by(*order).limit(BATCH)).all()
        return [
            Queued(r.id, r.kind, r.address, r.subscriber, json.loads(r.content), r.attempts, r.made_at, r.origin)
            for r in rows
        ]

    def hand_over(self, number: int, now: datetime, machine: str) -> bool:
        """Records that *machine* sends the message; False if it was withdrawn, or another machine sends it."""
        waiting = (mail_outbox.c.id == number, mail_outbox.c.status == WAITING)
        with self._state.writing() as connection:
            statement = update(mail_outbox).where(*waiting).values(status=HANDED_OVER, done_at=now, reason=machine)
            return connection.execute(statement).rowcount == 1

    def recover(self, machine: str, last: int, now: datetime) -> int:
        """After a sender of *machine* was killed: what it had begun to send waits again; but the message *last*, whose
        end was sent, is done. Returns how many wait."""
        begun = (mail_outbox.c.status == HANDED_OVER, mail_outbox.c.reason == machine)
        ended = update(mail_outbox).where(*begun, mail_outbox.c.id == last)
        values = {"status": WAITING, "done_at": None, "reason": ""}
        with self._state.writing() as connection:
            connection.execute(ended.values(status=UNCLEAR, reason=KILLED, done_at=now, address="", content="{}"))
            return connection.execute(update(mail_outbox).where(*begun).values(**values)).rowcount

    def done(self, number: int, status: str, now: datetime, reason: str = "") -> None:
        """The end of a message: SENT, FAILED or UNCLEAR. Its address and content are removed."""
        with self._state.writing() as connection:
            values = {"status": status, "done_at": now, "reason": reason, "address": "", "content": "{}"}
            query = update(mail_outbox).where(mail_outbox.c.id == number).values(**values)
            subscriber = connection.execute(query.returning(mail_outbox.c.subscriber)).scalar()
            if subscriber and status == SENT:
                of_them = (mail_subscribers.c.id == subscriber, mail_subscribers.c.refusals > 0)
                connection.execute(update(mail_subscribers).where(*of_them).values(refusals=0))

    def put_off(self, number: int, due_at: datetime, attempts: int, reason: str) -> None:
        """The message waits until *due_at*."""
        values = {"status": WAITING, "due_at": due_at, "attempts": attempts, "done_at": None, "reason": reason}
        with self._state.writing() as connection:
            connection.execute(update(mail_outbox).where(mail_outbox.c.id == number).values(**values))

    def refused(self, message: Queued, reason: str, now: datetime, *, is_bounce: bool) -> bool:
        """The server won't take the message. Stops the subscription at a bounce, or after MOST_REFUSALS in a row.

        Returns whether it did."""
        self.done(message.id, FAILED, now, reason)
        with self._state.writing() as connection:
            found = mail_writes.subscriber(connection, message.subscriber)
            if found is None:
                return False
            refusals = found.refusals + 1
            of_them = mail_subscribers.c.id == found.id
            connection.execute(update(mail_subscribers).where(of_them).values(refusals=refusals))
            if is_stopped := is_bounce or refusals >= mail_models.MOST_REFUSALS:
                _stop(connection, found.id, reason, now)
            return is_stopped

    def bounced(self, bounce: Bounce, now: datetime) -> bool:
        """Stops the subscription that a lasting bounce is about. Returns whether it did."""
        with self._state.writing() as connection:
            found = mail_writes.subscriber(connection, bounce.number)
            is_known = found is not None and found.stopped_at is None and compare_digest(mark_of(found), bounce.mark)
            if found is None or not is_known or not bounce.is_lasting:
                return False
            _stop(connection, found.id, bounce.reason, now)
            return True

    def note(self, to: str, origin: str, content: dict[str, str], now: datetime) -> None:
        """Queues a note to who ordered a file that could not be sent."""
        with self._state.writing() as connection:
            mail_writes.queue(connection, mail_models.NOTE, to, f"note:{origin}", content, now)

    # -- issues ------------------------------------------------------------------------------------------------------

    def subscriber(self, number: int) -> Subscriber | None:
        """None if they unsubscribed, or a bounce stopped it."""
        with self._state.reading() as connection:
            found = mail_writes.subscriber(connection, number)
        return found if found and found.stopped_at is None else None

    def has_subscribers(self, frequency: str) -> bool:
        theirs = (mail_subscribers.c.frequency == frequency, mail_subscribers.c.stopped_at.is_(None))
        with self._state.reading() as connection:
            return connection.execute(select(mail_subscribers.c.id).where(*theirs).limit(1)).first() is not None

    def editions(self, frequency: str, after: datetime) -> list[Edition]:
        """The latest first."""
        of_it = (mail_editions.c.frequency == frequency, mail_editions.c.made_at > after)
        with self._state.reading() as connection:
            rows = connection.execute(select(mail_editions).where(*of_it).order_by(mail_editions.c.day.desc())).all()
        return [Edition(row.id, row.frequency, row.day, tuple(row.slugs.split("\n"))) for row in rows]

    def edition(self, number: int) -> Edition | None:
        with self._state.reading() as connection:
            row = connection.execute(select(mail_editions).where(mail_editions.c.id == number)).first()
        return Edition(row.id, row.frequency, row.day, tuple(row.slugs.split("\n"))) if row else None

    def publish(self, frequency: str, day: str, slugs: Sequence[str], now: datetime) -> int:
        """Makes the edition of a day and queues it for all its subscribers, in one transaction: once, whoever is killed
        and however many processes try. Returns for how many."""
        edition = {"frequency": frequency, "day": day, "slugs": "\n".join(slugs), "made_at": now}
        theirs = (mail_subscribers.c.frequency == frequency, mail_subscribers.c.stopped_at.is_(None))
        with self._state.writing() as connection:
            if not insert_once(connection, mail_editions, edition, "frequency", "day"):
                return 0
            of_day = (mail_editions.c.frequency == frequency, mail_editions.c.day == day)
            number = connection.execute(select(mail_editions.c.id).where(*of_day)).scalar_one()
            return mail_writes.queue_for_all(
                connection, theirs, f"issue:{frequency}:{day}:", {"edition": str(number)}, now
            )

    def prune(self, now: datetime) -> None:
        with self._state.writing() as connection:
            mail_writes.prune(connection, now)


def _stop(connection: Connection, number: int, reason: str, now: datetime) -> None:
    """The subscriber *number* gets nothing more, and what waits for them is deleted."""
    of_them = mail_subscribers.c.id == number
    connection.execute(update(mail_subscribers).where(of_them).values(stopped_at=now, reason=reason))
    waiting = (mail_outbox.c.subscriber == number, mail_outbox.c.status == WAITING)
    connection.execute(delete(mail_outbox).where(*waiting))
