"""The values of mail: a subscriber's choice, queued messages, and the limits per address and client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..i18n import N_

DAILY, WEEKLY = "daily", "weekly"
FREQUENCIES = {DAILY: N_("every day"), WEEKLY: N_("every Monday")}

CONFIRMATION, DOCUMENT, NOTE, ISSUE = "confirmation", "document", "note", "issue"
PRIORITIES = {CONFIRMATION: 0, NOTE: 0, DOCUMENT: 1, ISSUE: 2}
"""The kinds of messages with their priorities. The lowest number is sent first: a person waits for a confirmation."""

WAITING, HANDED_OVER, SENT, FAILED, UNCLEAR = "waiting", "handed over", "sent", "failed", "unclear"
"""HANDED_OVER is recorded before the last line of a message is sent. UNCLEAR: the connection was lost before the server
replied to that line. The server may have accepted the message, so it is not sent again."""

REQUEST_LIFETIME = timedelta(hours=48)
"""How long the link of a confirmation works, and how long an unconfirmed address is stored."""

DONE_RETENTION = timedelta(days=7)
STOPPED_RETENTION = timedelta(days=30)
EDITION_RETENTION = timedelta(days=60)
"""How long rows are stored: finished messages, subscribers that bounced, and editions."""

RETRY_PERIODS = {CONFIRMATION: timedelta(hours=24), NOTE: timedelta(hours=24), DOCUMENT: timedelta(days=2)}
"""How long after its creation a message of each kind is tried again."""
RETRY_PERIODS |= {ISSUE: timedelta(days=2)}

LONGEST_WAIT = timedelta(days=1)
"""A message that is due even later was queued while the clock was wrong: it is due now."""

MOST_REFUSALS = 3
"""A subscription also stops after the server refused this many issues in a row for a reason other than the address."""


@dataclass(frozen=True)
class Limit:
    """At most ``most`` requests a day for one address, client or site. ``name`` is part of the stored hash."""

    name: str
    most: int


CONFIRMATIONS_OF_ADDRESS = Limit("confirmations to", 3)
CONFIRMATIONS_OF_CLIENT = Limit("confirmations by", 20)
CONFIRMATIONS_OF_NETWORK = Limit("confirmations by network", 100)
CONFIRMATIONS_OF_SITE = Limit("confirmations", 1_000)
LIMITS_OF_DOCUMENTS = (Limit("documents by address", 10), Limit("documents to", 20), Limit("documents", 2_000))


@dataclass(frozen=True)
class Choice:
    """The preferences of a visitor who entered an address.

    ``frequency`` is DAILY, WEEKLY, or empty if the visitor only wants to send files. ``script`` is one of SCRIPTS or
    empty; ``locale`` is the locale of the interface; ``back`` is the page to return to.
    """

    frequency: str = ""
    script: str = ""
    locale: str = "zh_Hans"
    back: str = ""


@dataclass(frozen=True)
class Request:
    """An address that waits for confirmation."""

    address: str
    choice: Choice


@dataclass(frozen=True)
class Subscriber:
    """A confirmed address. ``secret`` is part of the unsubscribe link; ``stopped_at`` is set after a bounce;
    ``refusals`` counts the issues in a row that the server refused."""

    id: int
    address: str
    choice: Choice
    secret: str
    stopped_at: datetime | None = None
    refusals: int = 0


@dataclass(frozen=True)
class Edition:
    """A mailed issue of a day or a week. ``day`` is in ISO format; ``slugs`` are the original slugs of the articles, in
    order."""

    id: int
    frequency: str
    day: str
    slugs: tuple[str, ...]


@dataclass(frozen=True)
class QueuedMessage:
    """A message of the outbox. The keys of ``content`` depend on ``kind``."""

    id: int
    kind: str
    address: str
    subscriber: int
    content: Mapping[str, str]
    attempts: int
    made_at: datetime
    origin: str = field(default="")


def pause_after(attempts: int) -> timedelta:
    """The delay before the next attempt: 1, 2, 4 … minutes, at most 4 hours. Greylisting takes minutes."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), timedelta(hours=4))


def key_of(address: str) -> str:
    """The address in lower case. All servers in use ignore case, so equal keys mean the same mailbox."""
    return address.lower()


def mailbox_of(address: str) -> str:
    """``a@x.org`` also for ``A+news@x.org`` (subaddressing, RFC 5233), because both reach the same person."""
    local, _, domain = key_of(address).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
