"""Which article stands on which shelf, and how many stand there."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

from ..model import Article
from .rows import shelves_of


def names_of(article: Article) -> str:
    """The shelves of an article as stored beside it: JSON pairs of kind and name, sorted."""
    return json.dumps(sorted((s.kind, s.name) for s in shelves_of(article)), ensure_ascii=False)


class Shelving:
    """Puts stored articles on their shelves and takes them off, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._more: Counter[int] = Counter()
        self._ids: dict[tuple[str, str], int] = {}

    def put(self, slug: str) -> list[int]:
        """The numbers of the shelves it stands on now."""
        rows = self._rows(slug)
        self._db.executemany("INSERT OR REPLACE INTO shelved VALUES (?, ?, ?)", rows)
        return self._counted(rows, 1)

    def take(self, slug: str) -> list[int]:
        """The numbers of the shelves it stood on."""
        rows = self._rows(slug)
        self._db.executemany("DELETE FROM shelved WHERE shelf = ? AND published = ? AND slug = ?", rows)
        return self._counted(rows, -1)

    def close(self) -> None:
        """Write down how many stand on each shelf that was touched."""
        changed = [(change, shelf) for shelf, change in self._more.items() if change]
        self._db.executemany("UPDATE shelves SET count = count + ? WHERE id = ?", changed)

    def _counted(self, rows: list[tuple[int, int, str]], change: int) -> list[int]:
        shelves = [row[0] for row in rows]
        for shelf in shelves:
            self._more[shelf] += change
        return shelves

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
