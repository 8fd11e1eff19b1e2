"""Connections to PostgreSQL that limit the wait for the server. Imports psycopg.

A server that is stopped, or a table that is locked, would otherwise hold each thread that asks until no thread is left
for the pages of articles.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

CHECK_SECONDS = 5.0
"""For the check of a pooled connection, before a transaction sets its own limit."""

Result = TypeVar("Result")

_POLL_SECONDS = 0.1
"""How often psycopg looks for signals while it waits."""


class NoAnswer(psycopg.OperationalError):
    """The server did not answer in time."""


OVERDUE = (NoAnswer, psycopg.errors.ConnectionTimeout, psycopg.errors.LockNotAvailable)
"""The errors after a thread waited in vain: for an answer, a connection or a lock."""


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed if the server does not answer within ``longest_seconds``; None: waits forever."""

    longest_seconds: float | None = CHECK_SECONDS

    def wait(self, gen: PQGen[Result], interval: float = _POLL_SECONDS, timeout: float | None = None) -> Result:
        """The result of *gen*. Raises NoAnswer if the time is up."""
        longest = self.longest_seconds if timeout is None else timeout
        try:
            return super().wait(gen, interval, longest)
        except psycopg.errors._WaitTimeout as error:  # psycopg 3.3 has no public name for it
            self.pgconn.finish()
            raise NoAnswer(f"no answer within {longest:.0f} s") from error
