"""The catalog: one SQLite file that all processes share, derived from ``articles/`` and disposable.

schema.py     the tables, and opening the file
rows.py       articles as rows and back
collections.py  which article stands on which collection
related.py     which articles have to do with one another
tokenizer.py   the words an article is found by
fts_index.py   the full-text table of them
query_parser.py  what a visitor typed, understood
search.py     Results: finding by words; highlighting.py shows where they stand
catalog.py     Catalog: what pages, feeds and exports ask
comparison.py  what the folder holds, compared with what is known of it
transaction.py  CatalogTransaction: one transaction of changes, by the one keeper
"""

from __future__ import annotations

from .catalog import Catalog, Cursor, Removal
from .comparison import Comparison, compare, is_filled, is_filled_or_faulty
from .repair import prepare
from .transaction import CatalogTransaction, catalog_writer

__all__ = [
    "Catalog",
    "CatalogTransaction",
    "Comparison",
    "Cursor",
    "Removal",
    "catalog_writer",
    "compare",
    "is_filled",
    "is_filled_or_faulty",
    "prepare",
]
