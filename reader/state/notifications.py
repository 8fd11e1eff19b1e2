"""Counts the notifications of PostgreSQL (LISTEN), cheap enough to be asked every few milliseconds. Imports psycopg."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import Any

import psycopg

from .engines import connection_arguments

RETRY_SECONDS = 5.0
"""After a failure the server is not asked for this time."""


class Notifications:
    """Counts notifications of *channel*, an identifier, on a connection of its own. All threads can use it.

    Asking reads what the server has sent, without a request. A connection that fails is opened again later::

        count = state.notifications("export_jobs")
        before = count()
        ...
        count() != before  # there was a notification, or the connection is another one
    """

    def __init__(self, url: str, channel: str) -> None:
        self._url, self._listen = url, f"LISTEN {channel}"
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        self._count, self._retry_at = 0, float("-inf")

    def __call__(self) -> int:
        """The number of notifications so far. It stays the same while the server does not answer."""
        with self._lock:
            try:
                for _ in self._connected().notifies(timeout=0):
                    self._count += 1
            except psycopg.Error:
                self._close()
            return self._count

    def close(self) -> None:
        """Closes the connection. The next call opens another one."""
        with self._lock:
            self._close()

    def _connected(self) -> psycopg.Connection[Any]:
        """The connection. Raises psycopg.Error, also during the rest after a failure."""
        if self._connection is None:
            if time.monotonic() < self._retry_at:
                raise psycopg.OperationalError
            self._retry_at = time.monotonic() + RETRY_SECONDS
            address, arguments = connection_arguments(self._url)
            self._connection = psycopg.connect(address, autocommit=True, **arguments)
            self._connection.execute(self._listen.encode())
            self._count += 1  # others may have been missed
        return self._connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        with suppress(psycopg.Error):
            if connection is not None:
                connection.close()
