"""Describes the structure of an export file, by which the program that wrote it is recognized."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ...formats.xml_reader import read_export
from .imported_comment import read_bounded, read_json

Shape = frozenset[str]
"""``table comments`` of an SQLite file; ``<disqus`` of XML, and the namespaces of its root; of JSON where its keys are:
``.comments[].nick`` in the objects of a list, ``[].nick`` if the file is one, or one object a line."""

MOST_RECORDS, DEEPEST = 100, 4
"""So many records of a list are looked at: a field may be missing in some."""


def shape_of(path: Path) -> Shape:
    """Raises NotImported for a file that is too large or JSON that cannot be read, and OSError."""
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
