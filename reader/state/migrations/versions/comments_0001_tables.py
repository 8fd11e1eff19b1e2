"""Creates the tables of comments, of actions on comments, and of keys for signatures and pseudonyms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "comments_0001"
down_revision = None
branch_labels = ("comments",)


def upgrade() -> None:
    texts = ("name", "text", "status", "author", "client", "digest", "reasons", "origin")
    op.create_table(
        "comments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("thread", sa.Integer(), nullable=False),
        sa.Column("reply_to", sa.Integer(), nullable=False),
        sa.Column("posted_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger()),
        sa.Column("is_paper", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.UniqueConstraint("origin", name="uq_comments_origin"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comments_page", "comments", ["page", "thread", "status", "posted_at"])
    op.create_index("ix_comments_status", "comments", ["status", "posted_at"])
    op.create_index("ix_comments_client", "comments", ["client", "posted_at"])
    op.create_index("ix_comments_digest", "comments", ["digest"])
    op.create_table(
        "comment_acts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Integer(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comment_acts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_comment_acts_comment", "comment_acts", ["comment"])
    op.create_table(
        "comment_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_comment_keys"),
    )
