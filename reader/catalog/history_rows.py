"""The catalog's copy of the publication history: collects the changed rows of a transaction, to record them before it
commits.

Triggers note each change of a row, whatever statement makes it.
"""

from __future__ import annotations

import sqlite3

from ..models import Article
from ..publication_history import Changes, Rows
from .rows import original_slug, remember_original_slug, row_of
from .schema import HISTORY_TABLES

ANNOUNCED = frozenset(HISTORY_TABLES) - {"recorded"}
"""A transaction that changes one of these tells visitors and subscribers something that must not be forgotten."""

_COMPARED = ("title", "summary", "section", "source", "published", "picture", "body")
"""The fields that the ledger of versions names as changed."""

_NOTE = """CREATE TEMP TRIGGER note_{table}_{event} AFTER {event} ON main.{table} BEGIN
    INSERT OR IGNORE INTO changed_history VALUES ('{table}', {row}.slug); END"""


class HistoryRows:
    """The history tables in a transaction that has begun, on a connection whose changes are noted."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db, self.was_applied = connection, False
        connection.execute("DELETE FROM changed_history")  # what an earlier transaction noted

    @staticmethod
    def note_changes(connection: sqlite3.Connection) -> None:
        """Once for each connection, before its first transaction."""
        connection.execute(
            "CREATE TEMP TABLE changed_history (name TEXT, slug TEXT, PRIMARY KEY (name, slug)) WITHOUT ROWID"
        )
        for table in HISTORY_TABLES:
            for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
                connection.execute(_NOTE.format(table=table, event=event, row=row))

    def changes(self) -> Changes:
        """The rows that the transaction has changed so far."""
        changed = self._db.execute("SELECT name, slug FROM changed_history").fetchall()
        changes: Changes = {}
        for name, slug in changed:
            row = self._db.execute(f"SELECT * FROM {name} WHERE slug = ?", (slug,)).fetchone()
            changes.setdefault(name, {})[slug] = list(row) if row else None
        return changes

    def all(self) -> Rows:
        return {name: [list(row) for row in self._db.execute(f"SELECT * FROM {name}")] for name in HISTORY_TABLES}

    def apply(self, rows: Rows) -> None:
        """Takes over rows that were recorded before. They are no changes."""
        for name in HISTORY_TABLES:
            if row := rows.get(name):
                marks = ", ".join("?" * len(row[0]))
                self._db.executemany(f"INSERT OR REPLACE INTO {name} VALUES ({marks})", row)
                self.was_applied = True
        self._db.execute("DELETE FROM changed_history")

    def publish(self, path: str, digest: str, article: Article, before: sqlite3.Row | None) -> None:
        """The article is public now. *before* is its row until now, if it was public."""
        known = self._db.execute("SELECT version, digest FROM recorded WHERE slug = ?", (article.slug,)).fetchone()
        if known and (known["version"] == article.version or known["digest"] == digest):
            # Nothing that is shown changed, or only a new release shows the same file otherwise.
            query = "UPDATE recorded SET digest = ?1, path = ?2 WHERE slug = ?3 AND (digest, path) <> (?1, ?2)"
            self._db.execute(query, (digest, path, article.slug))
            return
        changed = _changed(article, before) if before else ""
        values = (article.slug, article.version, digest, path, article.title, changed)
        self._db.execute("INSERT OR REPLACE INTO recorded VALUES (?, ?, ?, ?, ?, ?)", values)

    def was_corrected(self, digest: str, article: Article) -> bool:
        """Whether an article that a new catalog does not know was public with other content."""
        query = "SELECT 1 FROM recorded WHERE slug = ? AND digest <> ? AND version <> ?"
        return self._db.execute(query, (article.slug, digest, article.version)).fetchone() is not None

    def correct(self, article: Article, now: int) -> None:
        values = (article.slug, article.version, now)
        self._db.execute("INSERT OR REPLACE INTO revised VALUES (?, ?, ?)", values)

    def withdraw(self, slug: str) -> None:
        """The article is not public any more, and nobody is told."""
        self._db.execute("DELETE FROM recorded WHERE slug = ?", (slug,))

    def move(self, slug: str, heir: str) -> None:
        self._db.execute("UPDATE moved SET target = ? WHERE target = ?", (heir, slug))
        self._db.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (slug, heir))

    def remove(self, slug: str, title: str, now: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO removed VALUES (?, ?, ?)", (slug, title, now))

    def vanished(self) -> list[sqlite3.Row]:
        """Recorded articles that the catalog has not got, nor any file at their path."""
        return self._db.execute(
            "SELECT * FROM recorded WHERE slug NOT IN (SELECT slug FROM articles)"
            " AND path NOT IN (SELECT path FROM files WHERE cause <> '' OR slug = recorded.slug)"
        ).fetchall()

    def retire_vanished(self, row: sqlite3.Row, now: int) -> None:
        """Redirects to the article that has the path or the bytes of a recorded one now; else it was removed."""
        heir = self._db.execute(
            "SELECT a.slug FROM files f JOIN articles a ON a.path = f.path WHERE a.visible"
            " AND (f.path = ?1 OR f.digest = ?2) ORDER BY f.path <> ?1 LIMIT 1",
            (row["path"], row["digest"]),
        ).fetchone()
        first = self._db.execute("SELECT original FROM original_slugs WHERE slug = ?", (row["slug"],)).fetchone()
        if heir:
            self.move(row["slug"], heir["slug"])
            if original_slug(self._db, heir["slug"]) == heir["slug"]:
                remember_original_slug(self._db, heir["slug"], first["original"] if first else row["slug"])
        else:
            self.remove(row["slug"], row["title"], now)
        self.withdraw(row["slug"])


def _changed(article: Article, before: sqlite3.Row) -> str:
    now = row_of(article)
    return ",".join(name for name in _COMPARED if now[name] != before[name])
