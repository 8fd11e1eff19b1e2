"""The full-text table, written in the same transaction as everything else.

``words`` is an FTS5 table that holds no text: of each word only the docids it occurs in (``detail=none``), a
third of the size of an ordinary one. An article's docid is the second it was published, or the next free one:
so the order of docids is the order of lists, and newest first costs no sorting. Having no text, the table must be
told the words again to forget them; they are made again from the stored article.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import UTC

from .rows import article_of
from .tokenizer import collection_words, words_of

MERGE = (("automerge", 0), ("crisismerge", 64))
"""Segments of the index are merged by 64, not by 4: half the work, and a search still asks few of them."""

_BATCH = 500


class FullTextIndex:
    """Adds stored articles to the index and takes them out, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._waiting: dict[int, str] = {}
        self._next_free: dict[int, int] = {}
        self._added = 0

    def docid_for(self, published: int) -> int:
        """A free docid for an article of that second; it is not taken until an article is stored with it."""
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
        """*words* is ``words_of`` the article."""
        self._waiting[docid] = f"{words} {collection_words(collections)}"
        if len(self._waiting) >= _BATCH:
            self._write()

    def take(self, row: sqlite3.Row, collections: Iterable[int]) -> None:
        """Forget the words of that row of ``articles``."""
        self._write()
        words = f"{words_of(article_of(row, UTC))} {collection_words(collections)}"
        self._db.execute("INSERT INTO words (words, rowid, word) VALUES ('delete', ?, ?)", (row["docid"], words))

    def close(self) -> None:
        self._write()
        if self._added > _BATCH:
            self.merge()

    def merge(self) -> None:
        """Leave few segments behind: every search asks each of them."""
        self._db.execute("INSERT INTO words (words, rank) VALUES ('merge', 100000)")

    def _write(self) -> None:
        """In order of docid: FTS5 starts a new segment whenever a docid is lower than the one before."""
        self._db.executemany("INSERT INTO words (rowid, word) VALUES (?, ?)", sorted(self._waiting.items()))
        self._added += len(self._waiting)
        self._waiting.clear()


def make_index(connection: sqlite3.Connection) -> None:
    """The empty full-text table."""
    connection.execute("DROP TABLE IF EXISTS words")
    connection.execute(
        "CREATE VIRTUAL TABLE words USING fts5(word, content='', detail=none, columnsize=0, tokenize='ascii')"
    )
    for option, value in MERGE:
        connection.execute("INSERT INTO words (words, rank) VALUES (?, ?)", (option, value))
