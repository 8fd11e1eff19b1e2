"""History, which the catalog calls. A child process imports SQLAlchemy instead of this process; it ends when idle."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..child_process.parent import NO_LIMITS
from ..child_process.pool import WarmChildren
from ..errors import ChildFailed, StateUnusable
from ..i18n import Message, deserialize
from ..state import State
from ..state.revision import column_in
from ..storage.sqlite import file_identity

Row = list[Any]
Rows = dict[str, list[Row]]
"""Rows by the name of the table in the catalog, such as ``removed``; the first column is the slug."""

Changes = dict[str, dict[str, Row | None]]
"""The new row by table and slug, or None for a deleted row."""

COMMAND = (sys.executable, "-m", "reader.publication_history.database_writer_child")
ANSWER_SECONDS = 120.0
"""How long one request to the child may take."""

IDLE_SECONDS = 30.0
"""How long an unused child continues to run."""

_RECYCLE_BYTES = 400_000_000
_children = WarmChildren(_RECYCLE_BYTES, IDLE_SECONDS)


class History:
    """The history in the state database at *url*. All methods raise StateUnusable.

    ::

        history = History(settings.state_url)
        identity, lacking = history.exchange({"removed": [["rain", "Rain", 1700000000]]})
        history.record({"removed": {"rain": None}})  # the article is public again
    """

    def __init__(self, url: str) -> None:
        self._url, self._path = url, State(url).path
        self._known_file, self._known_identity = "", ""

    def identity(self) -> str:
        """A random id of the database; empty if the file does not exist. Cached until the file is replaced."""
        file = file_identity(self._path) if self._path else "server"
        if not file:
            return ""
        if file != self._known_file:
            self._known_identity = _identity_in(self._path) or str(self._request("identity", None))
            self._known_file = file
        return self._known_identity

    def record(self, changes: Changes) -> None:
        """Writes *changes*. They are on the disk when it returns."""
        self._request("record", changes)

    def exchange(self, rows: Rows) -> tuple[str, Rows]:
        """Adds the rows of a catalog that the history lacks. Returns the identity, and the rows that the catalog lacks
        or has with other values.

        Creates the database if it does not exist.
        """
        identity, lacking = self._request("exchange", rows)
        return str(identity), lacking

    def _request(self, operation: str, argument: object) -> Any:
        request = json.dumps([self._url, operation, argument])
        try:
            child = _children.take(COMMAND, NO_LIMITS)
        except OSError as error:
            raise StateUnusable(str(error)) from error
        try:
            answer = json.loads(child.request(request, ANSWER_SECONDS) or "{}")
        except BaseException as error:
            child.end()
            if isinstance(error, ChildFailed):
                raise StateUnusable(error.message) from error
            raise
        _children.give_back(child)
        if "fault" in answer:
            self._known_file = ""
            raise StateUnusable(deserialize(answer["fault"]) or Message("the state database cannot be used"))
        return answer["value"]


def _identity_in(path: Path | None) -> str:
    """The identity in an SQLite file, or empty. Reads it without a child process, so that a restart starts none."""
    with suppress(sqlite3.Error):  # the child reports the error, or creates the table
        return "".join(column_in(path, "SELECT id FROM history_identity")) if path else ""
    return ""
