"""The tables of mail in the state database. Imports SQLAlchemy."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from ..state.state_tables import METADATA, UtcDateTime


def _text_columns(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


mail_keys = Table(
    "mail_keys",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)
"""Random secrets: ``site``, and one per day (``2026-11-26``), which is deleted after that day."""

mail_requests = Table(
    "mail_requests",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    *_text_columns("address", "frequency", "script", "locale", "back"),
    Column("made_at", UtcDateTime, nullable=False),
)
"""Addresses that visitors entered, until they are confirmed or two days have passed. ``frequency`` is empty if no issue
was requested; ``back`` is the page that requested the address."""

mail_subscribers = Table(
    "mail_subscribers",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    *_text_columns("frequency", "script", "locale", "secret"),
    Column("confirmed_at", UtcDateTime, nullable=False),
    Column("stopped_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    Column("refusals", Integer, nullable=False),
    Index("ix_mail_subscribers_frequency", "frequency"),
    sqlite_autoincrement=True,
)
"""Confirmed addresses. ``stopped_at`` is the time of the bounce that ended the subscription. Unsubscribing deletes the
row. ``refusals`` counts the issues in a row that the server refused."""

mail_editions = Table(
    "mail_editions",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *_text_columns("frequency", "day", "slugs"),
    Column("made_at", UtcDateTime, nullable=False),
    UniqueConstraint("frequency", "day"),
    sqlite_autoincrement=True,
)
"""One row per mailed day or week, with the original slugs of its articles, one per line."""

mail_outbox = Table(
    "mail_outbox",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("turn", Integer, nullable=False),
    Column("address", Text, nullable=False),
    Column("subscriber", Integer, nullable=False),
    Column("origin", Text, nullable=False, unique=True),
    *_text_columns("content", "status"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    Column("reason", Text, nullable=False),
    Index("ix_mail_outbox_due", "status", "turn", "due_at"),
    Index("ix_mail_outbox_subscriber", "subscriber"),
    sqlite_autoincrement=True,
)
"""Messages to be sent. ``content`` is JSON; ``turn`` is the priority, lowest first; ``origin`` prevents duplicates. The
address is removed when the message is finished, the row a week later."""

mail_counts = Table(
    "mail_counts",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("subject", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_mail_counts_subject", "subject", "at"),
    sqlite_autoincrement=True,
)
"""The requests of the last day, by keyed hashes of addresses and clients."""

mail_blocked = Table(
    "mail_blocked",
    METADATA,
    Column("address_hash", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
"""Keyed hashes of the addresses whose owners refuse all mail."""
