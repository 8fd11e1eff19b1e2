"""Creates the tables of the state's revision and of changes, which other processes poll."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "state_0001"
down_revision = None
branch_labels = ("state",)


def upgrade() -> None:
    revision_table = op.create_table("state_revision", sa.Column("value", sa.BigInteger(), nullable=False))
    op.bulk_insert(revision_table, [{"value": 0}])
    op.create_table(
        "state_changes",
        sa.Column("revision", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("revision", name="pk_state_changes"),
    )
