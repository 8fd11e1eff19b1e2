"""The collections of each article, and the number of articles in each collection."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import cast

from ..models import Collection


def names_of(collections: Iterable[Collection]) -> str:
    """The ``collections`` column of an article: JSON pairs of kind and name, sorted."""
    return json.dumps(sorted((s.kind, s.name) for s in collections), ensure_ascii=False)


def collections_in(names: str) -> list[Collection]:
    return [Collection(kind, name) for kind, name in json.loads(names)]


class CollectionIndex:
    """Adds articles to collections and removes them, within the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._more: Counter[int] = Counter()
        self._numbers: dict[Collection, int] = {}

    def put(self, slug: str, published: int, collections: Iterable[Collection]) -> list[int]:
        """Adds the article. Returns the ids of the collections."""
        numbers = [self._number(collection) for collection in collections]
        rows = [(number, published, slug) for number in numbers]
        self._db.executemany("INSERT OR REPLACE INTO collection_items VALUES (?, ?, ?)", rows)
        self._more.update(numbers)
        return numbers

    def take(self, slug: str, published: int, collections: Iterable[Collection]) -> list[int]:
        """Removes the article. Returns the ids of the collections."""
        numbers = [self._number(collection) for collection in collections]
        rows = [(number, published, slug) for number in numbers]
        self._db.executemany("DELETE FROM collection_items WHERE collection = ? AND published = ? AND slug = ?", rows)
        self._more.subtract(numbers)
        return numbers

    def close(self) -> None:
        """Writes the new counts of all changed collections."""
        changed = [(change, collection) for collection, change in self._more.items() if change]
        self._db.executemany("UPDATE collections SET count = count + ? WHERE id = ?", changed)

    def _number(self, collection: Collection) -> int:
        known = self._numbers.get(collection)
        if known is None:
            known = self._numbers[collection] = self._stored(collection.kind, collection.name)
        return known

    def _stored(self, kind: str, name: str) -> int:
        found = self._db.execute("SELECT id FROM collections WHERE kind = ? AND name = ?", (kind, name)).fetchone()
        if found:
            return int(found["id"])
        number = self._db.execute("INSERT INTO collections (kind, name) VALUES (?, ?)", (kind, name)).lastrowid
        return cast("int", number)
