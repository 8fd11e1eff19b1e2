"""History: the calls of the catalog. Does not import SQLAlchemy: a child process does, and ends when it is idle."""

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
from ..i18n import Message, restored
from ..state import State
from ..state.revision import column_in
from ..storage.sqlite import file_identity

Row = list[Any]
Rows = dict[str, list[Row]]
"""Rows by the name of the table in the catalog, such as ``removed``; the slug comes first."""

Changes = dict[str, dict[str, Row | None]]
"""By table and slug: the row as it is now, or None if it was deleted."""

COMMAND = (sys.executable, "-m", "reader.publication_history.database_writer_child")
ANSWER_SECONDS = 120.0
IDLE_SECONDS = 30.0
_RECYCLE_BYTES = 400_000_000
_children = WarmChildren(_RECYCLE_BYTES, IDLE_SECONDS)


class History:
    """The history in the state database at *url*. All calls raise StateUnusable."""

    def __init__(self, url: str) -> None:
        self._url, self._path = url, State(url).path
        self._known_file, self._known_identity = "", ""

    def identity(self) -> str:
        """Another one in each database; empty before it is made. Asks again when the file was replaced."""
        file = file_identity(self._path) if self._path else "server"
        if not file:
            return ""
        if file != self._known_file:
            self._known_identity = _identity_in(self._path) or str(self._request("identity", None))
            self._known_file = file
        return self._known_identity

    def record(self, changes: Changes) -> None:
        """On the disk when it returns."""
        self._request("record", changes)

    def exchange(self, rows: Rows) -> tuple[str, Rows]:
        """Adds what is not known yet of *rows*, those of a catalog. Returns the identity and what that catalog lacks.

        Creates the database.
        """
        identity, lacking = self._request("exchange", rows)
        return str(identity), lacking

    def _request(self, what: str, value: object) -> Any:
        request = json.dumps([self._url, what, value])
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
            raise StateUnusable(restored(answer["fault"]) or Message("the state database cannot be used"))
        return answer["value"]


def _identity_in(path: Path | None) -> str:
    """That of an SQLite file, without a child process, so that a restart starts none; empty if it has none."""
    with suppress(sqlite3.Error):  # the child says what is wrong, or makes the table
        return "".join(column_in(path, "SELECT id FROM history_identity")) if path else ""
    return ""
