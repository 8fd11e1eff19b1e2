"""Related articles: those that share tags, keywords or the section.

Keywords are extracted when a file is read: words of its title that recur in its text (``article_terms``). Each is a
collection, so nothing is computed again when other articles are added or removed. A shared collection counts more
the fewer articles it has.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Callable

from ..models import Collection

_WEIGHTS = {"tag": 3.0, "word": 2.0, "section": 0.5}
_NEWEST = 30
"""Number of newest articles compared in each shared collection."""

Ask = Callable[..., list[sqlite3.Row]]


def related_slugs(ask: Ask, slug: str, collections: list[Collection], limit: int) -> list[str]:
    """Best first, ties newest first. Collections hold visible articles only."""
    scores: Counter[str] = Counter()
    published: dict[str, int] = {}
    for collection in _telling(collections):
        for row in ask(_ON_THE_SAME, collection.kind, collection.name, _NEWEST):
            scores[row["slug"]] += _WEIGHTS[collection.kind] / math.log2(2 + row["count"])  # type: ignore[assignment]
            published[row["slug"]] = row["published"]
    del scores[slug]
    return sorted(scores, key=lambda other: (-scores[other], -published[other], other))[:limit]


_ON_THE_SAME = """SELECT s.slug, s.published, h.count FROM collections h JOIN collection_items s ON s.collection = h.id
    WHERE h.kind = ? AND h.name = ? ORDER BY s.published DESC, s.slug LIMIT ?"""


def _telling(collections: list[Collection]) -> list[Collection]:
    """The tags, the keywords and the deepest section."""
    sections = sorted((s for s in collections if s.kind == "section"), key=lambda s: s.name.count("/"))
    return [s for s in collections if s.kind in ("tag", "word")] + sections[-1:]
