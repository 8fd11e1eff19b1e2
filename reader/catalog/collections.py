"""Which article stands on which shelf, and how many stand there."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable

from ..models import Shelf


def names_of(shelves: Iterable[Shelf]) -> str:
    """The shelves of an article as stored beside it: JSON pairs of kind and name, sorted."""
    return json.dumps(sorted((s.kind, s.name) for s in shelves), ensure_ascii=False)


def shelves_in(names: str) -> list[Shelf]:
    return [Shelf(kind, name) for kind, name in json.loads(names)]


class Shelving:
    """Puts articles on their shelves and takes them off, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._more: Counter[int] = Counter()
        self._numbers: dict[Shelf, int] = {}

    def put(self, slug: str, published: int, shelves: Iterable[Shelf]) -> list[int]:
        """The numbers of the shelves."""
        numbers = [self._number(shelf) for shelf in shelves]
        rows = [(number, published, slug) for number in numbers]
        self._db.executemany("INSERT OR REPLACE INTO shelved VALUES (?, ?, ?)", rows)
        self._more.update(numbers)
        return numbers

    def take(self, slug: str, published: int, shelves: Iterable[Shelf]) -> list[int]:
        """The numbers of the shelves."""
        numbers = [self._number(shelf) for shelf in shelves]
        rows = [(number, published, slug) for number in numbers]
        self._db.executemany("DELETE FROM shelved WHERE shelf = ? AND published = ? AND slug = ?", rows)
        self._more.subtract(numbers)
        return numbers

    def close(self) -> None:
        """Write down how many stand on each shelf that was touched."""
        changed = [(change, shelf) for shelf, change in self._more.items() if change]
        self._db.executemany("UPDATE shelves SET count = count + ? WHERE id = ?", changed)

    def _number(self, shelf: Shelf) -> int:
        known = self._numbers.get(shelf)
        if known is None:
            values = (shelf.kind, shelf.name)
            self._db.execute("INSERT OR IGNORE INTO shelves (kind, name) VALUES (?, ?)", values)
            query = "SELECT id FROM shelves WHERE kind = ? AND name = ?"
            known = self._numbers[shelf] = self._db.execute(query, values).fetchone()["id"]
        return known
