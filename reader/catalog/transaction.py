"""One transaction of changes to the catalog, by the one keeper among all processes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ..i18n import N_, Message, stored
from ..models import Article, Collection, Problem
from .collections import CollectionIndex, collections_in, names_of
from .fts_index import FullTextIndex
from .rows import article_of, collections_of, original_slug, remember_original_slug, row_of
from .schema import connect, prepare
from .tokenizer import words_of

_CONFLICT = N_("the name '%(name)s' is taken by another file: %(path)s")


@contextmanager
def catalog_writer(path: Path, now: datetime) -> Iterator[CatalogTransaction]:
    """All or nothing: what was put is visible to readers when the block ends, or not at all."""
    prepare(path)
    connection = connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        transaction = CatalogTransaction(connection, now)
        yield transaction
        transaction.close()
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    finally:
        connection.close()


def record_export(path: Path, key: str, size_bytes: int) -> None:
    """Remember how large a finished export is: pages and feeds show it from now on."""
    with catalog_writer(path, datetime.now().astimezone()) as transaction:
        transaction.put_export(key, size_bytes)


class CatalogTransaction:
    """Changes that belong together. Paths are relative to the articles folder."""

    def __init__(self, connection: sqlite3.Connection, now: datetime) -> None:
        self._db, self._now = connection, int(now.timestamp())
        self._collections, self._fts = CollectionIndex(connection), FullTextIndex(connection)
        self._changed = self._sized = False

    def differences(self, names: Iterable[str], found: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[str]]:
        """Which of the *found* files (path, stamp) are new or other, and which known ones below *names* are gone.

        A folder or file stands for itself and all below; the empty name for everything. The comparing is done in
        a table on disk: a web process that keeps the catalog must not hold a hundred thousand names.
        """
        self._db.execute("CREATE TEMP TABLE found (path TEXT PRIMARY KEY, stamp TEXT NOT NULL) WITHOUT ROWID")
        self._db.executemany("INSERT OR REPLACE INTO found VALUES (?, ?)", found)
        other = "SELECT f.path, f.stamp FROM found f LEFT JOIN files k ON k.path = f.path WHERE k.stamp IS NOT f.stamp"
        gone = "SELECT path FROM files k WHERE {} AND NOT EXISTS (SELECT 1 FROM found f WHERE f.path = k.path)"
        below = "(path = ?1 OR (path > ?1 || '/' AND path < ?1 || '0'))"
        lost = {
            str(row["path"])
            for name in names
            for row in self._db.execute(gone.format(below if name else "?1 = ''"), (name,))
        }
        changed = {str(row["path"]): str(row["stamp"]) for row in self._db.execute(f"{other} ORDER BY f.path")}
        self._db.execute("DROP TABLE found")
        return changed, sorted(lost)

    def put(self, path: str, stamp: str, digest: str, article: Article, words: str = "") -> Problem | None:
        """The file now says this. A name that another file has already is a problem of this file.

        *words* is ``words_of`` the article where somebody has worked it out already.
        """
        before = self._db.execute("SELECT * FROM articles WHERE slug = ?", (article.slug,)).fetchone()
        if before and before["path"] != path:
            cause = Message(_CONFLICT, name=article.slug, path=before["path"])
            hint = Message("rename one of them, or add a different slug: … to its front matter")
            problem = Problem(path, 0, cause, hint)
            self._put_file(path, stamp, digest, article.slug, problem)
            return problem
        known = self._db.execute("SELECT digest FROM files WHERE path = ?", (path,)).fetchone()
        self._put_file(path, stamp, digest, article.slug, Problem(path, 0, ""))
        if before and (known is None or known["digest"] != digest):  # what only a new release changes is no correction
            self._note_correction(article, before)
        self._put_article(path, article, words, before)
        if known:
            self._retire_other_names(path, article.slug)
        return None

    def put_problem(self, stamp: str, digest: str, problem: Problem) -> None:
        """The file cannot be read. Its last good version, if any, stays up."""
        known = self._db.execute("SELECT slug FROM files WHERE path = ?", (problem.path,)).fetchone()
        self._put_file(problem.path, stamp, digest, known["slug"] if known else "", problem)

    def drop(self, path: str) -> None:
        """The file is gone. If the same bytes stand under another name, the article has moved there."""
        known = self._db.execute("SELECT slug, digest FROM files WHERE path = ?", (path,)).fetchone()
        if known is None:
            return
        self._db.execute("DELETE FROM files WHERE path = ?", (path,))
        heir = self._db.execute(
            "SELECT a.slug FROM files f JOIN articles a ON a.path = f.path WHERE f.digest = ?", (known["digest"],)
        ).fetchone()
        for row in self._db.execute("SELECT slug FROM articles WHERE path = ?", (path,)).fetchall():
            self._retire(row["slug"], heir["slug"] if heir else "")

    def reread(self) -> list[str]:
        """Files that lost a name to another file which has given it up: they deserve another look."""
        rows = self._db.execute(
            "SELECT path FROM files WHERE instr(cause, ?) AND slug NOT IN (SELECT slug FROM articles)", (_CONFLICT,)
        )
        return [row["path"] for row in rows]

    def release_due(self) -> None:
        """Show what was waiting for its time."""
        due = "SELECT * FROM articles WHERE visible = 0 AND draft = 0 AND published <= ?"
        for row in self._db.execute(due, (self._now,)).fetchall():
            article = article_of(row, UTC)
            docid = self._show(article, collections_in(row["collections"]), words_of(article))
            self._db.execute("UPDATE articles SET visible = 1, docid = ? WHERE slug = ?", (docid, row["slug"]))
            self._changed = True

    def next_due(self) -> int | None:
        """When the next waiting article becomes visible (UTC seconds)."""
        query = "SELECT min(published) AS due FROM articles WHERE visible = 0 AND draft = 0"
        due: int | None = self._db.execute(query).fetchone()["due"]
        return due

    def put_export(self, key: str, size_bytes: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO exports VALUES (?, ?)", (key, size_bytes))
        self._sized = True

    def forget_stamps(self) -> None:
        """Every file is read again at the next pass, because the code that reads them has changed."""
        self._db.execute("UPDATE files SET stamp = ''")

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def get_meta(self, key: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row["value"]) if row else ""

    def close(self) -> None:
        """Count what changed; move the revision on if anything did."""
        self._collections.close()
        self._fts.close()
        if self._changed or self._sized or not self.get_meta("revision"):
            last = self._db.execute("SELECT value FROM meta WHERE key = 'changed_at'").fetchone()
            # Two changes within one second differ too. A thousand finished exports must not run ahead of the clock,
            # though: Last-Modified may not lie in the future (RFC 9110 8.8.2.1).
            moved_on = max(self._now, last["value"] + self._changed if last else 0)
            revision = int(self.get_meta("revision") or 0) + 1
            self._db.execute(
                "INSERT OR REPLACE INTO meta VALUES ('changed_at', ?), ('revision', ?)", (moved_on, revision)
            )

    def _put_file(self, path: str, stamp: str, digest: str, slug: str, problem: Problem) -> None:
        values = (path, stamp, digest, slug, problem.line, stored(problem.cause), stored(problem.hint))
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def _put_article(self, path: str, article: Article, words: str, before: sqlite3.Row | None) -> None:
        visible = not article.draft and article.published.timestamp() <= self._now
        first = original_slug(self._db, article.slug) if before else ""
        was_visible = before is not None and bool(before["visible"])
        if before and was_visible:
            self._hide(before)
        collections = collections_of(article)
        row = {**row_of(article), "collections": names_of(collections), "path": path, "visible": visible, "docid": None}
        if visible:
            row["docid"] = self._show(article, collections, words or words_of(article))
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        self._db.execute(f"INSERT OR REPLACE INTO articles ({columns}) VALUES ({marks})", row)
        self._put_aliases(article)
        if before:
            remember_original_slug(self._db, article.slug, first)
        self._changed = self._changed or visible or was_visible

    def _show(self, article: Article, collections: Iterable[Collection], words: str) -> int:
        """Its docid in the index."""
        published = int(article.published.timestamp())
        docid = self._fts.docid_for(published)
        self._fts.put(docid, words, self._collections.put(article.slug, published, collections))
        return docid

    def _hide(self, row: sqlite3.Row) -> None:
        collections = self._collections.take(row["slug"], row["published"], collections_in(row["collections"]))
        self._fts.take(row, collections)

    def _note_correction(self, article: Article, before: sqlite3.Row) -> None:
        if before["visible"] and before["version"] != article.version:
            values = (article.slug, article.version, self._now)
            self._db.execute("INSERT OR REPLACE INTO revised VALUES (?, ?, ?)", values)

    def _put_aliases(self, article: Article) -> None:
        self._db.execute("DELETE FROM aliases WHERE slug = ?", (article.slug,))
        self._db.executemany(
            "INSERT OR REPLACE INTO aliases VALUES (?, ?)", [(alias, article.slug) for alias in article.aliases]
        )
        for table in ("moved", "removed"):
            self._db.execute(f"DELETE FROM {table} WHERE slug = ?", (article.slug,))

    def _retire_other_names(self, path: str, slug: str) -> None:
        """The file had another name until now: the old one leads to the new one."""
        rows = self._db.execute("SELECT slug FROM articles WHERE path = ? AND slug <> ?", (path, slug)).fetchall()
        for row in rows:
            self._retire(row["slug"], slug)

    def _retire(self, slug: str, heir: str) -> None:
        row = self._db.execute("SELECT * FROM articles WHERE slug = ?", (slug,)).fetchone()
        first, heir = original_slug(self._db, slug), heir or self._owner_of_alias(slug)
        if row["visible"]:
            self._hide(row)
        self._db.execute("DELETE FROM articles WHERE slug = ?", (slug,))
        self._db.execute("DELETE FROM aliases WHERE slug = ?", (slug,))
        if not row["visible"]:
            return
        self._changed = True
        if heir:
            self._db.execute("UPDATE moved SET target = ? WHERE target = ?", (heir, slug))
            self._db.execute("INSERT OR REPLACE INTO moved VALUES (?, ?)", (slug, heir))
            remember_original_slug(self._db, heir, first)
            return
        remember_original_slug(self._db, slug, first)
        self._db.execute("INSERT OR REPLACE INTO removed VALUES (?, ?, ?)", (slug, row["title"], self._now))

    def _owner_of_alias(self, alias: str) -> str:
        """The article that lists *alias* among its former names; empty if none does."""
        row = self._db.execute("SELECT slug FROM aliases WHERE alias = ?", (alias,)).fetchone()
        return str(row["slug"]) if row else ""
