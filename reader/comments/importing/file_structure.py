"""Describes the structure of an export file, to recognize the program that wrote it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ...formats.xml_reader import read_export
from .imported_comment import read_bounded, read_json

Shape = frozenset[str]
"""Tokens of the structure. SQLite: ``table comments``. XML: ``<disqus`` and the namespaces of the root. JSON: the paths
of keys, such as ``.comments[].nick`` in a list of objects, or ``[].nick`` if the file is a list or has one object per
line."""

MOST_RECORDS, DEEPEST = 100, 4
"""At most this many records of a list are examined, because a field may be missing in some. DEEPEST limits the
nesting."""


def shape_of(path: Path) -> Shape:
    """The structure of a file; empty if unknown. Raises OSError, and NotImported for an oversized file or invalid
    JSON."""
    with path.open("rb") as file:
        start = file.read(100).removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"SQLite format 3\0"):
        return frozenset(_tables(path))
    if start.startswith(b"<"):
        root = read_export(read_bounded(path))
        return frozenset() if root is None else frozenset({f"<{root.tag.rpartition('}')[2]}", *root.nsmap.values()})
    return frozenset(_keys(read_json(path))) if start[:1] in (b"{", b"[") else frozenset()


def _tables(path: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            return [f"table {row[0]}" for row in database.execute("SELECT name FROM sqlite_master")]
    except sqlite3.Error:
        return []


def _keys(value: object, path: str = "", depth: int = 0) -> Iterator[str]:
    if depth < DEEPEST and isinstance(value, list):
        for record in value[:MOST_RECORDS]:
            yield from _keys(record, f"{path}[]", depth + 1)
    elif depth < DEEPEST and isinstance(value, dict):
        for name, inner in value.items():
            yield f"{path}.{name}"
            yield from _keys(inner, f"{path}.{name}", depth + 1)
