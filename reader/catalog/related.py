"""Which articles have to do with another: by the tags, the words and the section they share.

What an article is about is found when it is stored: words of its title that its text keeps coming back to. Each is a
shelf like any other, so nothing has to be worked out again when other articles come or go. The fewer stand on a
shelf, the more it says to share it.
"""

from __future__ import annotations

import math
import sqlite3
from collections import Counter
from collections.abc import Callable

from ..models import Article, Shelf
from .tokenizer import folded, text_of, words

MOST_WORDS = 5
_OFTEN = 3
"""A word of the title is a subject if the text says it so often."""

_WEIGHTS = {"tag": 3.0, "word": 2.0, "section": 0.5}
_NEWEST = 30
"""So many of the newest on each shared shelf are looked at."""

Ask = Callable[..., list[sqlite3.Row]]


def subjects(article: Article) -> list[str]:
    """The words of the title that recur in the text, most frequent first."""
    text = folded(text_of(article.body))
    counted = Counter({word: text.count(word) for word in words(folded(article.title)) if len(word) > 1})
    often = sorted((-count, word) for word, count in counted.items() if count >= _OFTEN)
    return [word for _, word in often[:MOST_WORDS]]


def related_slugs(ask: Ask, slug: str, shelves: list[Shelf], limit: int) -> list[str]:
    """Best first, ties newest first; only visible articles stand on shelves."""
    scores: Counter[str] = Counter()
    published: dict[str, int] = {}
    for shelf in _telling(shelves):
        for row in ask(_ON_THE_SAME, shelf.kind, shelf.name, _NEWEST):
            scores[row["slug"]] += _WEIGHTS[shelf.kind] / math.log2(2 + row["count"])  # type: ignore[assignment]
            published[row["slug"]] = row["published"]
    del scores[slug]
    return sorted(scores, key=lambda other: (-scores[other], -published[other], other))[:limit]


_ON_THE_SAME = """SELECT s.slug, s.published, h.count FROM shelves h JOIN shelved s ON s.shelf = h.id
    WHERE h.kind = ? AND h.name = ? ORDER BY s.published DESC, s.slug LIMIT ?"""


def _telling(shelves: list[Shelf]) -> list[Shelf]:
    """Tags and words, and of the sections only the deepest."""
    sections = sorted((s for s in shelves if s.kind == "section"), key=lambda s: s.name.count("/"))
    return [s for s in shelves if s.kind in ("tag", "word")] + sections[-1:]
