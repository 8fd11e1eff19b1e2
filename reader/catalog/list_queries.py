"""SQL of lists that are not collections: the neighbours of an article, and the corrected articles.

Each query uses an index and reads only the rows that it returns, independent of the number of articles.
"""

from __future__ import annotations

from .rows import TEASER_COLUMNS, TEASERS

Cursor = tuple[int, str]
"""A position in a list (keyset pagination): the sort time (UTC seconds) and the slug of the last article returned."""

START: Cursor = (2**62, "")

_BESIDE = (
    f"SELECT {TEASERS} FROM collection_items s JOIN articles a ON a.slug = s.slug"
    " WHERE s.collection = (SELECT id FROM collections WHERE kind = 'all' AND name = '') AND "
)
OLDER = f"{_BESIDE} s.published <= ? AND (s.published < ? OR s.slug > ?) ORDER BY s.published DESC, s.slug LIMIT 1"
NEWER = f"{_BESIDE} s.published >= ? AND (s.published > ? OR s.slug < ?) ORDER BY s.published, s.slug DESC LIMIT 1"
CORRECTED = (
    f"SELECT {TEASER_COLUMNS} FROM articles INDEXED BY articles_corrected WHERE visible AND is_corrected"
    " AND updated <= ? AND (updated < ? OR slug > ?) ORDER BY updated DESC, slug LIMIT ?"
)
"""``updated`` is the date in the file. A later change that only the history detected does not count as a correction."""
