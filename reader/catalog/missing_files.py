"""Files that were not found: their articles stay public until the grace period ends. A part of CatalogTransaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable


class MissingFiles:
    """Marks missing files by ``removal_due`` in their rows of ``files``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    def mark_missing(self, paths: Iterable[str], due: float) -> None:
        """Marks files that were not found. Published articles stay public until *due* (UTC seconds).

        A file without a published article is due immediately. The time of a file that is already marked is not changed.
        """
        self._db.executemany(
            "UPDATE files SET removal_due = CASE WHEN EXISTS (SELECT 1 FROM articles a WHERE a.path = files.path"
            " AND a.visible) THEN ?2 ELSE 1 END WHERE path = ?1 AND removal_due = 0",
            ((path, due) for path in paths),
        )

    def mark_found(self, paths: Iterable[str]) -> None:
        """Removes the mark from files that were found again."""
        self._db.executemany("UPDATE files SET removal_due = 0 WHERE path = ?", ((path,) for path in paths))

    def overdue(self, now: float, longest_grace: float = float("inf")) -> list[str]:
        """The missing files whose removal is due at *now* (UTC seconds).

        Limits all due times to *longest_grace* seconds from now, in case the clock was set back.
        """
        self._db.execute("UPDATE files SET removal_due = ?1 WHERE removal_due > ?1", (now + longest_grace,))
        rows = self._db.execute("SELECT path FROM files WHERE removal_due > 0 AND removal_due <= ?", (now,))
        return [str(row["path"]) for row in rows]

    def next_removal(self) -> float | None:
        """The next due time of a missing file (UTC seconds); None if no file is missing."""
        due: float | None = self._db.execute("SELECT min(removal_due) FROM files WHERE removal_due > 0").fetchone()[0]
        return due

    def missing_articles(self, expected_due: float) -> list[str]:
        """The paths of public articles whose files are missing, except those that are due at *expected_due*."""
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
        """The stamps of the files in *paths* that have a public article."""
        query = "SELECT k.stamp FROM files k JOIN articles a ON a.path = k.path WHERE k.path = ? AND a.visible"
        rows = (self._db.execute(query, (path,)).fetchone() for path in paths)
        return [str(row["stamp"]) for row in rows if row]
