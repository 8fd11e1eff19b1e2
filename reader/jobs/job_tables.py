"""The tables of the export queue that machines share, in a PostgreSQL state database. Imports SQLAlchemy.

They are empty in SQLite, and no backup contains them: an export that is lost is ordered again. Times are microseconds
since 1970 by the clock of the server.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from ..state.state_tables import METADATA

export_jobs = Table(
    "export_jobs",
    METADATA,
    Column("key", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("build", "spec", "state")),
    Column("background", Integer, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("message", "holder")),
    Column("leased_until", BigInteger, nullable=False),
    Index("ix_export_jobs_turn", "build", "state", "background", "queued_at"),
)
"""One row per key. ``holder`` is the pool that has claimed the job, until ``leased_until``."""

export_pools = Table(
    "export_pools",
    METADATA,
    Column("holder", Text, primary_key=True),
    Column("build", Text, nullable=False),
    Column("ready_until", BigInteger, nullable=False),
)
"""The worker pools, and until when each has promised to be ready for a job."""
