"""Related articles: those that share tags, keywords or the section.

Keywords are extracted when a file is read: words of its title that recur in its text (``search_terms``). Each is a
collection, so nothing is computed again when other articles are added or removed. A shared collection counts more
the fewer articles it has.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator

from ..models import Collection
from .rows import TEASERS

_WEIGHTS = {"tag": 3.0, "word": 2.0, "section": 0.5}
_NEWEST = 30
"""Number of newest articles compared in each shared collection."""

_MOST = 100
"""Number of shared collections that count. SQLite puts at most 500 queries together."""

Execute = Callable[..., list[sqlite3.Row]]


def related(execute: Execute, slug: str, collections: list[Collection], limit: int) -> list[sqlite3.Row]:
    """The TEASER_COLUMNS of the articles, best first, ties newest first. Collections hold visible articles only."""
    shared = list(_weighted(execute, _telling(collections)[:_MOST]))
    if not shared:
        return []
    scored = " UNION ALL ".join([_ON_THE_SAME] * len(shared))
    query = (
        f"SELECT {TEASERS} FROM (SELECT slug, published, sum(weight) AS score FROM ({scored}) WHERE slug <> ?"
        " GROUP BY slug ORDER BY score DESC, published DESC, slug LIMIT ?) r"
        " JOIN articles a ON a.slug = r.slug ORDER BY r.score DESC, r.published DESC, r.slug"
    )
    return execute(query, *(value for pair in shared for value in pair), slug, limit)


def _weighted(execute: Execute, collections: list[Collection]) -> Iterator[tuple[float, int]]:
    """(weight, id) of each collection that exists, in the order of *collections*."""
    pairs = ", ".join(["(?, ?)"] * len(collections))
    query = (
        f"WITH wanted (kind, name) AS (VALUES {pairs}) SELECT c.id, c.kind, c.name, c.count FROM wanted w"
        " CROSS JOIN collections c ON c.kind = w.kind AND c.name = w.name"  # in this order: each by the index
    )
    rows = execute(query, *(value for c in collections for value in (c.kind, c.name))) if collections else []
    found = {Collection(row["kind"], row["name"]): row for row in rows}
    for collection in collections:
        if row := found.get(collection):
            yield _WEIGHTS[collection.kind] / math.log2(2 + row["count"]), row["id"]


_ON_THE_SAME = (
    "SELECT * FROM (SELECT slug, published, ? AS weight FROM collection_items WHERE collection = ?"
    f" ORDER BY published DESC, slug LIMIT {_NEWEST})"
)


def _telling(collections: list[Collection]) -> list[Collection]:
    """The tags, the keywords and the deepest section."""
    sections = sorted((s for s in collections if s.kind == "section"), key=lambda s: s.name.count("/"))
    return [s for s in collections if s.kind in ("tag", "word")] + sections[-1:]
