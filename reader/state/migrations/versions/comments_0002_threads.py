"""Adds columns and indexes for pages of comments: visible threads, numbers of answers, numbers of comments.

Also adds the networks of the senders, for fair shares.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "comments_0002"
down_revision = "comments_0001"

INDEXES = {
    "ix_comments_shown": ["page", "is_shown", "posted_at", "id"],
    "ix_comments_answers": ["thread", "status", "posted_at", "id"],
    "ix_comments_newest": ["page", "status", "posted_at", "id"],
    "ix_comments_author": ["author", "page"],
    "ix_comments_network": ["network", "posted_at"],
}
FILL = """
UPDATE comments SET answers = (
    SELECT count(*) FROM comments AS below WHERE below.thread = comments.id AND below.status = 'approved'
) WHERE thread = 0;
UPDATE comments SET is_shown = (status = 'approved' OR answers > 0) WHERE thread = 0;
INSERT INTO comment_counts (page, comments, threads)
    SELECT page, sum(CASE WHEN status = 'approved' THEN 1 ELSE 0 END), sum(CASE WHEN is_shown THEN 1 ELSE 0 END)
    FROM comments GROUP BY page
"""


def upgrade() -> None:
    op.add_column("comments", sa.Column("answers", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("comments", sa.Column("is_shown", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("comments", sa.Column("network", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "comment_counts",
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("comments", sa.Integer(), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("page", name="pk_comment_counts"),
    )
    for name, columns in INDEXES.items():
        op.create_index(name, "comments", columns)
    op.drop_index("ix_comments_page", "comments")
    for statement in FILL.split(";"):
        op.execute(statement)
