"""Alembic runs this module for each upgrade, with the connection and transaction of ``migrating.py``."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
