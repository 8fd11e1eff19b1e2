"""Lists all files of the articles folder for editors, published or not, with their problems."""

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
"""The states of a file to select by. REMARK selects files of any state with warnings or notes, for example about
content that is not displayed."""

_STATE = (
    "CASE WHEN a.slug IS NULL AND f.remarks = '' THEN 'problem' WHEN a.slug IS NULL OR a.draft THEN 'draft'"
    " WHEN a.visible THEN 'published'"
)
_FROM = (
    f"SELECT f.path, f.cause, f.hint, f.line, f.remarks, f.slug, f.digest, a.title, a.published,"
    f" {_STATE} ELSE 'scheduled' END AS state FROM files f LEFT JOIN articles a ON a.path = f.path"
    " WHERE f.removal_due = 0"
)
_CONDITIONS = {REMARK: "remarks <> ''", PROBLEM: "(state = 'problem' OR (cause <> '' AND remarks = ''))"}
_SORT_TIME = "coalesce(published, 9e18)"


@dataclass(frozen=True)
class ListedFile:
    """A file. ``state`` is one of STATES except REMARK. ``remarks`` are its warnings and notes.

    A published file whose newest version cannot be read has a ``problem``.
    """

    path: str
    state: str
    title: str = ""
    slug: str = ""
    published: datetime | None = None
    problem: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def cursor(self) -> str:
        """The position of this file in the listing: the argument *after* for the next page."""
        return json.dumps([self.published.timestamp() if self.published else 9e18, self.path])


class FileListing:
    """Reads all files in the catalog; ``Catalog`` returns only visible articles. One connection per thread.

    ::

        listing = FileListing(settings.catalog, settings.timezone)
        first = listing.files(state=DRAFT, words="rain", limit=50)
        second = listing.files(state=DRAFT, words="rain", limit=50, after=first[-1].cursor)
    """

    def __init__(self, path: Path, timezone: tzinfo) -> None:
        self._connections, self._timezone = Connections(path, must_be_complete=False), timezone

    def files(self, state: str = "", words: str = "", after: str = "", limit: int = 50) -> list[ListedFile]:
        """The files in *state* (empty: any), newest first; files without an article come before all others.

        Each of *words* must occur in the title or the path. *after* is the ``cursor`` of the last file of the previous
        page; an invalid one returns the first page.
        """
        conditions, values = [_CONDITIONS.get(state, "state = ?" if state else "1")], list[object]()
        values += [state] if state and state not in _CONDITIONS else []
        for word in words.split()[:10]:
            conditions.append("(instr(lower(coalesce(title, '')), ?) OR instr(lower(path), ?))")
            values += [word.lower()] * 2
        if cursor := _parsed_cursor(after):
            conditions.append(f"({_SORT_TIME}, path) < (?, ?)")
            values += cursor
        where = " AND ".join(conditions)
        query = f"SELECT * FROM ({_FROM}) WHERE {where} ORDER BY {_SORT_TIME} DESC, path DESC LIMIT ?"
        return [self._listed(row) for row in self._connections.rows(query, (*values, limit))]

    def file(self, path: str) -> ListedFile | None:
        """The file at *path*; None if the catalog does not have it."""
        rows = self._connections.rows(f"SELECT * FROM ({_FROM}) WHERE path = ?", (path,))
        return self._listed(rows[0]) if rows else None

    def count(self) -> dict[str, int]:
        """The number of files in each of STATES; 0 for REMARK."""
        rows = self._connections.rows(f"SELECT state, count(*) AS count FROM ({_FROM}) GROUP BY state", ())
        return dict.fromkeys(STATES, 0) | {row["state"]: row["count"] for row in rows}

    def article(self, path: str) -> Article | None:
        """The last good version of the article in the file, visible or not; None if there is none."""
        rows = self._connections.rows("SELECT * FROM articles WHERE path = ?", (path,))
        return article_of(rows[0], self._timezone) if rows else None

    def articles_of_day(self, day: date, limit: int = 200) -> list[Article]:
        """The articles with a publication time on *day*, published or scheduled, without drafts. Newest first."""
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
        str(path).encode()  # JSON can contain a lone surrogate, SQLite cannot
    except (ValueError, TypeError):
        return []
    return [float(published), str(path)] if isinstance(published, int | float) else []
