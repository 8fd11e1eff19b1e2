"""The supported fields of front matter, as data: their names in other programs, and the reader of their values.

The names are those of Hugo, Jekyll, Hexo, Pelican, Zola, Docusaurus, VuePress, Astro, Obsidian and others.
``docs/reference/fields.md`` contains the same table; a test compares them.
"""

from __future__ import annotations

import pkgutil
import re
import unicodedata
from dataclasses import dataclass

from ...models import word_set


@dataclass(frozen=True)
class Row:
    """The ``names`` of the Draft's ``field`` in other programs, best first. ``how`` is a key of READERS in
    ``field_values``."""

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
"""Mappings that may contain fields: of Hugo, Zola, Halo and plug-ins. A field at the top level has priority."""

UNUSED = _OTHERS["unused"] - {"images", "headless"}
"""Names of fields of other programs that Reader does not use. They are never reported as misspelt."""

EMBARGOES = _OTHERS["embargo"]
"""Plain names of embargo dates: the article is not public before such a date, even if its other dates are earlier."""

HUGO_ONLY = _OTHERS["hugo"]
"""Names that only Hugo and Zola use. Their categories are a set; those of other programs are a path."""


_BETWEEN_WORDS = re.compile(r"[\s_-]+")


def plain_name(name: str) -> str:
    """The normalized name: the same for ``featured_image``, ``featuredImage``, ``Featured-Image`` and full-width
    letters."""
    name = name if name.isascii() else unicodedata.normalize("NFKC", name)
    return name.lower() if name.isalnum() else _BETWEEN_WORDS.sub("", name.strip().lower())


BY_NAME = {plain_name(name): (rank, row) for row in ROWS for rank, name in enumerate(row.names)}


def row_of(name: str) -> tuple[int, Row] | None:
    """The rank and the row of a field's name; None for an unknown name. A lower rank has priority."""
    return BY_NAME.get(plain_name(name))


def known_names() -> list[str]:
    """All names in the table."""
    return [name for row in ROWS for name in row.names]
