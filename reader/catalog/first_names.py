"""The name an article first came out under: its id in feeds is made of it, so it outlives every new name.

The files say it where they can (``aliases`` list former names, oldest first); only what they do not say is
remembered here: a file that was renamed without a word, an alias that was added later.
"""

from __future__ import annotations

import sqlite3

FIRST_NAME = "coalesce(f.first, json_extract(a.details, '$.aliases[0]'), a.slug)"
"""Of ``articles a LEFT JOIN first_names f``."""


def first_name(connection: sqlite3.Connection, slug: str) -> str:
    """*slug* itself if no article has that name now."""
    query = f"SELECT {FIRST_NAME} AS first FROM articles a LEFT JOIN first_names f ON f.slug = a.slug WHERE a.slug = ?"
    row = connection.execute(query, (slug,)).fetchone()
    return str(row["first"]) if row else slug


def remember_first_name(connection: sqlite3.Connection, slug: str, first: str) -> None:
    """Unless the stored article says it by itself."""
    if first_name(connection, slug) != first or not _is_stored(connection, slug):
        connection.execute("INSERT OR REPLACE INTO first_names VALUES (?, ?)", (slug, first))


def _is_stored(connection: sqlite3.Connection, slug: str) -> bool:
    return connection.execute("SELECT 1 FROM articles WHERE slug = ?", (slug,)).fetchone() is not None
