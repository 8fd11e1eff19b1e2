"""Creates the tables of the publication history: previous slugs, removals, corrections, and recorded versions."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "history_0001"
down_revision = None
branch_labels = ("history",)

TABLES = {
    "moved": "slug target",
    "removed": "slug title removed_at",
    "revised": "slug version revised_at",
    "original_slugs": "slug original",
    "recorded": "slug version digest path title changed",
    "versions": "id slug version digest title changed seen_at",
    "identity": "id",
}
"""The columns of each table; the first one is the primary key. Times and the id of a version are numbers, all other
columns text."""


def upgrade() -> None:
    for name, columns in TABLES.items():
        key, *others = columns.split()
        kind = sa.Integer() if name == "versions" else sa.Text()
        kinds = {key: kind} | {other: sa.BigInteger() if other.endswith("_at") else sa.Text() for other in others}
        parts = [sa.Column(column, kind, nullable=False) for column, kind in kinds.items()]
        op.create_table(f"history_{name}", *parts, sa.PrimaryKeyConstraint(key, name=f"pk_history_{name}"))
    op.create_index("ix_history_versions_slug", "history_versions", ["slug"])
    op.execute(sa.text("INSERT INTO history_identity VALUES (:id)").bindparams(id=secrets.token_hex(16)))
