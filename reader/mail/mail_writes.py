"""SQL statements that write to the mail tables, each within the caller's transaction. Imports SQLAlchemy."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Text,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from ..state.insert_once import insert_once
from ..state.secret_keys import secret_key
from . import mail_models
from .mail_models import ISSUE, PRIORITIES, WAITING, Choice, Limit, Subscriber, key_of, mailbox_of
from .mail_tables import (
    mail_blocked,
    mail_counts,
    mail_editions,
    mail_keys,
    mail_outbox,
    mail_requests,
    mail_subscribers,
)


def hash_of(text: str, key: bytes) -> str:
    """A keyed hash of *text*, 32 hexadecimal digits."""
    return hashlib.blake2b(text.encode(), key=key[:64], digest_size=16).hexdigest()


def count_request(connection: Connection, limit: Limit, subject: str, now: datetime) -> bool:
    """Counts one request of *subject* (an address or a client). Returns whether it is within *limit*.

    The key of the hash is random and deleted after the day (UTC), so the count starts again each day.
    """
    key = secret_key(connection, mail_keys, f"{now:%Y-%m-%d}")
    hashed = hash_of(f"{limit.name} {subject}", key)
    count = connection.execute(select(func.count()).where(mail_counts.c.subject == hashed)).scalar_one()
    if count >= limit.most:
        return False
    connection.execute(insert(mail_counts).values(subject=hashed, at=now))
    return True


def is_blocked(connection: Connection, address: str) -> bool:
    """Whether the mailbox of *address* is blocked."""
    hashed = hash_of(mailbox_of(address), secret_key(connection, mail_keys))
    return connection.execute(select(mail_blocked).where(mail_blocked.c.address_hash == hashed)).first() is not None


def block(connection: Connection, address: str, now: datetime) -> None:
    """Blocks the mailbox of *address*: no mail is sent to it, including mail that other people request."""
    erase(connection, address)
    hashed = hash_of(mailbox_of(address), secret_key(connection, mail_keys))
    insert_once(connection, mail_blocked, {"address_hash": hashed, "at": now}, "address_hash")


def queue(
    connection: Connection,
    kind: str,
    address: str,
    origin: str,
    content: Mapping[str, str],
    now: datetime,
    subscriber: int = 0,
) -> bool:
    """Adds a message to the outbox. Returns False if a message with the same *origin* exists."""
    values = _message(kind, content, now) | {"address": address, "subscriber": subscriber, "origin": origin}
    return insert_once(connection, mail_outbox, values, "origin")


def queue_for_all(
    connection: Connection,
    conditions: Sequence[ColumnElement[bool]],
    origin: str,
    content: Mapping[str, str],
    now: datetime,
) -> int:
    """Queues an issue for all subscribers that match *conditions*, and returns their number.

    Uses one statement, because no other process can write meanwhile; one statement for each of 50,000 subscribers took
    14 seconds.
    """
    values = _message(ISSUE, content, now)
    s, columns = mail_subscribers.c, mail_outbox.c
    each = select(
        s.address, s.id, literal(origin) + cast(s.id, Text), *(literal(v, columns[n].type) for n, v in values.items())
    ).where(*conditions)
    names = ["address", "subscriber", "origin", *values]
    statement = insert(mail_outbox).from_select(names, each).execution_options(preserve_rowcount=True)
    return connection.execute(statement).rowcount


def _message(kind: str, content: Mapping[str, str], now: datetime) -> dict[str, object]:
    return {
        "kind": kind,
        "turn": PRIORITIES[kind],
        "content": json.dumps(content, ensure_ascii=False),
        "status": WAITING,
        "due_at": now,
        "attempts": 0,
        "made_at": now,
        "reason": "",
    }


def subscribe(connection: Connection, address: str, choice: Choice, now: datetime) -> None:
    """Makes the confirmed address a subscriber, or changes its choice. Restarts a stopped subscription."""
    values = {
        "address": address,
        "frequency": choice.frequency,
        "script": choice.script,
        "locale": choice.locale,
        "confirmed_at": now,
        "stopped_at": None,
        "reason": "",
        "refusals": 0,
    }
    new = {**values, "address_key": key_of(address), "secret": secrets.token_hex(16)}
    if not insert_once(connection, mail_subscribers, new, "address_key"):
        of_address = mail_subscribers.c.address_key == key_of(address)
        connection.execute(update(mail_subscribers).where(of_address).values(**values))


def subscriber_of(row: Row[Any]) -> Subscriber:
    choice = Choice(row.frequency, row.script, row.locale)
    return Subscriber(row.id, row.address, choice, row.secret, row.stopped_at, row.refusals)


def subscriber(connection: Connection, number: int) -> Subscriber | None:
    """The subscriber with the id *number*, also a stopped one; None if it does not exist."""
    row = connection.execute(select(mail_subscribers).where(mail_subscribers.c.id == number)).first()
    return subscriber_of(row) if row else None


def unsubscribe(connection: Connection, number: int) -> None:
    """Deletes the subscriber and its queued messages."""
    found = subscriber(connection, number)
    connection.execute(delete(mail_outbox).where(mail_outbox.c.subscriber == number))
    if found:  # otherwise the confirmation link would subscribe again
        of_address = func.lower(mail_requests.c.address) == key_of(found.address)
        connection.execute(delete(mail_requests).where(of_address))
    connection.execute(delete(mail_subscribers).where(mail_subscribers.c.id == number))


def erase(connection: Connection, address: str) -> int:
    """Deletes all data of *address*. Returns the number of rows."""
    of_address = func.lower(mail_subscribers.c.address) == key_of(address)
    numbers = list(connection.execute(select(mail_subscribers.c.id).where(of_address)).scalars())
    rows = connection.execute(delete(mail_outbox).where(mail_outbox.c.subscriber.in_(numbers))).rowcount
    for table in (mail_outbox, mail_requests, mail_subscribers):
        rows += connection.execute(delete(table).where(func.lower(table.c.address) == key_of(address))).rowcount
    return int(rows + connection.execute(delete(mail_outbox).where(requested_by(address))).rowcount)


def requested_by(address: str) -> ColumnElement[bool]:
    """An SQL condition: whether *address*, in any case, requested a message of the outbox."""
    return func.lower(mail_outbox.c.content).contains(json.dumps(key_of(address)), autoescape=True)


def prune(connection: Connection, now: datetime) -> None:
    """Deletes rows whose retention period has ended."""
    for table, column, retention in (
        (mail_requests, mail_requests.c.made_at, mail_models.REQUEST_LIFETIME),
        (mail_outbox, mail_outbox.c.done_at, mail_models.DONE_RETENTION),
        (mail_subscribers, mail_subscribers.c.stopped_at, mail_models.STOPPED_RETENTION),
        (mail_editions, mail_editions.c.made_at, mail_models.EDITION_RETENTION),
        (mail_counts, mail_counts.c.at, timedelta(days=1)),
    ):
        connection.execute(delete(table).where(column.is_not(None), column < now - retention))
    before_today = mail_keys.c.name < f"{now:%Y-%m-%d}"
    connection.execute(delete(mail_keys).where(mail_keys.c.name != "site", before_today))
