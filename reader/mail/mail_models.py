"""The values of mail: preferences of a subscriber, queued messages, and the limits per address and client."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ..i18n import N_

DAILY, WEEKLY = "daily", "weekly"
FREQUENCIES = {DAILY: N_("every day"), WEEKLY: N_("every Monday")}

CONFIRMATION, DOCUMENT, NOTE, ISSUE = "confirmation", "document", "note", "issue"
TURNS = {CONFIRMATION: 0, NOTE: 0, DOCUMENT: 1, ISSUE: 2}
"""The kinds of messages, and which go first: somebody waits for a confirmation."""

WAITING, HANDED_OVER, SENT, FAILED, UNCLEAR = "waiting", "handed over", "sent", "failed", "unclear"
"""HANDED_OVER is recorded before the last line of a message is sent. UNCLEAR: the connection was lost before the server
answered that line; it may have taken the message, so it is not sent again."""

REQUEST_LIVES = timedelta(hours=48)
"""How long the link of a confirmation works, and how long an address that is not confirmed is kept."""

DONE_FOR = timedelta(days=7)
STOPPED_FOR = timedelta(days=30)
EDITIONS_FOR = timedelta(days=60)
"""How long rows are kept: of sent messages, of subscribers that bounced, of what was mailed."""

KEEPS_TRYING = {CONFIRMATION: timedelta(hours=24), NOTE: timedelta(hours=24), DOCUMENT: timedelta(days=2)}
KEEPS_TRYING |= {ISSUE: timedelta(days=2)}

MOST_REFUSALS = 3
"""So many issues in a row that the server refused for another reason than the address stop it, too."""


@dataclass(frozen=True)
class Limit:
    """At most ``most`` a day for one address, client or site. ``name`` is part of the hash."""

    name: str
    most: int


CONFIRMATIONS_OF_ADDRESS = Limit("confirmations to", 3)
CONFIRMATIONS_OF_CLIENT = Limit("confirmations by", 20)
CONFIRMATIONS_OF_NETWORK = Limit("confirmations by network", 100)
CONFIRMATIONS_OF_SITE = Limit("confirmations", 1_000)
LIMITS_OF_DOCUMENTS = (Limit("documents by address", 10), Limit("documents to", 20), Limit("documents", 2_000))


@dataclass(frozen=True)
class Choice:
    """What somebody who typed an address wants. ``frequency`` is empty for who wants to send files only; ``script`` one
    of SCRIPTS or empty; ``locale`` that of the interface; ``back`` the page to return to."""

    frequency: str = ""
    script: str = ""
    locale: str = "zh_Hans"
    back: str = ""


@dataclass(frozen=True)
class Request:
    address: str
    choice: Choice


@dataclass(frozen=True)
class Subscriber:
    id: int
    address: str
    choice: Choice
    secret: str
    stopped_at: datetime | None = None
    refusals: int = 0


@dataclass(frozen=True)
class Edition:
    """The mail of a day or a week. ``slugs`` are those under which the articles were first published, in order."""

    id: int
    frequency: str
    day: str
    slugs: tuple[str, ...]


@dataclass(frozen=True)
class Queued:
    """A message of the outbox. ``content`` depends on the kind."""

    id: int
    kind: str
    address: str
    subscriber: int
    content: Mapping[str, str]
    attempts: int
    made_at: datetime
    origin: str = field(default="")


def pause_after(attempts: int) -> timedelta:
    """How long a message waits that the server put off: 1, 2, 4 … minutes, at most 4 hours (greylisting: minutes)."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), timedelta(hours=4))


def key_of(address: str) -> str:
    """Equal for addresses that reach one mailbox at all servers in use: they take upper for lower case."""
    return address.lower()


def mailbox_of(address: str) -> str:
    """``a@x.org`` for ``A+news@x.org`` too (subaddressing, RFC 5233): all of them reach the same person."""
    local, _, domain = key_of(address).rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
