"""Creates the table of Webmentions: received ones that wait for verification, and sent ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "webmentions_0001"
down_revision = None
branch_labels = ("webmentions",)


def upgrade() -> None:
    op.create_table(
        "webmentions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("is_sent", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("source", "target", "page", "host", "version")),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_webmentions"),
        sa.UniqueConstraint("source", "target", name="uq_webmentions_source_target"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_webmentions_status", "webmentions", ["status", "due_at"])
    op.create_index("ix_webmentions_page", "webmentions", ["page"])
