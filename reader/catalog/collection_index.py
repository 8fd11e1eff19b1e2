"""The collections of each article, and the number of articles in each collection."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable

from ..models import Collection


def names_of(collections: Iterable[Collection]) -> str:
    """The ``collections`` column of an article: JSON pairs of kind and name, sorted."""
    return json.dumps(sorted((s.kind, s.name) for s in collections), ensure_ascii=False)


def collections_in(names: str) -> list[Collection]:
    """The inverse of ``names_of``."""
    return [Collection(kind, name) for kind, name in json.loads(names)]


class CollectionIndex:
    """Adds articles to collections and removes them, within the caller's transaction.

    New rows are written by ``close``, or before an article is removed. Writing many of them in order takes half the
    time.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._more: Counter[int] = Counter()
        self._numbers: dict[Collection, int] = {}
        self._new: list[tuple[int, str, str]] = []
        self._items: list[tuple[int, int, str]] = []

    def put(self, slug: str, published: int, collections: Iterable[Collection]) -> list[int]:
        """Adds the article. Returns the ids of the collections."""
        numbers = self._numbers_of(collections)
        self._items += [(number, -published, slug) for number in numbers]
        self._more.update(numbers)
        return numbers

    def take(self, slug: str, published: int, collections: Iterable[Collection]) -> list[int]:
        """Removes the article. Returns the ids of the collections."""
        numbers = self._numbers_of(collections)
        self._write()
        rows = [(number, published, slug) for number in numbers]
        self._db.executemany("DELETE FROM collection_items WHERE collection = ? AND published = ? AND slug = ?", rows)
        self._more.subtract(numbers)
        return numbers

    def close(self) -> None:
        """Writes the remaining rows, and the new counts of all changed collections."""
        self._write()
        changed = [(change, collection) for collection, change in self._more.items() if change]
        self._db.executemany("UPDATE collections SET count = count + ? WHERE id = ?", changed)

    def _write(self) -> None:
        self._db.executemany("INSERT INTO collections (id, kind, name) VALUES (?, ?, ?)", self._new)
        rows = ((number, -earlier, slug) for number, earlier, slug in sorted(self._items))
        self._db.executemany("INSERT OR REPLACE INTO collection_items VALUES (?, ?, ?)", rows)
        self._new.clear()
        self._items.clear()

    def _numbers_of(self, collections: Iterable[Collection]) -> list[int]:
        """The ids of *collections*. A new collection gets the next id."""
        wanted = list(collections)
        if unknown := [collection for collection in wanted if collection not in self._numbers]:
            self._numbers |= self._stored(unknown)
            for collection in unknown:
                if collection not in self._numbers:
                    number = self._numbers[collection] = self._next_number()
                    self._new.append((number, collection.kind, collection.name))
        return [self._numbers[collection] for collection in wanted]

    def _stored(self, collections: list[Collection]) -> dict[Collection, int]:
        pairs = ", ".join(["(?, ?)"] * len(collections))
        names = [text for collection in collections for text in (collection.kind, collection.name)]
        query = (
            f"WITH wanted (kind, name) AS (VALUES {pairs})"
            " SELECT c.id, c.kind, c.name FROM wanted CROSS JOIN collections c USING (kind, name)"
        )
        return {Collection(row["kind"], row["name"]): int(row["id"]) for row in self._db.execute(query, names)}

    def _next_number(self) -> int:
        if self._new:
            return self._new[-1][0] + 1
        return int(self._db.execute("SELECT coalesce(max(id), 0) + 1 FROM collections").fetchone()[0])
