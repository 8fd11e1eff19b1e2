"""Lists the files of the articles folder for editors: published or not, and the problems of each."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path

from ..i18n import deserialize
from ..models import Article
from .read_connections import Connections
from .rows import article_of

PUBLISHED, SCHEDULED, DRAFT, PROBLEM, REMARK = "published", "scheduled", "draft", "problem", "remark"
STATES = (PUBLISHED, SCHEDULED, DRAFT, PROBLEM, REMARK)
"""REMARK: whatever its state, something of the file is not shown, or not used."""

_STATE = (
    "CASE WHEN a.slug IS NULL AND f.remarks = '' THEN 'problem' WHEN a.slug IS NULL OR a.draft THEN 'draft'"
    " WHEN a.visible THEN 'published'"
)
_FROM = (
    f"SELECT f.path, f.cause, f.hint, f.line, f.remarks, f.slug, f.digest, a.title, a.published,"
    f" {_STATE} ELSE 'scheduled' END AS state FROM files f LEFT JOIN articles a ON a.path = f.path"
    " WHERE f.removal_due = 0"
)
_CHOSEN = {REMARK: "remarks <> ''", PROBLEM: "(state = 'problem' OR (cause <> '' AND remarks = ''))"}
_WHEN = "coalesce(published, 9e18)"


@dataclass(frozen=True)
class ListedFile:
    """``state`` is one of STATES but REMARK. A published file whose newest version can't be read has a ``problem``."""

    path: str
    state: str
    title: str = ""
    slug: str = ""
    published: datetime | None = None
    problem: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def cursor(self) -> str:
        """The place of this file in the listing, for the page after it."""
        return json.dumps([self.published.timestamp() if self.published else 9e18, self.path])


class FileListing:
    """Reads the catalog beside ``Catalog``, which returns visible articles only. One connection per thread."""

    def __init__(self, path: Path, timezone: tzinfo) -> None:
        self._connections, self._timezone = Connections(path, must_be_complete=False), timezone

    def files(self, state: str = "", words: str = "", after: str = "", limit: int = 50) -> list[ListedFile]:
        """Newest first, those without an article before all. *words* must each stand in the title or the path.

        *after* is the ``cursor`` of the last one of the page before; a wrong one begins anew.
        """
        conditions, values = [_CHOSEN.get(state, "state = ?" if state else "1")], list[object]()
        values += [state] if state and state not in _CHOSEN else []
        for word in words.split()[:10]:
            conditions.append("(instr(lower(coalesce(title, '')), ?) OR instr(lower(path), ?))")
            values += [word.lower()] * 2
        if cursor := _parsed_cursor(after):
            conditions.append(f"({_WHEN}, path) < (?, ?)")
            values += cursor
        query = f"SELECT * FROM ({_FROM}) WHERE {' AND '.join(conditions)} ORDER BY {_WHEN} DESC, path DESC LIMIT ?"
        return [self._listed(row) for row in self._connections.rows(query, (*values, limit))]

    def file(self, path: str) -> ListedFile | None:
        rows = self._connections.rows(f"SELECT * FROM ({_FROM}) WHERE path = ?", (path,))
        return self._listed(rows[0]) if rows else None

    def count(self) -> dict[str, int]:
        """How many files there are of each state; 0 of none."""
        rows = self._connections.rows(f"SELECT state, count(*) AS count FROM ({_FROM}) GROUP BY state", ())
        return dict.fromkeys(STATES, 0) | {row["state"]: row["count"] for row in rows}

    def article(self, path: str) -> Article | None:
        """The article as it was last read from the file, whether it may be seen or not."""
        rows = self._connections.rows("SELECT * FROM articles WHERE path = ?", (path,))
        return article_of(rows[0], self._timezone) if rows else None

    def articles_of_day(self, day: date, limit: int = 200) -> list[Article]:
        """What is published on *day* or will be; no drafts. Newest first."""
        begin = datetime.combine(day, time(), self._timezone)
        query = (
            "SELECT * FROM articles WHERE draft = 0 AND published >= ? AND published < ? ORDER BY published DESC, slug"
        )
        end = begin + timedelta(days=1)
        rows = self._connections.rows(f"{query} LIMIT ?", (int(begin.timestamp()), int(end.timestamp()), limit))
        return [article_of(row, self._timezone) for row in rows]

    def _listed(self, row: sqlite3.Row) -> ListedFile:
        published = datetime.fromtimestamp(row["published"], self._timezone) if row["title"] else None
        remarks = tuple(deserialize(json.loads(line)[1]) for line in row["remarks"].split("\n") if line)
        problem = deserialize(row["cause"]) if row["remarks"] == "" else ""
        return ListedFile(row["path"], row["state"], row["title"] or "", row["slug"], published, problem, remarks)


def _parsed_cursor(cursor: str) -> list[object]:
    try:
        published, path = json.loads(cursor)
        str(path).encode()  # JSON can hold half a character, which SQLite cannot
    except (ValueError, TypeError):
        return []
    return [float(published), str(path)] if isinstance(published, int | float) else []
