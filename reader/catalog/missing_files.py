"""Files that were not found: their articles stay public until the grace period ends. A part of CatalogTransaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


class MissingFiles:
    """The rows of ``files`` with a ``removal_due``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def mark_missing(self, paths: Iterable[str], due: float) -> None:
        """Marks files that were not found. Published articles stay public until *due* (UTC seconds).

        A file that published nothing is due at once. A file that is already marked keeps its time.
        """
        self._db.executemany(
            "UPDATE files SET removal_due = CASE WHEN EXISTS (SELECT 1 FROM articles a WHERE a.path = files.path"
            " AND a.visible) THEN ?2 ELSE 1 END WHERE path = ?1 AND removal_due = 0",
            ((path, due) for path in paths),
        )

    def mark_found(self, paths: Iterable[str]) -> None:
        """Clears the mark of missing files that were found again."""
        self._db.executemany("UPDATE files SET removal_due = 0 WHERE path = ?", ((path,) for path in paths))

    def overdue(self, now: float, longest_grace: float = float("inf")) -> list[str]:
        """Missing files whose removal is due. After the clock was set back, it is within *longest_grace* seconds."""
        self._db.execute("UPDATE files SET removal_due = ?1 WHERE removal_due > ?1", (now + longest_grace,))
        rows = self._db.execute("SELECT path FROM files WHERE removal_due > 0 AND removal_due <= ?", (now,))
        return [str(row["path"]) for row in rows]

    def next_removal(self) -> float | None:
        """When the next missing file is due (UTC seconds)."""
        due: float | None = self._db.execute("SELECT min(removal_due) FROM files WHERE removal_due > 0").fetchone()[0]
        return due

    def missing_articles(self, expected_due: float) -> list[str]:
        """Paths of public articles whose files are missing, except those due at *expected_due*."""
        rows = self._db.execute(
            "SELECT a.path FROM files k JOIN articles a ON a.path = k.path"
            " WHERE k.removal_due > 0 AND k.removal_due <> ? AND a.visible",
            (expected_due,),
        )
        return [str(row["path"]) for row in rows]

    def count_published(self) -> int:
        """The number of public articles, including those whose files are missing."""
        return int(self._db.execute("SELECT count(*) FROM articles WHERE visible").fetchone()[0])

    def published_stamps(self, paths: Iterable[str]) -> list[str]:
        """The stamps of those files among *paths* that are public articles."""
        query = "SELECT k.stamp FROM files k JOIN articles a ON a.path = k.path WHERE k.path = ? AND a.visible"
        rows = (self._db.execute(query, (path,)).fetchone() for path in paths)
        return [str(row["stamp"]) for row in rows if row]
