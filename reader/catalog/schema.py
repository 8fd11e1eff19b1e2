"""The tables of the catalog, and opening the file.

``articles`` has the articles, also drafts and scheduled ones. ``collection_items`` lists the *visible* articles of each
collection in reading order, so each list is one range of one index. ``files`` has the stamp and result of each file;
a file that is missing has a ``removal_due`` (UTC seconds), until which its article stays public. ``remarks`` are the
warnings and notes of a file, one line of JSON each. ``aliases`` has former slugs and, with a slash, former addresses,
also those of another site. ``names`` has the names that links use. ``pictures`` has the pictures of each article.
``site`` and ``site_problems`` have the site's own files (``site_rows.py``). ``moved``, ``removed``, ``revised``,
``original_slugs`` and ``recorded`` are the history, which cannot be derived from the folder: a copy of rows in the
state database (``history_rows.py``), which is copied when the catalog is rebuilt.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..models import fingerprint
from ..storage.sqlite import open_database
from .fts_index import make_index

_ARTICLES = ("rows", "history_rows", "link_resolution", "collection_index", "fts_index", "search_terms", "tokenizer")
_FILLED_BY = ("schema", "site_rows", "picture_rows", *_ARTICLES)
_SITE_CODE = Path(__file__).parent.parent / "site_identity.py"
SCHEMA = fingerprint(
    *(Path(__file__).with_name(f"{name}.py").read_bytes() for name in _FILLED_BY), _SITE_CODE.read_bytes()
)
"""A hash of the code that fills the derived tables. When it changes, they are rebuilt from the folder."""

_HISTORY = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE moved (slug TEXT PRIMARY KEY, target TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE removed (slug TEXT PRIMARY KEY, title TEXT NOT NULL, removed_at INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE revised (slug TEXT PRIMARY KEY, version TEXT NOT NULL, revised_at INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE INDEX revised_by_time ON revised (revised_at);
CREATE TABLE original_slugs (slug TEXT PRIMARY KEY, original TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE recorded (slug TEXT PRIMARY KEY, version TEXT NOT NULL, digest TEXT NOT NULL, path TEXT NOT NULL,
    title TEXT NOT NULL, changed TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX recorded_by_path ON recorded (path);
"""

HISTORY_TABLES = ("moved", "removed", "revised", "original_slugs", "recorded")
"""The tables that cannot be derived from the folder: copies of tables of ``publication_history``, with the same
columns."""

_DERIVED = """
CREATE TABLE files (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL,
    slug TEXT NOT NULL, line INTEGER NOT NULL, cause TEXT NOT NULL, hint TEXT NOT NULL,
    removal_due REAL NOT NULL DEFAULT 0, remarks TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE TABLE articles (slug TEXT PRIMARY KEY, path TEXT NOT NULL, added INTEGER NOT NULL,
    visible INTEGER NOT NULL, draft INTEGER NOT NULL, published INTEGER NOT NULL, updated INTEGER NOT NULL,
    title TEXT NOT NULL, summary TEXT NOT NULL, section TEXT NOT NULL, source TEXT NOT NULL,
    language TEXT NOT NULL, docid INTEGER, version TEXT NOT NULL, picture TEXT NOT NULL, is_corrected INTEGER NOT NULL,
    collections TEXT NOT NULL,
    details TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE aliases (alias TEXT PRIMARY KEY, slug TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE names (name TEXT, slug TEXT, PRIMARY KEY (name, slug)) WITHOUT ROWID;
CREATE TABLE pictures (digest TEXT, slug TEXT, PRIMARY KEY (digest, slug)) WITHOUT ROWID;
CREATE TABLE collections (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL,
    count INTEGER NOT NULL DEFAULT 0, UNIQUE (kind, name));
CREATE TABLE collection_items (
    collection INTEGER NOT NULL, published INTEGER NOT NULL, slug TEXT NOT NULL,
    PRIMARY KEY (collection, published DESC, slug)) WITHOUT ROWID;
CREATE TABLE site (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE site_problems (path TEXT NOT NULL, line INTEGER NOT NULL, cause TEXT NOT NULL,
    hint TEXT NOT NULL);
CREATE INDEX days ON collections (name) WHERE kind = 'day' AND count > 0;
CREATE UNIQUE INDEX articles_by_docid ON articles (docid) WHERE docid IS NOT NULL;
CREATE INDEX articles_by_path ON articles (path);
CREATE INDEX articles_waiting ON articles (published) WHERE visible = 0 AND draft = 0;
CREATE INDEX articles_corrected ON articles (updated DESC, slug) WHERE visible AND is_corrected;
CREATE INDEX aliases_by_slug ON aliases (slug);
CREATE INDEX names_by_slug ON names (slug);
CREATE INDEX pictures_by_slug ON pictures (slug);
CREATE INDEX files_by_slug ON files (slug);
CREATE INDEX files_by_digest ON files (digest, removal_due);
CREATE INDEX files_with_remarks ON files (path) WHERE remarks <> '';
CREATE INDEX files_in_trouble ON files (path) WHERE cause <> '';
CREATE INDEX files_missing ON files (removal_due) WHERE removal_due > 0;
"""


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A connection in autocommit and WAL mode. Other processes can read and write at the same time."""
    connection = open_database(path, timeout_seconds=300, mode=mode)
    connection.row_factory = sqlite3.Row
    for pragma in ("cache_size = -4096", "mmap_size = 268435456"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def schema_of(connection: sqlite3.Connection) -> str:
    """The SCHEMA of the code that created the tables; empty if unknown. Raises DatabaseError for other tables."""
    row = connection.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    return str(row["value"]) if row else ""


def is_complete(connection: sqlite3.Connection) -> bool:
    """Whether a complete scan was written by this code, so that pages can be served. Once true, it stays true.

    Raises DatabaseError if the tables are not those of a catalog.
    """
    query = "SELECT count(*) FROM meta WHERE key = 'filled' AND value = '1' OR key = 'schema' AND value = ?"
    return int(connection.execute(query, (SCHEMA,)).fetchone()[0]) == 2


def make_tables(connection: sqlite3.Connection) -> None:
    """Creates the tables in an empty file, in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in filter(str.strip, (_HISTORY + _DERIVED).split(";")):
        connection.execute(statement)
    make_index(connection)
    connection.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA,))
    connection.execute("COMMIT")
