"""Finds the translations of an article: articles that share a name with the prefix ``link_resolution.TRANSLATION``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from .link_resolution import TRANSLATION

Rows = Callable[..., list[sqlite3.Row]]
"""Runs a query with its values and returns the rows."""

MOST_LANGUAGES = 50
"""An article with more translations is treated as if it had none, because each page would list them all."""

_NAMES = "SELECT slug, name FROM names WHERE slug IN ({}) AND substr(name, 1, 1) = ? ORDER BY slug, name"
_ARTICLES_OF_NAME = (
    "SELECT a.slug, a.language FROM names n JOIN articles a ON a.slug = n.slug WHERE n.name = ? AND a.visible LIMIT ?"
)


def translations(rows: Rows, slugs: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """By slug: (language, slug) of the article in all its languages, sorted; only for articles in several languages."""
    shared = {row["slug"]: row["name"] for row in rows(_NAMES.format(",".join("?" * len(slugs))), *slugs, TRANSLATION)}
    by_name = {name: _rows_of(rows, name) for name in set(shared.values())}
    return {slug: by_name[name] for slug, name in shared.items() if 1 < len(by_name[name]) == len(dict(by_name[name]))}


def _rows_of(rows: Rows, name: str) -> list[tuple[str, str]]:
    found = sorted((row["language"], row["slug"]) for row in rows(_ARTICLES_OF_NAME, name, MOST_LANGUAGES + 1))
    return found if len(found) <= MOST_LANGUAGES else []
