"""The fields of front matter that are understood, as data: what other programs call them, and how a value is read.

Hugo, Jekyll, Hexo, Pelican, Zola, Docusaurus, VuePress, Astro, Obsidian and others write these. ``docs/reference/
fields.md`` shows the same table; a test keeps both in step.
"""

from __future__ import annotations

import pkgutil
import re
import unicodedata
from dataclasses import dataclass

from ..models import word_set


@dataclass(frozen=True)
class Row:
    """``names``, best first, all mean the Draft's ``field``; ``how`` is a reader of ``field_values``."""

    field: str
    how: str
    names: tuple[str, ...]


_TABLE = [
    tuple(part.strip() for part in line.split("|"))
    for line in (pkgutil.get_data(__name__, "field_names.txt") or b"").decode().splitlines()
    if not line.startswith("#")
]
ROWS = tuple(Row(field, how, tuple(names.split())) for field, how, names in _TABLE if field != "-")
_OTHERS = {how: word_set(names) for field, how, names in _TABLE if field == "-"}

CONTAINERS = frozenset({"taxonomies", "extra", "params", "metadata", "seo", "frontmatter", "halo"})
"""Mappings whose fields count where the top does not have them: Hugo's, Zola's, Halo's, and plug-ins'."""

UNUSED = _OTHERS["unused"] - {"images", "headless"}
"""Names that other programs use for what has no place here; they are never taken for a slip of the pen."""

EMBARGOES = _OTHERS["embargo"]
"""Plain names of dates before which an article is not public, whatever its other dates say."""

HUGO_ONLY = _OTHERS["hugo"]
"""A file that has one of these is Hugo's or Zola's, whose categories are a set; those of others are a path."""


_BETWEEN_WORDS = re.compile(r"[\s_-]+")


def plain_name(name: str) -> str:
    """``featured_image``, ``featuredImage`` and ``Featured-Image`` are one name, also in full-width letters."""
    name = name if name.isascii() else unicodedata.normalize("NFKC", name)
    return name.lower() if name.isalnum() else _BETWEEN_WORDS.sub("", name.strip().lower())


BY_NAME = {plain_name(name): (rank, row) for row in ROWS for rank, name in enumerate(row.names)}


def row_of(name: str) -> tuple[int, Row] | None:
    """(rank, row) of a field's name: the lower the rank, the better."""
    return BY_NAME.get(plain_name(name))


def known_names() -> list[str]:
    return [name for row in ROWS for name in row.names]
