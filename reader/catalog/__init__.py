"""The catalog: one SQLite file, shared by all processes. It is derived from ``articles/`` and can be deleted.

schema.py              the tables, and opening the file
repair.py              replaces a corrupt or outdated file, and copies its history
rows.py                articles to rows and back
read_connections.py    one read connection per thread
queries.py             Catalog: the read interface of pages, feeds and exports
picture_rows.py        the pictures of articles, and whether visitors may see them
site_rows.py           the site's own settings and pages
writer.py              CatalogTransaction: the changes of a write transaction; only the indexing process writes
write_connection.py    CatalogWriter: transactions one after another on one connection
history_rows.py        the copy of the history, and its changes in a transaction
missing_files.py       files that were not found, until their articles are removed
scan_diff.py           compares the files in the folder with the files in the catalog
collection_index.py    the collections of an article, and the number of articles in each
link_resolution.py     converts links between files to the addresses of their articles
foreign_permalinks.py  finds the article of another site's permalink
related_articles.py    related articles
translations.py        an article in other languages
list_queries.py        SQL of lists that are not collections
editor_file_list.py    all files for editors, with drafts and problems
tokenizer.py           text to search terms
search_terms.py        an article to search terms and keywords
fts_index.py           the FTS5 index of these terms
query_parser.py        the text of the search box to a Query
full_text_search.py    runs a Query; highlighting.py marks the matches
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .list_queries import Cursor
    from .queries import Catalog
    from .repair import is_of_other_version, prepare, take_back
    from .rows import Removal
    from .scan_diff import Comparison, compare, is_filled, is_filled_or_faulty
    from .write_connection import CatalogWriter, Record
    from .writer import CatalogTransaction

__all__ = [
    "Catalog", "CatalogTransaction", "CatalogWriter", "Comparison", "Cursor", "Record", "Removal", "compare",
    "is_filled", "is_filled_or_faulty", "is_of_other_version", "prepare", "take_back",
]  # fmt: skip

_MODULES = {
    **dict.fromkeys(("CatalogWriter", "Record"), "write_connection"),
    **dict.fromkeys(("Comparison", "compare", "is_filled", "is_filled_or_faulty"), "scan_diff"),
    **dict.fromkeys(("is_of_other_version", "prepare", "take_back"), "repair"),
    "Catalog": "queries",
    "CatalogTransaction": "writer",
    "Cursor": "list_queries",
    "Removal": "rows",
}


def __getattr__(name: str) -> Any:
    """Imports the module of *name* at its first use: a child process that reads files needs only ``search_terms``."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
