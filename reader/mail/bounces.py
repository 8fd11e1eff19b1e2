"""Bounces that arrive as messages: delivery status notifications (RFC 3464).

The return address of an issue is READER_MAIL_BOUNCES extended by the id of the subscriber and a signature (variable
envelope return path, VERP). Without the signature, anyone could end a subscription with a forged bounce.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from .mail_models import Subscriber
from .smtp import is_of_address, redact_reply

LARGEST_BYTES = 1_000_000
"""Only this many bytes of a bounce are read. The returned message follows after them."""

_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")
"""Header fields in which mail servers write the recipient of a bounce."""


@dataclass(frozen=True)
class Bounce:
    """A bounce for the subscriber with the id ``number``. ``action`` is failed, delayed … (RFC 3464, 2.3.3), ``status``
    an enhanced status code such as 5.1.1, ``reason`` the reply of the server."""

    number: int
    signature: str
    action: str
    status: str
    reason: str

    @property
    def is_lasting(self) -> bool:
        """Whether the address no longer accepts mail."""
        return self.action == "failed" and self.status.startswith("5.") and is_of_address(self.status, self.reason)


def bounce_signature(subscriber: Subscriber) -> str:
    """16 hexadecimal digits that only mail to *subscriber* contains."""
    return hashlib.sha256(f"bounce {subscriber.secret}".encode()).hexdigest()[:16]


def return_address(bounces: str, subscriber: Subscriber) -> str:
    """``bounces+12-0123456789abcdef@news.example`` for *bounces* ``bounces@news.example``."""
    user, _, domain = bounces.rpartition("@")
    return f"{user}+{subscriber.id}-{bounce_signature(subscriber)}@{domain}"


def read_bounce(content: bytes, bounces: str) -> Bounce | None:
    """Parses a bounce. None if it is not a delivery status notification or was not sent to a return address of
    *bounces*."""
    try:
        return _bounce_in(message_from_bytes(content[:LARGEST_BYTES]), bounces)
    except RecursionError:  # thousands of nested parts
        return None


def _bounce_in(message: Message, bounces: str) -> Bounce | None:
    user, _, domain = bounces.rpartition("@")
    ours = re.compile(rf"{re.escape(user)}\+(\d{{1,18}})-([0-9a-f]{{16}})@{re.escape(domain)}", re.IGNORECASE)
    report = next(
        (found for name in _TO for value in message.get_all(name, []) if (found := ours.search(str(value)))), None
    )
    if report is None:
        return None
    for fields in _recipient_fields(message):
        action, status = (_value(fields, name).lower().partition(" ")[0] for name in ("Action", "Status"))
        if action and re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", status):
            diagnostic = _value(fields, "Diagnostic-Code").partition(";")[2].strip()
            if status == "5.0.0" and (exact := re.search(r"\b5\.\d{1,3}\.\d{1,3}\b", diagnostic)):
                status = exact[0]  # Exim writes the exact code only in the text of the other server
            return Bounce(int(report[1]), report[2].lower(), action, status, redact_reply(f"{status} {diagnostic}"))
    return None


def _recipient_fields(message: Message) -> Iterator[Message]:
    """The fields of each recipient: all blocks of the report except the first, which describes the whole message."""
    for part in message.walk():
        blocks = part.get_payload() if part.get_content_type() == "message/delivery-status" else None
        if isinstance(blocks, list):
            yield from (block for block in blocks if isinstance(block, Message) and "Action" in block)


def _value(fields: Message, name: str) -> str:
    """The value on one line, with ``?`` for unprintable characters, safe for logs."""
    text = " ".join(str(fields.get(name, "")).split())
    return "".join(character if character.isprintable() else "?" for character in text)
