"""The write transaction of the catalog. Only the indexing process writes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from ..i18n import N_, Message, serialize
from ..models import NOTE, Article, Collection, Problem, slug_by_path
from .collection_index import CollectionIndex, collections_in, names_of
from .fts_index import FullTextIndex
from .history_rows import HistoryRows
from .link_resolution import link_names
from .missing_files import MissingFiles
from .picture_rows import put_pictures
from .rows import (
    article_of,
    collections_of,
    is_unchanged,
    original_slug,
    remark_of,
    remarks_of,
    remember_original_slug,
    row_of,
)
from .search_terms import ArticleTerms, terms_of
from .site_rows import SiteRows


def _renamed(article: Article, slug: str) -> Article:
    note = Message("the name '%(name)s' is taken, so the address is %(slug)s", name=article.slug, slug=slug)
    return replace(article, slug=slug, version="", notes=(*article.notes, note))


_CONFLICT = N_("the name '%(name)s' is taken by another file: %(path)s")


class CatalogTransaction(MissingFiles):
    """Changes that are committed together. Paths are relative to the articles folder.

    Example::

        with writer.transaction(datetime.now(UTC)) as transaction:  # see write_connection.py
            problem = transaction.put("2018-11-23/story.md", stamp, digest, article)
            transaction.drop("2018-11-23/deleted.md")
    """

    def __init__(self, connection: sqlite3.Connection, now: datetime, history: HistoryRows) -> None:
        super().__init__(connection)
        self._now, self.history = int(now.timestamp()), history
        self._collections, self._fts = CollectionIndex(connection), FullTextIndex(connection)
        self.site_rows = SiteRows(connection)
        self._changed = False

    def claimants(self, paths: Iterable[str]) -> list[str]:
        """The files with a problem because one of *paths* has their slug."""
        query = "SELECT k.path FROM articles a JOIN files k ON k.slug = a.slug WHERE a.path = ? AND instr(k.cause, ?)"
        return [str(row["path"]) for path in paths for row in self._db.execute(query, (path, _CONFLICT)).fetchall()]

    def put(
        self, path: str, stamp: str, digest: str, article: Article, terms: ArticleTerms | None = None
    ) -> Problem | None:
        """Stores the article of a new or changed file. Returns a problem if its slug is taken by another file.

        If another file has the slug, the article gets a slug from its folders; if that is taken too, or if the files
        have the same bytes, it is a problem. If the other file is missing, the article moves to this file. If a missing
        file had the same bytes with another slug, that slug redirects to this article. *terms* are the article's, if
        already computed.
        """
        before = self._row(article.slug)
        if before and before["path"] != path and not self._forget_missing(before["path"]):
            other_slug = self._free_slug(path, digest, before["path"])
            if other_slug:
                return self.put(path, stamp, digest, _renamed(article, other_slug), terms)
            cause = Message(_CONFLICT, name=article.slug, path=before["path"])
            hint = Message("rename one of them, or add a different slug: … to its front matter")
            problem = Problem(path, 0, cause, hint)
            self._put_file(path, stamp, digest, article.slug, problem)
            return problem
        known = self._db.execute("SELECT digest, stamp FROM files WHERE path = ?", (path,)).fetchone()
        self._put_file(path, stamp, digest, article.slug, Problem(path, 0, ""), remarks_of(article))
        if before and known and is_unchanged(path, digest, article, before, known):
            return None
        if self._is_correction(digest, article, before, known):
            self.history.correct(article, self._now)
        self._put_article(path, digest, article, terms or terms_of(article), before)
        if known:
            self._retire_other_names(path, article.slug)
        else:
            self._succeed_missing(path, digest)
        return None

    def put_problem(self, stamp: str, digest: str, problem: Problem) -> bool:
        """Stores the problem of an unreadable file. Its last good version, if any, stays public.

        Returns whether the problem is new: the cause or the bytes differ from before. A note of a file that was never
        an article is not a problem.
        """
        query = "SELECT slug, line, cause, hint, digest FROM files WHERE path = ?"
        known = self._db.execute(query, (problem.path,)).fetchone()
        slug = known["slug"] if known else ""
        is_note = problem.severity == NOTE and not slug
        self._put_file(problem.path, stamp, digest, slug, problem, remark_of(problem) if is_note else "")
        now = (problem.line, serialize(problem.cause), serialize(problem.hint), digest)
        before = known and tuple(known[name] for name in ("line", "cause", "hint", "digest"))
        return now != before and not is_note

    def drop(self, path: str) -> None:
        """Removes a deleted file. If another file has the same bytes, the slug redirects to its article."""
        known = self._db.execute("SELECT slug, digest FROM files WHERE path = ?", (path,)).fetchone()
        if known is None:
            return
        self._db.execute("DELETE FROM files WHERE path = ?", (path,))
        rows = self._db.execute("SELECT slug FROM articles WHERE path = ?", (path,)).fetchall()
        slugs = [row["slug"] for row in rows]
        if not slugs:  # thousands of empty files have the same digest
            return
        heir = self._db.execute(
            "SELECT a.slug FROM files f JOIN articles a ON a.path = f.path"
            " WHERE f.digest = ? AND f.digest <> '' AND f.removal_due = 0",
            (known["digest"],),
        ).fetchone()
        for slug in slugs:
            self._retire(slug, heir["slug"] if heir else "")

    def reread(self) -> list[str]:
        """The files to read again, because the slug that was taken is free now."""
        rows = self._db.execute(
            "SELECT path FROM files WHERE instr(cause, ?) AND slug NOT IN (SELECT slug FROM articles)", (_CONFLICT,)
        )
        return [row["path"] for row in rows]

    def release_due(self) -> None:
        """Publishes the scheduled articles whose publication time is not after now."""
        due = "SELECT * FROM articles WHERE visible = 0 AND draft = 0 AND published <= ?"
        for row in self._db.execute(due, (self._now,)).fetchall():
            article = article_of(row, UTC)
            docid = self._show(article, collections_in(row["collections"]), terms_of(article).words)
            self._db.execute("UPDATE articles SET visible = 1, docid = ? WHERE slug = ?", (docid, row["slug"]))
            file = self._db.execute("SELECT digest FROM files WHERE path = ?", (row["path"],)).fetchone()
            self.history.publish(row["path"], file["digest"] if file else "", article, None)
            self._changed = True

    def next_due(self) -> int | None:
        """The publication time of the next scheduled article (UTC seconds); None if there is none."""
        query = "SELECT min(published) AS due FROM articles WHERE visible = 0 AND draft = 0"
        due: int | None = self._db.execute(query).fetchone()["due"]
        return due

    def forget_stamps(self) -> None:
        """Makes the next scan read every file again, because the code that reads files has changed."""
        self._db.execute("UPDATE files SET stamp = ''")

    def retire_vanished(self, rows: Iterable[sqlite3.Row]) -> None:
        """Redirects or removes the articles in *rows*, the result of ``history.vanished``."""
        for row in rows:
            self.history.retire_vanished(row, self._now)
            self._changed = True

    def finish_filling(self) -> None:
        """Marks the catalog as complete, so that pages can be served: the whole folder has been read."""
        self.set_meta("filled", "1")
        self._changed = True

    def set_meta(self, key: str, value: str) -> None:
        """Writes a value of ``meta`` if it differs."""
        if self.get_meta(key) != value:  # every write invalidates the caches of all web processes
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def get_meta(self, key: str) -> str:
        """A value of ``meta``; empty if there is none."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row["value"]) if row else ""

    def merge_index(self) -> None:
        """Merges the segments of the full-text index, after many articles were added in several transactions."""
        self._fts.merge()

    def close(self) -> None:
        """Writes remaining rows and counts. Increments the revision if visible content changed."""
        self._collections.close()
        self._fts.close()
        self._changed = self._changed or self.site_rows.is_changed or self.history.was_applied
        if self._changed or not self.get_meta("revision"):
            last = self._db.execute("SELECT value FROM meta WHERE key = 'changed_at'").fetchone()
            # Two changes within one second get different times, but many changes must not run ahead of the clock:
            # Last-Modified must not be in the future (RFC 9110 8.8.2.1).
            changed_at = max(self._now, last["value"] + self._changed if last else 0)
            revision = int(self.get_meta("revision") or 0) + 1
            self._db.execute(
                "INSERT OR REPLACE INTO meta VALUES ('changed_at', ?), ('revision', ?)", (changed_at, revision)
            )

    def _put_file(self, path: str, stamp: str, digest: str, slug: str, problem: Problem, remarks: str = "") -> None:
        values = (path, stamp, digest, slug, problem.line, serialize(problem.cause), serialize(problem.hint), remarks)
        self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)", values)

    def _row(self, slug: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute("SELECT * FROM articles WHERE slug = ?", (slug,)).fetchone()
        return row

    def _free_slug(self, path: str, digest: str, other: str) -> str:
        """The slug from the folders of *path*, whose own slug the file *other* has; empty if that is taken too.

        Also empty for a copy with the same bytes as the other file, so that the article is not published twice.
        """
        slug = slug_by_path(path)
        taken = self._row(slug)
        if not slug or (taken and taken["path"] != path):
            return ""
        copied = self._db.execute("SELECT 1 FROM files WHERE path = ? AND digest = ?", (other, digest)).fetchone()
        return "" if copied else slug

    def _forget_missing(self, path: str) -> bool:
        """Deletes the row of a missing file, so that another file can get its article. Returns whether it is
        missing."""
        present = self._db.execute("SELECT 1 FROM files WHERE path = ? AND removal_due = 0", (path,)).fetchone()
        if present is None:
            self._db.execute("DELETE FROM files WHERE path = ?", (path,))
        return present is None

    def _succeed_missing(self, path: str, digest: str) -> None:
        rows = self._db.execute(
            "SELECT path FROM files WHERE digest = ? AND removal_due > 0 AND path <> ?", (digest, path)
        )
        for row in rows.fetchall():
            self.drop(row["path"])

    def _put_article(
        self, path: str, digest: str, article: Article, terms: ArticleTerms, before: sqlite3.Row | None
    ) -> None:
        visible = not article.draft and article.published.timestamp() <= self._now
        first = original_slug(self._db, article.slug) if before else ""
        was_visible = before is not None and bool(before["visible"])
        if before and was_visible:
            self._hide(before)
        collections = collections_of(article, terms.keywords)
        row = {**row_of(article), "collections": names_of(collections), "path": path, "visible": visible, "docid": None}
        row["added"] = before["added"] if before else self._now
        if visible:
            row["docid"] = self._show(article, collections, terms.words)
        columns, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        self._db.execute(f"INSERT OR REPLACE INTO articles ({columns}) VALUES ({marks})", row)
        if before:
            self._delete_details(article.slug)
            remember_original_slug(self._db, article.slug, first)
        self._put_aliases(article)
        if visible:
            self.history.publish(path, digest, article, before if was_visible else None)
        self._put_names(path, article)
        put_pictures(self._db, article)
        self._changed = self._changed or visible or was_visible

    def _show(self, article: Article, collections: Iterable[Collection], words: str) -> int:
        """Adds the article to its collections and the index. Returns its docid."""
        published = int(article.published.timestamp())
        docid = self._fts.docid_for(published)
        self._fts.put(docid, words, self._collections.put(article.slug, published, collections))
        return docid

    def _hide(self, row: sqlite3.Row) -> None:
        collections = self._collections.take(row["slug"], row["published"], collections_in(row["collections"]))
        self._fts.take(row, collections)

    def _is_correction(
        self, digest: str, article: Article, before: sqlite3.Row | None, known: sqlite3.Row | None
    ) -> bool:
        """Whether visitors saw another text before. A change only by a new release of Reader is not a correction."""
        if not before:
            is_known_removed = self._db.execute("SELECT 1 FROM removed WHERE slug = ?", (article.slug,)).fetchone()
            return not is_known_removed and not article.draft and self.history.was_corrected(digest, article)
        is_moved = known is None and (before["title"], before["body"]) == (article.title, article.body)
        is_other = not is_moved and (known is None or known["digest"] != digest)
        return is_other and bool(before["visible"]) and before["version"] != article.version

    def _put_aliases(self, article: Article) -> None:
        for others, names in (("IGNORE", article.paths), ("REPLACE", article.aliases)):
            rows = [(name, article.slug) for name in names]
            self._db.executemany(f"INSERT OR {others} INTO aliases VALUES (?, ?)", rows)
        for table in ("moved", "removed"):
            self._db.execute(f"DELETE FROM {table} WHERE slug = ?", (article.slug,))

    def _put_names(self, path: str, article: Article) -> None:
        """Stores the names by which links in other articles may refer to *article*."""
        self._db.executemany("INSERT INTO names VALUES (?, ?)", [(n, article.slug) for n in link_names(path, article)])

    def _retire_other_names(self, path: str, slug: str) -> None:
        """Redirects the previous slugs of the file to *slug*."""
        rows = self._db.execute("SELECT slug FROM articles WHERE path = ? AND slug <> ?", (path, slug)).fetchall()
        for row in rows:
            self._retire(row["slug"], slug)

    def _retire(self, slug: str, heir: str) -> None:
        row = self._db.execute("SELECT * FROM articles WHERE slug = ?", (slug,)).fetchone()
        first, heir = original_slug(self._db, slug), heir or self._owner_of_alias(slug)
        if row["visible"]:
            self._hide(row)
        self._db.execute("DELETE FROM articles WHERE slug = ?", (slug,))
        self._delete_details(slug)
        self.history.withdraw(slug)
        if not row["visible"]:
            return
        self._changed = True
        if heir:
            self.history.move(slug, heir)
            older = "SELECT 1 FROM articles WHERE slug = ? AND added < ?"
            if not self._db.execute(older, (heir, row["added"])).fetchone():  # else the removed file was a later copy
                remember_original_slug(self._db, heir, first)
                self._db.execute("UPDATE articles SET added = ? WHERE slug = ?", (row["added"], heir))
            return
        remember_original_slug(self._db, slug, first)
        self.history.remove(slug, row["title"], self._now)

    def _delete_details(self, slug: str) -> None:
        for table in ("aliases", "names", "pictures"):
            self._db.execute(f"DELETE FROM {table} WHERE slug = ?", (slug,))

    def _owner_of_alias(self, alias: str) -> str:
        """The article that lists *alias* among its aliases; empty if none does."""
        row = self._db.execute("SELECT slug FROM aliases WHERE alias = ?", (alias,)).fetchone()
        return str(row["slug"]) if row else ""
