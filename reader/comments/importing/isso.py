"""Isso: its database, an SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ...errors import NotImported
from ...i18n import Message
from ..comment import APPROVED, PENDING
from .file_structure import Shape
from .imported_comment import GONE, ImportedComment, as_text, imported, parse_time, text_of_markdown

NAME = "Isso"
_MODES = {1: APPROVED, 2: PENDING}
"""Mode 4 is a deleted comment that has answers."""


def is_export(shape: Shape) -> bool:
    return {"table comments", "table threads"} <= shape


def read(path: Path) -> Iterator[ImportedComment]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            database.text_factory = lambda text: text.decode(
                "utf-8", "replace"
            )  # a damaged comment must not block others
            database.execute("PRAGMA trusted_schema = OFF")
            query = "SELECT c.id, c.parent, c.created, c.mode, c.text, c.author, t.uri FROM comments c JOIN threads t"
            for number, parent, created, mode, text, author, address in database.execute(f"{query} ON t.id = c.tid"):
                body, status = text_of_markdown(as_text(text)), _MODES.get(mode, GONE)
                yield imported(number, address, author, body, parse_time(created), status, parent)
    except sqlite3.Error as error:
        raise NotImported(str(path), Message("no database of %(name)s: %(error)s", name=NAME, error=error)) from error
