"""Which articles are one in several languages: those that share the name ``link_resolution.TRANSLATION`` begins."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from .link_resolution import TRANSLATION

Rows = Callable[..., list[sqlite3.Row]]
"""The rows of a query with its values."""


def translations(rows: Rows, slugs: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """(language, slug) of each article in all its languages, by language; only of those that have several."""
    marks = ",".join("?" * len(slugs))
    query = (
        "SELECT m.slug AS of_slug, a.slug, a.language FROM names m JOIN names n ON n.name = m.name"
        f" JOIN articles a ON a.slug = n.slug WHERE m.slug IN ({marks}) AND substr(m.name, 1, 1) = ?"
        " AND a.visible ORDER BY m.slug, a.language"
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows(query, *slugs, TRANSLATION):
        found.setdefault(row["of_slug"], []).append((row["language"], row["slug"]))
    return {slug: said for slug, said in found.items() if 1 < len(said) == len(dict(said))}
