"""Finds related articles, which share tags, keywords or the section.

Keywords are words of the title that recur in the text; they are extracted when a file is read (``search_terms``). Each
is a collection, so nothing is computed again when other articles change. The weight of a shared collection is higher if
it has fewer articles.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Iterator

from ..models import Collection
from .rows import TEASERS

_WEIGHTS = {"tag": 3.0, "word": 2.0, "section": 0.5}
_NEWEST = 30
"""The number of newest articles that are compared in each shared collection."""

_MOST = 100
"""The number of shared collections that are used. SQLite allows at most 500 terms in a compound SELECT."""

Execute = Callable[..., list[sqlite3.Row]]


def related(execute: Execute, slug: str, collections: list[Collection], limit: int) -> list[sqlite3.Row]:
    """The TEASERS columns of the related articles, best first, ties newest first. Collections have only visible
    articles."""
    shared = list(_weighted(execute, _distinctive(collections)[:_MOST]))
    if not shared:
        return []
    scored = " UNION ALL ".join([_IN_COLLECTION] * len(shared))
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


_IN_COLLECTION = (
    "SELECT * FROM (SELECT slug, published, ? AS weight FROM collection_items WHERE collection = ?"
    f" ORDER BY published DESC, slug LIMIT {_NEWEST})"
)


def _distinctive(collections: list[Collection]) -> list[Collection]:
    """The tags, the keywords and the deepest section."""
    sections = sorted((s for s in collections if s.kind == "section"), key=lambda s: s.name.count("/"))
    return [s for s in collections if s.kind in ("tag", "word")] + sections[-1:]
