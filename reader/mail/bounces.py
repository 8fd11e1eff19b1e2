"""Bounces that come as messages (delivery status notifications, RFC 3464), to return addresses that tell for whom.

The return address of an issue is READER_MAIL_BOUNCES with the number of the subscriber and a mark that only mail to
them has (variable envelope return path, VERP). Who doesn't know the mark can't end a subscription by a made-up bounce.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from .mail_models import Subscriber
from .smtp import is_of_address, said_by_server

LARGEST_BYTES = 1_000_000
"""So much of a bounce is read: what follows is the message that came back."""

_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
"""Where mail servers write the address that a bounce was sent to."""


@dataclass(frozen=True)
class Bounce:
    """Of the subscriber called ``number``. ``action`` is failed, delayed … (RFC 3464, 2.3.3), ``status`` such as 5.1.1,
    ``reason`` what the server said."""

    number: int
    mark: str
    action: str
    status: str
    reason: str

    @property
    def is_lasting(self) -> bool:
        """Whether the address takes no mail any more."""
        return self.action == "failed" and self.status.startswith("5.") and is_of_address(self.status, self.reason)


def mark_of(subscriber: Subscriber) -> str:
    return hashlib.sha256(f"bounce {subscriber.secret}".encode()).hexdigest()[:16]


def return_address(bounces: str, subscriber: Subscriber) -> str:
    """``bounces+12-0123456789abcdef@news.example`` of ``bounces@news.example``."""
    user, _, domain = bounces.rpartition("@")
    return f"{user}+{subscriber.id}-{mark_of(subscriber)}@{domain}"


def read_bounce(content: bytes, bounces: str) -> Bounce | None:
    """None for what is no delivery status notification, or came to another address than those of *bounces*."""
    try:
        return _bounce_in(message_from_bytes(content[:LARGEST_BYTES]), bounces)
    except RecursionError:  # thousands of parts in each other
        return None


def _bounce_in(message: Message, bounces: str) -> Bounce | None:
    user, _, domain = bounces.rpartition("@")
    ours = re.compile(rf"{re.escape(user)}\+(\d{{1,18}})-([0-9a-f]{{16}})@{re.escape(domain)}", re.IGNORECASE)
    report = next(
        (found for name in _TO for value in message.get_all(name, []) if (found := ours.search(str(value)))), None
    )
    if report is None:
        return None
    for fields in _recipients(message):
        action, status = (_value(fields, name).lower().partition(" ")[0] for name in ("Action", "Status"))
        if action and re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", status):
            diagnostic = _value(fields, "Diagnostic-Code").partition(";")[2].strip()
            if status == "5.0.0" and (exact := re.search(r"\b5\.\d{1,3}\.\d{1,3}\b", diagnostic)):
                status = exact[0]  # Exim leaves it to the words of the other server
            return Bounce(int(report[1]), report[2].lower(), action, status, said_by_server(f"{status} {diagnostic}"))
    return None


def _recipients(message: Message) -> Iterator[Message]:
    """The fields of each recipient: all blocks of the report but the first, which is about the whole message."""
    for part in message.walk():
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else None
        if isinstance(blocks, list):
            yield from (block for block in blocks if isinstance(block, Message) and "Action" in block)


def _value(fields: Message, name: str) -> str:
    """On one line, as a log shows it."""
    text = " ".join(str(fields.get(name, "")).split())
    return "".join(character if character.isprintable() else "?" for character in text)
