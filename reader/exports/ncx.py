"""The table of contents for EPUB 2 readers (``toc.ncx``: OPF 2.0.1, 2.4.1), which EPUB 3.3 still allows (D.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from .body_tree import TocEntry

NAME = "toc.ncx"
MIMETYPE = "application/x-dtbncx+xml"


@dataclass(frozen=True)
class NavPoint:
    """One entry. ``order`` is its playOrder, from 1; entries with the same target have the same order."""

    id: str
    order: int
    text: str
    href: str
    below: tuple[NavPoint, ...]


def nav_points(contents: list[TocEntry]) -> tuple[NavPoint, ...]:
    """*contents* with ids and reading order."""
    return _points(contents, count(1), {})


def _points(entries: list[TocEntry], numbers: Iterator[int], orders: dict[str, int]) -> tuple[NavPoint, ...]:
    found = []
    for entry in entries:
        name, order = f"n{next(numbers)}", orders.setdefault(entry.href, len(orders) + 1)
        found.append(NavPoint(name, order, entry.text, entry.href, _points(entry.below, numbers, orders)))
    return tuple(found)
