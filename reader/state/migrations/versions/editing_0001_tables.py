"""Creates the tables of editors, of their actions, and of versions of article files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "editing_0001"
down_revision = None
branch_labels = ("editing",)


def upgrade() -> None:
    op.create_table(
        "editors",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.Text(), nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_editors"),
        sa.UniqueConstraint("token_digest", name="uq_editors_token_digest"),
    )
    op.create_table(
        "editor_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("editor", "act", "path", "before", "after")),
        sa.PrimaryKeyConstraint("id", name="pk_editor_acts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_editor_acts_path", "editor_acts", ["path", "id"])
    op.create_table(
        "article_versions",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_article_versions"),
    )
