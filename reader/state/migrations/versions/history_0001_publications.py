"""What was published: former names, removals, corrections, and the ledger of versions."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "history_0001"
down_revision = None
branch_labels = ("history",)


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    key = {name: sa.PrimaryKeyConstraint("slug", name=f"pk_{name}") for name in _BY_SLUG}
    op.create_table("history_moved", *_text("slug", "target"), key["history_moved"])
    op.create_table(
        "history_removed", *_text("slug", "title"), sa.Column("removed_at", sa.BigInteger(), nullable=False),
        key["history_removed"],
    )  # fmt: skip
    op.create_table(
        "history_revised", *_text("slug", "version"), sa.Column("revised_at", sa.BigInteger(), nullable=False),
        key["history_revised"],
    )  # fmt: skip
    op.create_table("history_original_slugs", *_text("slug", "original"), key["history_original_slugs"])
    recorded = _text("slug", "version", "digest", "path", "title", "changed")
    op.create_table("history_recorded", *recorded, key["history_recorded"])
    op.create_table(
        "history_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        *_text("slug", "version", "digest", "title", "changed"),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_history_versions"),
    )
    op.create_index("ix_history_versions_slug", "history_versions", ["slug"])
    identity = op.create_table(
        "history_identity", *_text("id"), sa.PrimaryKeyConstraint("id", name="pk_history_identity")
    )
    op.bulk_insert(identity, [{"id": secrets.token_hex(16)}])


_BY_SLUG = ("history_moved", "history_removed", "history_revised", "history_original_slugs", "history_recorded")
