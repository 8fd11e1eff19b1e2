"""The site's settings and its own pages: rows of the tables ``site`` and ``site_problems``.

``site`` has the row ``settings`` (JSON of a Site), the row ``files`` (JSON: path to stamp of the files that were read),
and a row ``/<name>`` for each page (JSON of the columns of an article).
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
"""Runs a query with its values and returns the rows."""


def site_of(rows: Rows) -> Site:
    """The site with links to its pages: ``/about`` first, then by name."""
    found = {row["name"]: row["content"] for row in rows("SELECT * FROM site WHERE name <> 'files' ORDER BY name")}
    pages = tuple(
        TextLink(json.loads(content)["title"], name) for name, content in found.items() if name.startswith("/")
    )
    site = site_from_json(found["settings"]) if "settings" in found else Site()
    return replace(site, pages=tuple(sorted(pages, key=lambda page: (page.link != "/about", page.link))))


def site_article(rows: Rows, name: str, timezone: tzinfo) -> Article:
    """The site's own page *name*. Raises NotFound."""
    for row in rows("SELECT content FROM site WHERE name = ?", f"/{name}"):
        return article_of(json.loads(row["content"]), timezone)
    raise NotFound("page", name)


class SiteRows:
    """Changes the rows of the site in a write transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self.is_changed = False
        """Whether public content has changed in this transaction."""

    def read_files(self) -> dict[str, str]:
        """The stamps of the files that were read, by path."""
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
        """Replaces all rows. If *site* or a page is None, its previous row is used, if there is one."""
        previous = {row["name"]: row["content"] for row in self._db.execute("SELECT * FROM site").fetchall()}
        rows = {"settings": site_to_json(site) if site else previous.get("settings", "")}
        for name, page in pages.items():
            rows[f"/{name}"] = json.dumps(row_of(page), ensure_ascii=False) if page else previous.get(f"/{name}", "")
        rows = {name: content for name, content in rows.items() if content}
        self.is_changed = rows != {name: content for name, content in previous.items() if name != "files"}
        self._replace(rows | {"files": json.dumps(files)}, problems)

    def clear(self) -> None:
        """Deletes all rows, because the site has no settings file."""
        self.is_changed = True
        self._replace({}, ())

    def _replace(self, rows: Mapping[str, str], problems: Iterable[Problem]) -> None:
        for table in ("site", "site_problems"):
            self._db.execute(f"DELETE FROM {table}")
        self._db.executemany("INSERT INTO site VALUES (?, ?)", rows.items())
        texts = ((p.path, p.line, serialize(p.cause), serialize(p.hint)) for p in problems)
        self._db.executemany("INSERT INTO site_problems VALUES (?, ?, ?, ?)", texts)
