"""Creates the tables of mail: keys, requests, subscribers, editions, the outbox, counts and blocked addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "mail_0001"
down_revision = None
branch_labels = ("mail",)

TYPES = {"text": sa.Text, "moment": sa.BigInteger, "integer": sa.Integer, "bytes": sa.LargeBinary}
TABLES = {
    "keys": "name:text key:bytes",
    "requests": "token_hash:text address:text frequency:text script:text locale:text back:text made_at:moment",
    "subscribers": "id:integer address:text address_key:text frequency:text script:text locale:text secret:text"
    " confirmed_at:moment stopped_at:moment? reason:text refusals:integer",
    "editions": "id:integer frequency:text day:text slugs:text made_at:moment",
    "outbox": "id:integer kind:text turn:integer address:text subscriber:integer origin:text content:text status:text"
    " due_at:moment attempts:integer made_at:moment done_at:moment? reason:text",
    "counts": "id:integer subject:text at:moment",
    "blocked": "address_hash:text at:moment",
}
"""The columns of each table, the primary key first; ``?`` marks a column that may be NULL."""

UNIQUE = {"subscribers": ["address_key"], "editions": ["frequency", "day"], "outbox": ["origin"]}


def upgrade() -> None:
    for name, columns in TABLES.items():
        _create(f"mail_{name}", [column.split(":") for column in columns.split()], UNIQUE.get(name, []))
    op.create_index("ix_mail_subscribers_frequency", "mail_subscribers", ["frequency"])
    op.create_index("ix_mail_outbox_due", "mail_outbox", ["status", "turn", "due_at"])
    op.create_index("ix_mail_outbox_subscriber", "mail_outbox", ["subscriber"])
    op.create_index("ix_mail_counts_subject", "mail_counts", ["subject", "at"])


def _create(table: str, columns: list[list[str]], unique: list[str]) -> None:
    created = [sa.Column(name, TYPES[kind.rstrip("?")](), nullable=kind.endswith("?")) for name, kind in columns]
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(columns[0][0], name=f"pk_{table}")]
    if unique:
        constraints.append(sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"))
    op.create_table(table, *created, *constraints, sqlite_autoincrement=columns[0][0] == "id")
