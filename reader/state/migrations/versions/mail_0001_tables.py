"""Mail: who gets the issue, what is to be sent, and what was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "mail_0001"
down_revision = None
branch_labels = ("mail",)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _moments(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _integers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "mail_keys",
        *_texts("name"),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_mail_keys"),
    )
    op.create_table(
        "mail_requests",
        *_texts("token_hash", "address", "frequency", "script", "locale", "back"),
        *_moments("made_at"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_mail_requests"),
    )
    op.create_table(
        "mail_subscribers",
        *_integers("id", "refusals"),
        *_texts("address", "address_key", "frequency", "script", "locale", "secret", "reason"),
        *_moments("confirmed_at"),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_mail_subscribers"),
        sa.UniqueConstraint("address_key", name="uq_mail_subscribers_address_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mail_subscribers_frequency", "mail_subscribers", ["frequency"])
    op.create_table(
        "mail_editions",
        *_integers("id"),
        *_texts("frequency", "day", "slugs"),
        *_moments("made_at"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_editions"),
        sa.UniqueConstraint("frequency", "day", name="uq_mail_editions_frequency_day"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mail_outbox",
        *_integers("id", "turn", "subscriber", "attempts"),
        *_texts("kind", "address", "origin", "content", "status", "reason"),
        *_moments("due_at", "made_at"),
        sa.Column("done_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="pk_mail_outbox"),
        sa.UniqueConstraint("origin", name="uq_mail_outbox_origin"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mail_outbox_due", "mail_outbox", ["status", "turn", "due_at"])
    op.create_index("ix_mail_outbox_subscriber", "mail_outbox", ["subscriber"])
    op.create_table(
        "mail_counts",
        *_integers("id"),
        *_texts("subject"),
        *_moments("at"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_counts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mail_counts_subject", "mail_counts", ["subject", "at"])
    op.create_table(
        "mail_blocked",
        *_texts("address_hash"),
        *_moments("at"),
        sa.PrimaryKeyConstraint("address_hash", name="pk_mail_blocked"),
    )
