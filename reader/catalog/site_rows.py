"""The site's settings and its own pages: rows of the tables ``site`` and ``site_problems``.

``site`` holds the row ``settings`` (JSON of a Site), the row ``files`` (JSON: path to stamp of what was read), and a
row ``/<name>`` for each page (JSON of the columns of an article).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import tzinfo

from ..errors import NotFound
from ..i18n import serialize
from ..models import Article, Problem
from ..site_identity import Site, TextLink, site_from_json, site_to_json
from .rows import article_of, row_of

Rows = Callable[..., list[sqlite3.Row]]
"""Runs a query with its values."""


def site_of(rows: Rows) -> Site:
    """The site with links to its pages, by their names."""
    found = {row["name"]: row["content"] for row in rows("SELECT * FROM site WHERE name <> 'files' ORDER BY name")}
    pages = tuple(
        TextLink(json.loads(content)["title"], name) for name, content in found.items() if name.startswith("/")
    )
    site = site_from_json(found["settings"]) if "settings" in found else Site()
    return replace(site, pages=tuple(sorted(pages, key=lambda page: (page.link != "/about", page.link))))


def site_article(rows: Rows, name: str, timezone: tzinfo) -> Article:
    """Raises NotFound."""
    for row in rows("SELECT content FROM site WHERE name = ?", f"/{name}"):
        return article_of(json.loads(row["content"]), timezone)
    raise NotFound("page", name)


class SiteRows:
    """The rows in a write transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.is_changed = False
        """Whether something that visitors see has changed."""

    def read_files(self) -> dict[str, str]:
        """Path to stamp of the files that were read."""
        row = self._db.execute("SELECT content FROM site WHERE name = 'files'").fetchone()
        return dict(json.loads(row["content"])) if row else {}

    def site(self) -> Site:
        row = self._db.execute("SELECT content FROM site WHERE name = 'settings'").fetchone()
        return site_from_json(row["content"]) if row else Site()

    def put(
        self,
        files: Mapping[str, str],
        site: Site | None,
        pages: Mapping[str, Article | None],
        problems: Iterable[Problem],
    ) -> None:
        """Replaces everything. The site None and a page None keep what they said before."""
        kept = {row["name"]: row["content"] for row in self._db.execute("SELECT * FROM site").fetchall()}
        rows = {"settings": site_to_json(site) if site else kept.get("settings", "")}
        for name, page in pages.items():
            rows[f"/{name}"] = json.dumps(row_of(page), ensure_ascii=False) if page else kept.get(f"/{name}", "")
        rows = {name: content for name, content in rows.items() if content}
        self.is_changed = rows != {name: content for name, content in kept.items() if name != "files"}
        self._replace(rows | {"files": json.dumps(files)}, problems)

    def clear(self) -> None:
        """Without settings file there is no site."""
        self.is_changed = True
        self._replace({}, ())

    def _replace(self, rows: Mapping[str, str], problems: Iterable[Problem]) -> None:
        for table in ("site", "site_problems"):
            self._db.execute(f"DELETE FROM {table}")
        self._db.executemany("INSERT INTO site VALUES (?, ?)", rows.items())
        texts = ((p.path, p.line, serialize(p.cause), serialize(p.hint)) for p in problems)
        self._db.executemany("INSERT INTO site_problems VALUES (?, ?, ?, ?)", texts)
