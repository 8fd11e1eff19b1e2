"""The tables, and opening the file.

``articles`` holds what was published; ``collection_items`` puts every *visible* article on its collections in
reading order, so each list is one range of one index. ``files`` remembers what was read from where; a file that is
not found any more has a ``removal_due`` (UTC seconds), until which its article stays up. ``remarks`` are the warnings
and notes of a file that is published, a line of JSON each. ``aliases`` holds former names and, with a slash or of
another site, former addresses. ``pictures`` tells whose pictures may be seen.
``site`` and ``site_problems`` hold the site's own files (``site_rows.py``).
``moved``, ``removed`` and ``revised`` are history: the only rows the folder cannot tell again, kept
when the rest is rebuilt.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..models import fingerprint
from ..storage.sqlite import open_database
from .fts_index import make_index

_ARTICLES = ("rows", "link_resolution", "collection_index", "fts_index", "article_terms", "tokenizer")
_FILLED_BY = ("schema", "site_rows", "picture_rows", *_ARTICLES)
_SITE_CODE = Path(__file__).parent.parent / "site_identity.py"
SCHEMA = fingerprint(
    *(Path(__file__).with_name(f"{name}.py").read_bytes() for name in _FILLED_BY), _SITE_CODE.read_bytes()
)
"""Hash of the code that fills the derived tables. When it changes, they are rebuilt from the folder."""

_HISTORY = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS moved (slug TEXT PRIMARY KEY, target TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS removed (slug TEXT PRIMARY KEY, title TEXT NOT NULL, removed_at INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revised (slug TEXT PRIMARY KEY, version TEXT NOT NULL, revised_at INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS revised_by_time ON revised (revised_at);
CREATE TABLE IF NOT EXISTS original_slugs (slug TEXT PRIMARY KEY, original TEXT NOT NULL) WITHOUT ROWID;
"""

HISTORY_TABLES = ("moved", "removed", "revised", "original_slugs")
"""Tables that cannot be derived from the folder."""

_DERIVED = {
    "files": """CREATE TABLE files (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL,
        slug TEXT NOT NULL, line INTEGER NOT NULL, cause TEXT NOT NULL, hint TEXT NOT NULL,
        removal_due REAL NOT NULL DEFAULT 0, remarks TEXT NOT NULL DEFAULT '') WITHOUT ROWID""",
    "articles": """CREATE TABLE articles (slug TEXT PRIMARY KEY, path TEXT NOT NULL, added INTEGER NOT NULL,
        visible INTEGER NOT NULL, draft INTEGER NOT NULL, published INTEGER NOT NULL, updated INTEGER NOT NULL,
        title TEXT NOT NULL, summary TEXT NOT NULL, section TEXT NOT NULL, source TEXT NOT NULL,
        language TEXT NOT NULL, docid INTEGER, version TEXT NOT NULL, collections TEXT NOT NULL,
        details TEXT NOT NULL, body TEXT NOT NULL)""",
    "aliases": "CREATE TABLE aliases (alias TEXT PRIMARY KEY, slug TEXT NOT NULL) WITHOUT ROWID",
    "names": "CREATE TABLE names (name TEXT, slug TEXT, PRIMARY KEY (name, slug)) WITHOUT ROWID",
    "pictures": "CREATE TABLE pictures (digest TEXT, slug TEXT, PRIMARY KEY (digest, slug)) WITHOUT ROWID",
    "collections": """CREATE TABLE collections (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
        count INTEGER NOT NULL DEFAULT 0, UNIQUE (kind, name))""",
    "collection_items": """CREATE TABLE collection_items (
        collection INTEGER NOT NULL, published INTEGER NOT NULL, slug TEXT NOT NULL,
        PRIMARY KEY (collection, published DESC, slug)) WITHOUT ROWID""",
    "site": "CREATE TABLE site (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID",
    "site_problems": """CREATE TABLE site_problems (path TEXT NOT NULL, line INTEGER NOT NULL, cause TEXT NOT NULL,
        hint TEXT NOT NULL)""",
}
_INDEXES = """
CREATE UNIQUE INDEX articles_by_docid ON articles (docid) WHERE docid IS NOT NULL;
CREATE INDEX articles_by_path ON articles (path);
CREATE INDEX articles_waiting ON articles (published) WHERE visible = 0 AND draft = 0;
CREATE INDEX aliases_by_slug ON aliases (slug);
CREATE INDEX names_by_slug ON names (slug);
CREATE INDEX pictures_by_slug ON pictures (slug);
CREATE INDEX files_by_slug ON files (slug);
CREATE INDEX files_by_digest ON files (digest, removal_due);
CREATE INDEX files_with_remarks ON files (path) WHERE remarks <> '';
CREATE INDEX files_in_trouble ON files (path) WHERE cause <> '';
CREATE INDEX files_missing ON files (removal_due) WHERE removal_due > 0;
"""


def connect(path: Path) -> sqlite3.Connection:
    """A connection in autocommit mode, shared with other processes through the write-ahead log (WAL)."""
    connection = open_database(path, timeout_seconds=300)
    connection.row_factory = sqlite3.Row
    for pragma in ("cache_size = -4096", "mmap_size = 268435456"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def make_tables(path: Path) -> None:
    """Creates the tables, or recreates the derived ones after a schema change. Otherwise waits for no writer."""
    connection = connect(path)
    try:
        if _is_current(connection):
            return
        connection.execute("BEGIN IMMEDIATE")
        _rename_old_tables(connection)
        for statement in filter(str.strip, _HISTORY.split(";")):
            connection.execute(statement)
        row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        if row is None or row["value"] != SCHEMA:
            _make_derived(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _is_current(connection: sqlite3.Connection) -> bool:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return False
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    return row is not None and row["value"] == SCHEMA


def _rename_old_tables(connection: sqlite3.Connection) -> None:
    """Renames the history tables of version 0.1; drops its derived tables."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'first_names'").fetchone():
        connection.execute("ALTER TABLE first_names RENAME TO original_slugs")
        connection.execute("ALTER TABLE original_slugs RENAME COLUMN first TO original")
    for name in ("shelved", "shelves", "exports"):
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def _make_derived(connection: sqlite3.Connection) -> None:
    for name, statement in _DERIVED.items():
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(statement)
    make_index(connection)
    for statement in filter(str.strip, _INDEXES.split(";")):
        connection.execute(statement)
    connection.execute("DELETE FROM meta WHERE key = 'filled'")
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", (SCHEMA,))
