"""Recognizes permalinks of other sites that may be addresses of an article: ``/2018/01/02/rain.html``,
``/posts/rain/``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo

from ..models import path_key, slug_of, word_set

_ANYWHERE = word_set("posts post blog blogs p archives archive articles article news entry entries page pages")
"""Folder names in the addresses of many sites, which do not identify an article."""


def is_old_address(key: str, path: str, section: str, published: int, timezone: tzinfo) -> bool:
    """Whether every part of *key* except the last matches the article: a number of its day, or a name of its section or
    folder.

    *key* is a ``path_key``; *published* is in UTC seconds.
    """
    day = datetime.fromtimestamp(published, UTC).astimezone(timezone)
    numbers = {f"{day:%Y}", f"{day:%m}", f"{day:%d}", str(day.month), str(day.day), f"{day:%Y-%m-%d}", f"{day:%Y-%m}"}
    names = {slug_of(name).lower() for name in (*section.split("/"), *path_key(path).split("/"))}
    parts = [slug_of(part).lower() for part in key.split("/")[:-1]]
    return all(part in numbers | names | _ANYWHERE for part in parts)


def named_by(rows: Callable[..., list[sqlite3.Row]], key: str) -> list[sqlite3.Row]:
    """The articles whose slug or alias is the last part of the permalink *key*, or that part after its date. *rows*
    runs a query."""
    *folders, last = (slug_of(part) for part in key.split("/"))
    days = ["-".join(folders[at : at + 3]) for at in range(max(0, len(folders) - 2))]
    names = [name for name in (last, *(f"{day}-{last}" for day in days)) if name]
    marks = ",".join("?" * len(names))
    query = f"SELECT slug, path, section, published FROM articles WHERE visible AND slug IN ({marks})"
    aliased = "SELECT a.slug, a.path, a.section, a.published FROM aliases x JOIN articles a ON a.slug = x.slug"
    return [*rows(query, *names), *rows(f"{aliased} WHERE x.alias = ? AND a.visible", last)]
