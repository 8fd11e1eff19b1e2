"""The full-text table, written in the same transaction as the articles.

``words`` is a contentless FTS5 table that stores only the docids of each term (``detail=none``); it has a third of the
size of an ordinary one. The docid of an article is its publication time in UTC seconds, or the next free number. So
docids have the order of lists, and results need no sorting. To delete an article, a contentless table needs its terms;
they are computed again from the stored article.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC

from .rows import article_of
from .search_terms import terms_of
from .tokenizer import collection_words

MERGE = (("automerge", 0), ("crisismerge", 64))
"""The index merges 64 segments at a time instead of 4. This halves the work, and a search still reads few segments."""

_BATCH = 500


class FullTextIndex:
    """Adds stored articles to the index and removes them, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._waiting: dict[int, str] = {}
        self._next_free: dict[int, int] = {}
        self._added = 0

    def docid_for(self, published: int) -> int:
        """A free docid for an article with this publication time (UTC seconds). It is not reserved until an article is
        stored with it."""
        first = self._next_free.get(published, published)
        docid: int = self._db.execute(
            """SELECT CASE WHEN NOT EXISTS (SELECT 1 FROM articles WHERE docid = ?1) THEN ?1 ELSE
            (SELECT docid + 1 FROM articles a WHERE docid >= ?1
             AND NOT EXISTS (SELECT 1 FROM articles b WHERE b.docid = a.docid + 1) ORDER BY docid LIMIT 1) END""",
            (first,),
        ).fetchone()[0]
        self._next_free[published] = docid + 1
        return docid

    def put(self, docid: int, words: str, collections: Iterable[int]) -> None:
        """Adds an article; *words* is ``ArticleTerms.words``."""
        self._waiting[docid] = f"{words} {collection_words(collections)}"
        if len(self._waiting) >= _BATCH:
            self._write()

    def take(self, row: sqlite3.Row, collections: Iterable[int]) -> None:
        """Removes the terms of *row*, a row of ``articles``."""
        self._write()
        words = f"{terms_of(article_of(row, UTC)).words} {collection_words(collections)}"
        self._db.execute("INSERT INTO words (words, rowid, word) VALUES ('delete', ?, ?)", (row["docid"], words))

    def close(self) -> None:
        """Writes the remaining terms, and merges segments if many articles were added."""
        self._write()
        if self._added > _BATCH:
            self.merge()

    def merge(self) -> None:
        """Merges the segments, because every search reads each of them."""
        self._db.execute("INSERT INTO words (words, rank) VALUES ('merge', 100000)")

    def _write(self) -> None:
        """Writes in order of docid: FTS5 starts a new segment when a docid is lower than the previous one."""
        self._db.executemany("INSERT INTO words (rowid, word) VALUES (?, ?)", sorted(self._waiting.items()))
        self._added += len(self._waiting)
        self._waiting.clear()


def make_index(connection: sqlite3.Connection) -> None:
    """Creates the empty full-text table."""
    connection.execute("DROP TABLE IF EXISTS words")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5(word, content='', detail=none, columnsize=0, tokenize='ascii')"
    )
    for option, value in MERGE:
        connection.execute("INSERT INTO words (words, rank) VALUES (?, ?)", (option, value))
