"""The catalog: one SQLite file that all processes share, derived from ``articles/`` and disposable.

schema.py     the tables, and opening the file
rows.py       articles as rows and back
shelving.py   which article stands on which shelf
relating.py   which articles have to do with one another
words.py      the words an article is found by
indexing.py   the full-text table of them
query.py      what a visitor typed, understood
search.py     Results: finding by words; marking.py shows where they stand
reading.py    Catalog: what pages, feeds and exports ask
writing.py    Ledger: one transaction of changes, by the one keeper
"""

from __future__ import annotations

from .reading import Catalog, Position, Removal
from .schema import prepare
from .writing import Ledger, open_ledger, record_export

__all__ = ["Catalog", "Ledger", "Position", "Removal", "open_ledger", "prepare", "record_export"]
