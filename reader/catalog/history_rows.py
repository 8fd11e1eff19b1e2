"""The catalog's copy of the publication history. Collects the rows that a transaction changes, so that they are
recorded in the state database before it commits.

Triggers register every change of a row.
"""

from __future__ import annotations

import sqlite3

from ..models import Article
from ..publication_history import Changes, Rows
from .rows import original_slug, remember_original_slug, row_of
from .schema import HISTORY_TABLES

ANNOUNCED = frozenset(HISTORY_TABLES) - {"recorded"}
"""The tables whose changes visitors and subscribers see, so they must not be lost."""

_COMPARED = ("title", "summary", "section", "source", "published", "picture", "body")
"""The fields that the ledger of versions lists if they changed."""

_NOTE = """CREATE TEMP TRIGGER note_{table}_{event} AFTER {event} ON main.{table} BEGIN
    INSERT OR IGNORE INTO changed_history VALUES ('{table}', {row}.slug); END"""


class HistoryRows:
    """The history tables in a transaction that has begun. ``note_changes`` must have been called for *connection*."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db, self.was_applied = connection, False
        connection.execute("DELETE FROM changed_history")  # the changes of an earlier transaction

    @staticmethod
    def note_changes(connection: sqlite3.Connection) -> None:
        """Creates the triggers. Call it once for each connection, before its first transaction."""
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
        """All rows of the history tables."""
        return {name: [list(row) for row in self._db.execute(f"SELECT * FROM {name}")] for name in HISTORY_TABLES}

    def apply(self, rows: Rows) -> None:
        """Writes rows of the state database to the catalog. They do not count as changes."""
        for name in HISTORY_TABLES:
            if row := rows.get(name):
                marks = ", ".join("?" * len(row[0]))
                self._db.executemany(f"INSERT OR REPLACE INTO {name} VALUES ({marks})", row)
                self.was_applied = True
        self._db.execute("DELETE FROM changed_history")

    def publish(self, path: str, digest: str, article: Article, before: sqlite3.Row | None) -> None:
        """Records that *article* is public with this version. *before* is its previous row if it was public."""
        known = self._db.execute("SELECT version, digest FROM recorded WHERE slug = ?", (article.slug,)).fetchone()
        if known and (known["version"] == article.version or known["digest"] == digest):
            # The public content is unchanged, or a new release of Reader changed the result of reading the same file.
            query = "UPDATE recorded SET digest = ?1, path = ?2 WHERE slug = ?3 AND (digest, path) <> (?1, ?2)"
            self._db.execute(query, (digest, path, article.slug))
            return
        changed = _changed(article, before) if before else ""
        values = (article.slug, article.version, digest, path, article.title, changed)
        self._db.execute("INSERT OR REPLACE INTO recorded VALUES (?, ?, ?, ?, ?, ?)", values)

    def was_corrected(self, digest: str, article: Article) -> bool:
        """Whether an article that is missing in a new catalog was public with other content."""
        query = "SELECT 1 FROM recorded WHERE slug = ? AND digest <> ? AND version <> ?"
        return self._db.execute(query, (article.slug, digest, article.version)).fetchone() is not None

    def correct(self, article: Article, now: int) -> None:
        """Records a correction of *article* at *now* (UTC seconds)."""
        values = (article.slug, article.version, now)
        self._db.execute("INSERT OR REPLACE INTO revised VALUES (?, ?, ?)", values)

    def withdraw(self, slug: str) -> None:
        """Records that the article is no longer public, without announcing a removal."""
        self._db.execute("DELETE FROM recorded WHERE slug = ?", (slug,))

    def move(self, slug: str, heir: str) -> None:
        """Redirects *slug*, and all slugs that redirect to it, to *heir*."""
        self._db.execute("UPDATE moved SET target = ? WHERE target = ?", (heir, slug))
        self._db.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (slug, heir))

    def remove(self, slug: str, title: str, now: int) -> None:
        """Records the removal of an article at *now* (UTC seconds)."""
        self._db.execute("INSERT OR REPLACE INTO removed VALUES (?, ?, ?)", (slug, title, now))

    def vanished(self) -> list[sqlite3.Row]:
        """The rows of ``recorded`` without an article in the catalog and without a file at their path."""
        return self._db.execute(
            "SELECT * FROM recorded WHERE slug NOT IN (SELECT slug FROM articles)"
            " AND path NOT IN (SELECT path FROM files WHERE cause <> '' OR slug = recorded.slug)"
        ).fetchall()

    def retire_vanished(self, row: sqlite3.Row, now: int) -> None:
        """Redirects a row of ``vanished`` to the article that has its path or its bytes now; else records its
        removal."""
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
