"""Finds the translations of an article: articles that share the name ``link_resolution.TRANSLATION`` begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from .link_resolution import TRANSLATION

Rows = Callable[..., list[sqlite3.Row]]
"""The rows of a query with its values."""

MOST_LANGUAGES = 50
"""An article in more languages than these has none: each page would name them all."""

_NAMES = "SELECT slug, name FROM names WHERE slug IN ({}) AND substr(name, 1, 1) = ? ORDER BY slug, name"
_SAID = (
    "SELECT a.slug, a.language FROM names n JOIN articles a ON a.slug = n.slug WHERE n.name = ? AND a.visible LIMIT ?"
)


def translations(rows: Rows, slugs: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(language, slug) of each article in all its languages, by language; only of those that have several."""
    shared = {row["slug"]: row["name"] for row in rows(_NAMES.format(",".join("?" * len(slugs))), *slugs, TRANSLATION)}
    by_name = {name: _rows_of(rows, name) for name in set(shared.values())}
    return {slug: by_name[name] for slug, name in shared.items() if 1 < len(by_name[name]) == len(dict(by_name[name]))}


def _rows_of(rows: Rows, name: str) -> list[tuple[str, str]]:
    found = sorted((row["language"], row["slug"]) for row in rows(_SAID, name, MOST_LANGUAGES + 1))
    return found if len(found) <= MOST_LANGUAGES else []
