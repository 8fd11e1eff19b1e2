"""Creates the tables of the export queue that machines share."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "jobs_0001"
down_revision = None
branch_labels = ("jobs",)


def upgrade() -> None:
    op.create_table(
        "export_jobs",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("key", "build", "spec", "state")),
        sa.Column("background", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("message", "holder")),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_export_jobs"),
    )
    op.create_index("ix_export_jobs_turn", "export_jobs", ["build", "state", "background", "queued_at"])
    op.create_table(
        "export_pools",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("holder", "build")),
        sa.Column("ready_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder", name="pk_export_pools"),
    )
