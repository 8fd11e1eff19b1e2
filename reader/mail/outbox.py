"""Outbox: the queue of messages. Each method is one transaction. Imports SQLAlchemy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest

from sqlalchemy import Connection, delete, or_, select, update

from ..state import State
from ..state.insert_once import insert_once
from . import mail_models, mail_writes
from .bounces import Bounce, bounce_signature
from .mail_models import FAILED, HANDED_OVER, SENT, UNCLEAR, WAITING, Edition, QueuedMessage, Subscriber
from .mail_tables import mail_editions, mail_outbox, mail_subscribers

BATCH = 50
KILLED = "the process ended before the server answered"
"""The reason stored with a message that was being sent when its process was killed."""


class Outbox:
    """The queue of messages. Methods raise StateUnusable.

    ::

        outbox = Outbox(services.state)
        for message in outbox.due(now):
            if outbox.hand_over(message.id, now, machine):
                outbox.done(message.id, SENT, now)
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def due(self, now: datetime) -> list[QueuedMessage]:
        """The messages to be sent now, highest priority first, at most BATCH."""
        due_at = mail_outbox.c.due_at
        is_due = (mail_outbox.c.status == WAITING, or_(due_at <= now, due_at > now + mail_models.LONGEST_WAIT))
        order = (mail_outbox.c.turn, mail_outbox.c.due_at, mail_outbox.c.id)
        with self._state.reading() as connection:
            rows = connection.execute(select(mail_outbox).where(*is_due).order_by(*order).limit(BATCH)).all()
        return [
            QueuedMessage(r.id, r.kind, r.address, r.subscriber, json.loads(r.content), r.attempts, r.made_at, r.origin)
            for r in rows
        ]

    def hand_over(self, number: int, now: datetime, machine: str) -> bool:
        """Records that *machine* sends the message. Returns False if it was withdrawn or another machine sends it."""
        waiting = (mail_outbox.c.id == number, mail_outbox.c.status == WAITING)
        with self._state.writing() as connection:
            statement = update(mail_outbox).where(*waiting).values(status=HANDED_OVER, done_at=now, reason=machine)
            return connection.execute(statement).rowcount == 1

    def recover(self, machine: str, last: int, now: datetime) -> int:
        """Cleans up after a sender of *machine* was killed. Returns the number of messages that wait again.

        Messages that it had begun to send wait again. The message *last*, whose end was already sent, becomes UNCLEAR.
        """
        is_handed_over = (mail_outbox.c.status == HANDED_OVER, mail_outbox.c.reason == machine)
        last_message = update(mail_outbox).where(*is_handed_over, mail_outbox.c.id == last)
        values = {"status": WAITING, "done_at": None, "reason": ""}
        with self._state.writing() as connection:
            connection.execute(
                last_message.values(status=UNCLEAR, reason=KILLED, done_at=now, address="", content="{}")
            )
            return connection.execute(update(mail_outbox).where(*is_handed_over).values(**values)).rowcount

    def done(self, number: int, status: str, now: datetime, reason: str = "") -> None:
        """Finishes a message with SENT, FAILED or UNCLEAR. Removes its address and content."""
        with self._state.writing() as connection:
            values = {"status": status, "done_at": now, "reason": reason, "address": "", "content": "{}"}
            query = update(mail_outbox).where(mail_outbox.c.id == number).values(**values)
            subscriber = connection.execute(query.returning(mail_outbox.c.subscriber)).scalar()
            if subscriber and status == SENT:
                is_subscriber = (mail_subscribers.c.id == subscriber, mail_subscribers.c.refusals > 0)
                connection.execute(update(mail_subscribers).where(*is_subscriber).values(refusals=0))

    def postpone(self, number: int, due_at: datetime, attempts: int, reason: str) -> None:
        """Makes the message wait until *due_at*."""
        values = {"status": WAITING, "due_at": due_at, "attempts": attempts, "done_at": None, "reason": reason}
        with self._state.writing() as connection:
            connection.execute(update(mail_outbox).where(mail_outbox.c.id == number).values(**values))

    def refused(self, message: QueuedMessage, reason: str, now: datetime, *, is_bounce: bool) -> bool:
        """Finishes a message that the server refused. Stops the subscription after a bounce, or after MOST_REFUSALS in
        a row.

        Returns whether the subscription was stopped.
        """
        self.done(message.id, FAILED, now, reason)
        with self._state.writing() as connection:
            found = mail_writes.subscriber(connection, message.subscriber)
            if found is None:
                return False
            refusals = found.refusals + 1
            is_subscriber = mail_subscribers.c.id == found.id
            connection.execute(update(mail_subscribers).where(is_subscriber).values(refusals=refusals))
            if is_stopped := is_bounce or refusals >= mail_models.MOST_REFUSALS:
                _stop(connection, found.id, reason, now)
            return is_stopped

    def record_bounce(self, bounce: Bounce, now: datetime) -> bool:
        """Stops the subscription if *bounce* is permanent and its signature valid. Returns whether it was stopped."""
        with self._state.writing() as connection:
            found = mail_writes.subscriber(connection, bounce.number)
            is_known = (
                found is not None
                and found.stopped_at is None
                and compare_digest(bounce_signature(found), bounce.signature)
            )
            if found is None or not is_known or not bounce.is_lasting:
                return False
            _stop(connection, found.id, bounce.reason, now)
            return True

    def note(self, to: str, origin: str, content: dict[str, str], now: datetime) -> None:
        """Queues a note to the person who requested a file that could not be sent."""
        with self._state.writing() as connection:
            mail_writes.queue(connection, mail_models.NOTE, to, f"note:{origin}", content, now)

    # -- issues ------------------------------------------------------------------------------------------------------

    def subscriber(self, number: int) -> Subscriber | None:
        """The subscriber with the id *number*; None if they unsubscribed or the subscription is stopped."""
        with self._state.reading() as connection:
            found = mail_writes.subscriber(connection, number)
        return found if found and found.stopped_at is None else None

    def has_subscribers(self, frequency: str) -> bool:
        """Whether any active subscriber has this frequency."""
        is_active = (mail_subscribers.c.frequency == frequency, mail_subscribers.c.stopped_at.is_(None))
        with self._state.reading() as connection:
            return connection.execute(select(mail_subscribers.c.id).where(*is_active).limit(1)).first() is not None

    def editions(self, frequency: str, after: datetime) -> list[Edition]:
        """The editions created after *after*, latest first."""
        is_edition = (mail_editions.c.frequency == frequency, mail_editions.c.made_at > after)
        with self._state.reading() as connection:
            rows = connection.execute(
                select(mail_editions).where(*is_edition).order_by(mail_editions.c.day.desc())
            ).all()
        return [Edition(row.id, row.frequency, row.day, tuple(row.slugs.split("\n"))) for row in rows]

    def edition(self, number: int) -> Edition | None:
        """The edition with the id *number*; None if it does not exist."""
        with self._state.reading() as connection:
            row = connection.execute(select(mail_editions).where(mail_editions.c.id == number)).first()
        return Edition(row.id, row.frequency, row.day, tuple(row.slugs.split("\n"))) if row else None

    def publish(self, frequency: str, day: str, slugs: Sequence[str], now: datetime) -> int:
        """Creates the edition of a day and queues it for all active subscribers. Returns their number.

        One transaction, so that the edition is created once even if a process is killed or several processes try.
        Returns 0 if the edition exists.
        """
        edition = {"frequency": frequency, "day": day, "slugs": "\n".join(slugs), "made_at": now}
        is_active = (mail_subscribers.c.frequency == frequency, mail_subscribers.c.stopped_at.is_(None))
        with self._state.writing() as connection:
            if not insert_once(connection, mail_editions, edition, "frequency", "day"):
                return 0
            is_edition = (mail_editions.c.frequency == frequency, mail_editions.c.day == day)
            number = connection.execute(select(mail_editions.c.id).where(*is_edition)).scalar_one()
            return mail_writes.queue_for_all(
                connection, is_active, f"issue:{frequency}:{day}:", {"edition": str(number)}, now
            )

    def prune(self, now: datetime) -> None:
        """Deletes rows whose retention period has ended."""
        with self._state.writing() as connection:
            mail_writes.prune(connection, now)


def _stop(connection: Connection, number: int, reason: str, now: datetime) -> None:
    """Stops the subscription of the subscriber *number* and deletes the queued messages to it."""
    is_subscriber = mail_subscribers.c.id == number
    connection.execute(update(mail_subscribers).where(is_subscriber).values(stopped_at=now, reason=reason))
    waiting = (mail_outbox.c.subscriber == number, mail_outbox.c.status == WAITING)
    connection.execute(delete(mail_outbox).where(*waiting))
