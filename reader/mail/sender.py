"""MailSender: creates the editions that are due and sends the messages of the outbox, in one process at a time."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from smtplib import SMTP
from typing import TYPE_CHECKING

from ..catalog import Catalog
from ..errors import Busy, ReaderError, StateUnusable
from ..jobs.export_service import ExportService
from ..settings import Settings
from ..state import State
from ..storage.locks import FileLock, file_lock
from ..storage.log_formatter import described
from ..templating import Renderer
from .bounces import return_address
from .editions import LONGEST_QUIET, QUIET, day_of_edition, new_slugs
from .file_message import Impossible, NotReady, build_document
from .mail_models import (
    CONFIRMATION,
    DOCUMENT,
    EDITION_RETENTION,
    FAILED,
    FREQUENCIES,
    ISSUE,
    NOTE,
    RETRY_PERIODS,
    SENT,
    UNCLEAR,
    QueuedMessage,
    pause_after,
)
from .messages import Messages
from .sending_record import SendingRecord
from .smtp import Refused, ServerFailed, hand_over, open_connection, server_at

if TYPE_CHECKING:
    from .outbox import Outbox

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""The interval between queries of the outbox."""

TAKE_OVER_SECONDS = 1.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 10.0, 900.0
"""The pause after the server failed. It doubles after each failure."""

PRUNE_SECONDS = 3600.0
MOST_BATCHES = 100
Clock = Callable[[], datetime]


class NotClaimed(Exception):
    """Another machine sends the message, or it was withdrawn in the meantime."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class MailSender:
    """Sends mail until *stop* is set.

    A message is recorded as sent before its last line is sent, so it is sent at most once even if the process is killed
    at any moment.

    ::

        MailSender(settings, catalog, exports, state, renderer).run(stop)
    """

    def __init__(
        self,
        settings: Settings,
        catalog: Catalog,
        exports: ExportService,
        state: State,
        renderer: Renderer,
        clock: Clock = utc_now,
    ) -> None:
        self._settings, self._catalog, self._exports, self._state = settings, catalog, exports, state
        self._messages, self._clock = Messages(settings, catalog, renderer), clock
        self._server = server_at(settings.smtp_url)
        self._failures, self._retry_at, self._prune_at = 0, float("-inf"), float("-inf")
        self._record: SendingRecord | None = None
        self._last_warning = ""

    @cached_property
    def _outbox(self) -> Outbox:
        """Imports SQLAlchemy: only in the process that sends, and only if a state database exists."""
        from . import outbox

        return outbox.Outbox(self._state)

    @property
    def _is_idle(self) -> bool:
        """Whether no state database exists, so nothing can have been requested."""
        return self._state.path is not None and not self._state.path.exists()

    def run(self, stop: threading.Event) -> None:
        """Runs until *stop* is set. Of all processes with this instance folder, one works at a time.

        If several machines share a database, each message is claimed by one of them.
        """
        lock = self._settings.instance / "mail.lock"
        while not stop.is_set():
            try:
                with file_lock(lock) as mine:
                    self._work(stop, mine)
            except (OSError, StateUnusable) as error:
                self._warn(str(error))
            stop.wait(TAKE_OVER_SECONDS)
        self.close()

    def close(self) -> None:
        """Closes the sending record."""
        if self._record:
            self._record.close()
        self._record = None

    def _work(self, stop: threading.Event, lock: FileLock) -> None:
        if lock and not self._is_idle:
            self.recover()
        while lock and not stop.wait(POLL_SECONDS) and lock.is_in_place():
            try:
                self.work_once()
            except (StateUnusable, Busy, sqlite3.Error) as error:
                self._warn(str(error))
            except Exception:  # a bug must not end all mail
                log.exception("sending mail failed")
                stop.wait(FIRST_PAUSE_SECONDS)

    def recover(self) -> None:
        """Makes messages wait again that another process of this machine was sending. It was killed: this process has
        the lock."""
        record = self._open_record()
        if count := self._outbox.recover(record.machine, record.last, self._clock()):
            log.warning("%d messages were being sent when a process ended; sending them again", count)

    def _open_record(self) -> SendingRecord:
        """The sending record. Opens it again if the instance folder was deleted."""
        path = self._settings.instance / "mail.sending"
        if self._record is None or not path.exists():
            self.close()
            self._record = SendingRecord(path)
        return self._record

    def work_once(self) -> int:
        """Creates due editions and sends due messages. Returns the number of messages sent."""
        if self._is_idle:
            return 0
        for frequency in FREQUENCIES:
            self.make_edition(frequency)
        if time.monotonic() >= self._prune_at:
            self._outbox.prune(self._clock())
            self._prune_at = time.monotonic() + PRUNE_SECONDS
        return self.send_due() if time.monotonic() >= self._retry_at else 0

    # -- editions ----------------------------------------------------------------------------------------------------

    def make_edition(self, frequency: str) -> int:
        """Queues the new issue if it is due and no articles have arrived lately. Returns the number of subscribers."""
        now = self._clock()
        local = now.astimezone(self._settings.timezone)
        day = day_of_edition(frequency, local, self._settings.mail_hour)
        if day is None or not self._is_quiet(local) or not self._outbox.has_subscribers(frequency):
            return 0
        before = self._outbox.editions(frequency, now - EDITION_RETENTION)
        if any(day <= date.fromisoformat(edition.day) <= local.date() for edition in before):
            return 0
        slugs = new_slugs(self._catalog, frequency, local.date(), before)
        if not slugs:
            return 0
        count = self._outbox.publish(frequency, day.isoformat(), slugs, now)
        log.info("%s mail of %s: %d articles for %d subscribers", frequency, day, len(slugs), count)
        return count

    def _is_quiet(self, local: datetime) -> bool:
        """Whether no article has arrived lately, or LONGEST_QUIET has passed since READER_MAIL_HOUR."""
        start = local.replace(hour=self._settings.mail_hour, minute=0, second=0, microsecond=0)
        return local >= min(self._catalog.changed_at + QUIET, start + LONGEST_QUIET)

    # -- sending -----------------------------------------------------------------------------------------------------

    def send_due(self) -> int:
        """Sends the due messages through one connection. Pauses after the server failed. Returns the number of messages
        sent."""
        sent = 0
        try:
            with ExitStack() as stack:
                connection: SMTP | None = None
                for message in self._due_messages():
                    if content := self._build(message):
                        connection = connection or stack.enter_context(self._open_connection())
                        sent += self._send(connection, message, content)
        except NotClaimed:  # the connection is closed
            return sent
        except ServerFailed as error:
            self._failures += 1
            pause = min(FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE_SECONDS)
            self._retry_at = time.monotonic() + pause
            self._warn(error.reason)
            return sent
        if sent:
            self._failures, self._last_warning = 0, ""
        return sent

    def _due_messages(self) -> Iterator[QueuedMessage]:
        """The due messages, queried again after each batch, so that a confirmation precedes the rest of ten thousand
        issues."""
        for _ in range(MOST_BATCHES):
            batch = self._outbox.due(self._clock())
            if not batch:
                return
            yield from batch

    def _open_connection(self) -> AbstractContextManager[SMTP]:
        return open_connection(self._server, self._settings.mail_from.rpartition("@")[2])

    def _send(self, connection: SMTP, message: QueuedMessage, content: bytes) -> bool:
        claim = partial(self._claim, message)
        try:
            if not hand_over(connection, self._return_address(message), message.address, content, claim):
                raise NotClaimed
        except Refused as error:
            self._refused(message, error)
            return False
        except ServerFailed as error:
            if error.is_unclear:
                self._outbox.done(message.id, UNCLEAR, self._clock(), error.reason)
            else:  # the other messages come first, in case this one caused the failure
                self._postpone(message, error.reason)
            raise
        self._outbox.done(message.id, SENT, self._clock())
        return True

    def _return_address(self, message: QueuedMessage) -> str:
        """The address for bounces: READER_MAIL_FROM, or for an issue one with the subscriber's id if
        READER_MAIL_BOUNCES is set."""
        bounces = self._settings.mail_bounces
        subscriber = self._outbox.subscriber(message.subscriber) if bounces and message.kind == ISSUE else None
        return return_address(bounces, subscriber) if subscriber else self._settings.mail_from

    def _claim(self, message: QueuedMessage) -> bool:
        """Records the sending in the database, so that no other machine sends the message, then in the sending
        record."""
        try:
            record = self._open_record()
            if not self._outbox.hand_over(message.id, self._clock(), record.machine):
                return False
            record.write(message.id)
        except OSError as error:  # of the record's disk
            self._postpone(message, str(error))
            return False
        return True

    def _refused(self, message: QueuedMessage, error: Refused) -> None:
        now = self._clock()
        is_late = now > message.made_at + RETRY_PERIODS[message.kind]
        if not error.is_lasting and not is_late:
            self._postpone(message, error.reason)
            return
        if self._outbox.refused(message, error.reason, now, is_bounce=error.is_bounce):
            log.warning("a subscription was stopped after the mail server's reply: %s", error.status or error.code)
        self._notify_owner(message)

    def _postpone(self, message: QueuedMessage, reason: str) -> None:
        attempts = message.attempts + 1
        self._outbox.postpone(message.id, self._clock() + pause_after(attempts), attempts, reason)

    # -- building ----------------------------------------------------------------------------------------------------

    def _build(self, message: QueuedMessage) -> bytes | None:
        """The message as bytes; None if it is not sent now. The reason is then stored in the outbox."""
        now = self._clock()
        if now > message.made_at + RETRY_PERIODS[message.kind]:
            self._give_up(message, "too late")
            return None
        try:
            return self._bytes_of(message)
        except NotReady as error:
            self._outbox.postpone(message.id, now + error.pause, message.attempts, error.reason)
        except Busy as error:  # a new catalog is being filled
            self._outbox.postpone(
                message.id, now + timedelta(seconds=error.retry_seconds), message.attempts, str(error)
            )
        except (StateUnusable, sqlite3.Error):  # the database failed, not this message
            raise
        except (Impossible, ReaderError) as error:
            self._give_up(message, str(error))
        except (ValueError, KeyError) as error:  # a header that cannot be written
            self._give_up(message, str(error), logged=described(error))
        except Exception as error:  # a bug with one message must not block the messages after it
            log.exception("building a %s failed", message.kind)
            self._postpone(message, type(error).__name__)
        return None

    def _bytes_of(self, message: QueuedMessage) -> bytes:
        if message.kind == CONFIRMATION:
            return self._messages.confirmation(message)
        if message.kind == NOTE:
            return self._messages.note(message)
        if message.kind == DOCUMENT:
            return build_document(message, self._catalog, self._exports, self._messages)
        return self._issue(message)

    def _issue(self, message: QueuedMessage) -> bytes:
        subscriber = self._outbox.subscriber(message.subscriber)
        edition = self._outbox.edition(int(message.content["edition"]))
        if subscriber is None or edition is None:
            raise Impossible("no subscriber any more")
        content = self._messages.issue(message, edition, subscriber)
        if content is None:
            raise Impossible("none of its articles is published any more")
        return content

    def _give_up(self, message: QueuedMessage, reason: str, logged: str = "") -> None:
        """Finishes the message as FAILED. *logged* is *reason* without text that must not be logged, such as a mail
        address."""
        self._outbox.done(message.id, FAILED, self._clock(), reason)
        if message.kind != ISSUE:
            log.warning("a %s was not sent: %s", message.kind, logged or reason)
        self._notify_owner(message)

    def _notify_owner(self, message: QueuedMessage) -> None:
        """Queues a note to the person who requested a file that was not sent."""
        owner = message.content.get("owner", "")
        if message.kind != DOCUMENT or not owner:
            return
        content = {name: message.content[name] for name in ("locale", "path", "title")} | {"to": message.address}
        self._outbox.note(owner, message.origin, content, self._clock())

    def _warn(self, reason: str) -> None:
        """Logs *reason* unless it is the same as the last one."""
        if reason != self._last_warning:
            self._last_warning = reason
            log.warning("mail is delayed: %s", reason)
