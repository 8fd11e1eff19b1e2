"""The texts of all articles, for checks that read every character."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator

_AT_A_TIME = 500


def article_texts(execute: Callable[..., list[sqlite3.Row]]) -> Iterator[tuple[str, str]]:
    """(path of the file, title, summary and body as sanitized HTML) of each visible article, by path."""
    query = (
        "SELECT path, slug, title, summary, body FROM articles WHERE visible AND (path, slug) > (?, ?)"
        " ORDER BY path, slug LIMIT ?"
    )
    path, slug = "", ""
    while rows := execute(query, path, slug, _AT_A_TIME):
        for row in rows:
            yield row["path"], f"{row['title']}\n{row['summary']}\n{row['body']}"
        path, slug = rows[-1]["path"], rows[-1]["slug"]
