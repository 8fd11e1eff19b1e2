"""Exports and erases the data of one address, and counts mail for the operator. Imports SQLAlchemy."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from ..state import State
from ..state.secret_keys import stored_key
from . import mail_writes
from .mail_models import FAILED, HANDED_OVER, UNCLEAR, key_of, mailbox_of
from .mail_tables import mail_blocked, mail_keys, mail_outbox, mail_requests, mail_subscribers

SECRET_COLUMNS = {"secret", "token_hash"}


@dataclass(frozen=True)
class Figures:
    """Counts for the operator. ``failures`` are (reason, count) of the messages that were not sent in the last week."""

    subscribers: dict[str, int]
    stopped: int
    statuses: dict[str, int]
    failures: list[tuple[str, int]]


def export_json(state: State, address: str) -> str:
    """All data of *address* as JSON, without secrets."""
    with state.reading() as connection:
        of_outbox = or_(func.lower(mail_outbox.c.address) == key_of(address), mail_writes.requested_by(address))
        found = {
            table.name: [_plain(row._mapping) for row in connection.execute(select(table).where(condition))]
            for table, condition in (
                (mail_subscribers, mail_subscribers.c.address_key == key_of(address)),
                (mail_requests, func.lower(mail_requests.c.address) == key_of(address)),
                (mail_outbox, of_outbox),
            )
        }
        found["mail_blocked"] = [{"at": at.isoformat()} for at in _blocked_at(connection, address)]
    return json.dumps(found, ensure_ascii=False, indent=2)


def _blocked_at(connection: Connection, address: str) -> list[datetime]:
    hashed = mail_writes.hash_of(mailbox_of(address), stored_key(connection, mail_keys))
    query = select(mail_blocked.c.at).where(mail_blocked.c.address_hash == hashed)
    return list(connection.execute(query).scalars())


def _plain(row: Any) -> dict[str, object]:
    public = {name: value for name, value in row.items() if name not in SECRET_COLUMNS}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in public.items()}


def erase(state: State, address: str) -> int:
    """Deletes all data of *address* except a block. Returns the number of rows."""
    with state.writing() as connection:
        return mail_writes.erase(connection, address)


def stop(state: State, address: str, now: datetime) -> None:
    """Erases *address* and blocks all mail to it permanently."""
    with state.writing() as connection:
        mail_writes.block(connection, address, now)


def resume(state: State) -> int:
    """Restarts all subscriptions that stopped after a bounce. Returns their number."""
    values = {"stopped_at": None, "refusals": 0, "reason": ""}
    with state.writing() as connection:
        stopped = mail_subscribers.c.stopped_at.is_not(None)
        return connection.execute(update(mail_subscribers).where(stopped).values(**values)).rowcount


def figures(state: State) -> Figures:
    """The counts of all subscribers and messages."""
    with state.reading() as connection:
        active = select(mail_subscribers.c.frequency).where(mail_subscribers.c.stopped_at.is_(None))
        stopped = select(func.count()).where(mail_subscribers.c.stopped_at.is_not(None))
        not_sent = mail_outbox.c.status.in_((FAILED, UNCLEAR, HANDED_OVER))
        failures = Counter(connection.execute(select(mail_outbox.c.reason).where(not_sent)).scalars())
        return Figures(
            Counter(connection.execute(active).scalars()),
            connection.execute(stopped).scalar_one(),
            Counter(connection.execute(select(mail_outbox.c.status)).scalars()),
            failures.most_common(20),
        )
