"""The pictures of articles: rows of the table ``pictures``. A picture is public only if an article with it is visible.

The pictures of drafts and of withdrawn articles are not public.
"""

from __future__ import annotations

import re
import sqlite3

from ..models import Article
from .site_rows import Rows

_ADDRESS = re.compile(r"/media/([0-9a-f]{16})-")


def put_pictures(connection: sqlite3.Connection, article: Article) -> None:
    """Inserts the rows of *article*. It must not have rows yet."""
    digests = set(_ADDRESS.findall("\n".join((article.body, *article.images))))
    connection.executemany("INSERT INTO pictures VALUES (?, ?)", [(digest, article.slug) for digest in digests])


def is_shown(rows: Rows, digest: str) -> bool:
    """Whether a visible article, a page of the site or its settings use the picture."""
    of_articles = "SELECT 1 FROM pictures p JOIN articles a ON a.slug = p.slug WHERE p.digest = ? AND a.visible LIMIT 1"
    of_site = "SELECT 1 FROM site WHERE name <> 'files' AND instr(content, ?) LIMIT 1"
    return bool(rows(of_articles, digest) or rows(of_site, f"/media/{digest}-"))
