"""Which article stands on which shelf, and how many stand there."""

from __future__ import annotations

import json
import sqlite3

from ..model import Article
from .rows import shelves_of


def names_of(article: Article) -> str:
    """The shelves of an article as stored beside it: JSON pairs of kind and name, sorted."""
    return json.dumps(sorted((s.kind, s.name) for s in shelves_of(article)), ensure_ascii=False)


class Shelving:
    """Puts stored articles on their shelves and takes them off, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._touched: set[int] = set()
        self._ids: dict[tuple[str, str], int] = {}

    def put(self, slug: str) -> None:
        rows = self._rows(slug)
        self._db.executemany("INSERT OR REPLACE INTO shelved VALUES (?, ?, ?)", rows)
        self._touched.update(row[0] for row in rows)

    def take(self, slug: str) -> None:
        rows = self._rows(slug)
        self._db.executemany("DELETE FROM shelved WHERE shelf = ? AND published = ? AND slug = ?", rows)
        self._touched.update(row[0] for row in rows)

    def count(self) -> None:
        """Write down how many stand on each shelf that was touched."""
        query = "UPDATE shelves SET count = (SELECT count(*) FROM shelved WHERE shelf = ?1) WHERE id = ?1"
        self._db.executemany(query, [(shelf,) for shelf in self._touched])

    def _rows(self, slug: str) -> list[tuple[int, int, str]]:
        row = self._db.execute("SELECT published, shelves FROM articles WHERE slug = ?", (slug,)).fetchone()
        return [(self._id(kind, name), row["published"], slug) for kind, name in json.loads(row["shelves"])]

    def _id(self, kind: str, name: str) -> int:
        known = self._ids.get((kind, name))
        if known is None:
            self._db.execute("INSERT OR IGNORE INTO shelves (kind, name) VALUES (?, ?)", (kind, name))
            query = "SELECT id FROM shelves WHERE kind = ? AND name = ?"
            known = self._ids[kind, name] = self._db.execute(query, (kind, name)).fetchone()["id"]
        return known
