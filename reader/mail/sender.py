"""MailSender: makes the editions that are due and sends what waits in the outbox, in one process at a time."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime, timedelta
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
from .file_message import Impossible, NotYet, document_of
from .mail_models import (
    CONFIRMATION,
    DOCUMENT,
    EDITIONS_FOR,
    FAILED,
    FREQUENCIES,
    ISSUE,
    KEEPS_TRYING,
    NOTE,
    SENT,
    UNCLEAR,
    Queued,
    pause_after,
)
from .messages import Messages
from .sending_record import SendingRecord
from .smtp import Refused, ServerFailed, connected, hand_over, server_at

if TYPE_CHECKING:
    from .outbox import Outbox

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often the outbox is asked."""

TAKE_OVER_SECONDS = 1.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 10.0, 900.0
"""How long nothing is sent while the server takes no mail: twice as long each time."""

PRUNE_SECONDS = 3600.0
MOST_BATCHES = 100
Clock = Callable[[], datetime]


class NotClaimed(Exception):
    """Another machine sends the message, or it was withdrawn meanwhile."""


def utc_now() -> datetime:
    return datetime.now(UTC)


class MailSender:
    """``run`` returns when *stop* is set. That a message is being sent is recorded before its last line is, so it is
    sent once even if the process is killed at any moment.

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
        self._logged = ""

    @cached_property
    def _outbox(self) -> Outbox:
        """Imports SQLAlchemy: in the process that sends, once anybody can have ordered anything."""
        from . import outbox

        return outbox.Outbox(self._state)

    @property
    def _is_idle(self) -> bool:
        return self._state.path is not None and not self._state.path.exists()

    def run(self, stop: threading.Event) -> None:
        """Of all processes with this instance folder, one at a time works. On several machines with one database, each
        message is claimed by one of them."""
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
        if self._record:
            self._record.close()
        self._record = None

    def _work(self, stop: threading.Event, lock: FileLock) -> None:
        if lock and not self._is_idle:
            self.recover()
        while lock and not stop.wait(LOOK_SECONDS) and lock.is_in_place():
            try:
                self.work_once()
            except (StateUnusable, Busy, sqlite3.Error) as error:
                self._warn(str(error))
            except Exception:  # a bug must not end all mail
                log.exception("mail is not sent")
                stop.wait(FIRST_PAUSE_SECONDS)

    def recover(self) -> None:
        """Of all processes of this machine only this one sends: what another had begun, it has left."""
        record = self._opened_record()
        if count := self._outbox.recover(record.machine, record.last, self._clock()):
            log.warning("%d messages were being sent when a process ended; they are sent now", count)

    def _opened_record(self) -> SendingRecord:
        """Opened anew if the instance folder was deleted."""
        path = self._settings.instance / "mail.sending"
        if self._record is None or not path.exists():
            self.close()
            self._record = SendingRecord(path)
        return self._record

    def work_once(self) -> int:
        """Makes what is due and sends what waits. Returns how many messages were sent."""
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
        """Queues the new issue once its time has come and articles have stopped arriving. Returns for how many."""
        now = self._clock()
        local = now.astimezone(self._settings.timezone)
        day = day_of_edition(frequency, local, self._settings.mail_hour)
        if day is None or not self._is_quiet(local) or not self._outbox.has_subscribers(frequency):
            return 0
        before = self._outbox.editions(frequency, now - EDITIONS_FOR)
        if before and before[0].day >= day.isoformat():
            return 0
        slugs = new_slugs(self._catalog, frequency, local.date(), before)
        if not slugs:
            return 0
        count = self._outbox.publish(frequency, day.isoformat(), slugs, now)
        log.info("%s mail of %s: %d articles for %d subscribers", frequency, day, len(slugs), count)
        return count

    def _is_quiet(self, local: datetime) -> bool:
        """Whether no article has come lately; where they come all day, whether that was awaited long enough."""
        begun = local.replace(hour=self._settings.mail_hour, minute=0, second=0, microsecond=0)
        return local >= min(self._catalog.changed_at + QUIET, begun + LONGEST_QUIET)

    # -- sending -----------------------------------------------------------------------------------------------------

    def send_due(self) -> int:
        """Sends what waits, by one connection. A server that fails is left alone for a while."""
        sent = 0
        try:
            with ExitStack() as stack:
                connection: SMTP | None = None
                for message in self._waiting():
                    if content := self._built(message):
                        connection = connection or stack.enter_context(self._connected())
                        sent += self._send(connection, message, content)
        except NotClaimed:  # its connection is closed
            return sent
        except ServerFailed as error:
            self._failures += 1
            pause = min(FIRST_PAUSE_SECONDS * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE_SECONDS)
            self._retry_at = time.monotonic() + pause
            self._warn(error.reason)
            return sent
        if sent:
            self._failures, self._logged = 0, ""
        return sent

    def _waiting(self) -> Iterator[Queued]:
        """What is due, asked again after each batch: a confirmation comes before the rest of ten thousand issues."""
        for _ in range(MOST_BATCHES):
            batch = self._outbox.due(self._clock())
            if not batch:
                return
            yield from batch

    def _connected(self) -> AbstractContextManager[SMTP]:
        return connected(self._server, self._settings.mail_from.rpartition("@")[2])

    def _send(self, connection: SMTP, message: Queued, content: bytes) -> bool:
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
            else:  # whatever made it fail, the others come first
                self._put_off(message, error.reason)
            raise
        self._outbox.done(message.id, SENT, self._clock())
        return True

    def _return_address(self, message: Queued) -> str:
        """Where a bounce goes: READER_MAIL_FROM, of an issue one that tells the subscriber if there are such ones."""
        bounces = self._settings.mail_bounces
        subscriber = self._outbox.subscriber(message.subscriber) if bounces and message.kind == ISSUE else None
        return return_address(bounces, subscriber) if subscriber else self._settings.mail_from

    def _claim(self, message: Queued) -> bool:
        """First in the database, so that no other machine sends it, then in the record."""
        try:
            record = self._opened_record()
            if not self._outbox.hand_over(message.id, self._clock(), record.machine):
                return False
            record.write(message.id)
        except OSError as error:  # of the record's disk
            self._put_off(message, str(error))
            return False
        return True

    def _refused(self, message: Queued, error: Refused) -> None:
        now = self._clock()
        is_late = now > message.made_at + KEEPS_TRYING[message.kind]
        if not error.is_lasting and not is_late:
            self._put_off(message, error.reason)
            return
        if self._outbox.refused(message, error.reason, now, is_bounce=error.is_bounce):
            log.warning("a subscription was stopped by the mail server's answer: %s", error.status or error.code)
        self._tell_owner(message)

    def _put_off(self, message: Queued, reason: str) -> None:
        attempts = message.attempts + 1
        self._outbox.put_off(message.id, self._clock() + pause_after(attempts), attempts, reason)

    # -- building ----------------------------------------------------------------------------------------------------

    def _built(self, message: Queued) -> bytes | None:
        """The message's bytes; None if it is not sent now, which is recorded."""
        now = self._clock()
        if now > message.made_at + KEEPS_TRYING[message.kind]:
            self._give_up(message, "too late")
            return None
        try:
            return self._bytes_of(message)
        except NotYet as error:
            self._outbox.put_off(message.id, now + error.pause, message.attempts, error.reason)
        except Busy as error:  # a new catalog is being filled
            self._outbox.put_off(message.id, now + timedelta(seconds=error.retry_seconds), message.attempts, str(error))
        except (StateUnusable, sqlite3.Error):  # a database's fault, not the message's
            raise
        except (Impossible, ReaderError) as error:
            self._give_up(message, str(error))
        except (ValueError, KeyError) as error:  # a header that cannot be written
            self._give_up(message, str(error), logged=described(error))
        except Exception as error:  # one message that a bug can't build must not hold up all that wait behind it
            log.exception("a %s can't be built", message.kind)
            self._put_off(message, type(error).__name__)
        return None

    def _bytes_of(self, message: Queued) -> bytes:
        if message.kind == CONFIRMATION:
            return self._messages.confirmation(message)
        if message.kind == NOTE:
            return self._messages.note(message)
        if message.kind == DOCUMENT:
            return document_of(message, self._catalog, self._exports, self._messages)
        return self._issue(message)

    def _issue(self, message: Queued) -> bytes:
        subscriber = self._outbox.subscriber(message.subscriber)
        edition = self._outbox.edition(int(message.content["edition"]))
        if subscriber is None or edition is None:
            raise Impossible("no subscriber any more")
        content = self._messages.issue(message, edition, subscriber)
        if content is None:
            raise Impossible("none of its articles is published any more")
        return content

    def _give_up(self, message: Queued, reason: str, logged: str = "") -> None:
        """``logged`` is *reason* without what must not stand in the log, such as a mail address."""
        self._outbox.done(message.id, FAILED, self._clock(), reason)
        if message.kind != ISSUE:
            log.warning("a %s was not sent: %s", message.kind, logged or reason)
        self._tell_owner(message)

    def _tell_owner(self, message: Queued) -> None:
        """Who ordered a file learns that it does not come, unless their own address was refused."""
        owner = message.content.get("owner", "")
        if message.kind != DOCUMENT or not owner:
            return
        content = {name: message.content[name] for name in ("locale", "path", "title")} | {"to": message.address}
        self._outbox.note(owner, message.origin, content, self._clock())

    def _warn(self, reason: str) -> None:
        """Logs a new reason once."""
        if reason != self._logged:
            self._logged = reason
            log.warning("mail waits: %s", reason)
