"""All sections as a tree, with how much each holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, Response

from .. import addresses
from ..model import Shelf
from . import services
from .showing import Link, in_words, section_link, show

bp = Blueprint("sections", __name__)


@dataclass(frozen=True)
class Branch:
    """A section; ``count`` holds what the sections below it hold, too."""

    link: Link
    count: int
    below: tuple[Branch, ...]


@bp.get(addresses.SECTIONS)
def sections() -> Response:
    catalog = services().catalog
    return show("sections.html", str(catalog.revision), lambda: {"tree": tree_of(catalog.shelves("section"))})


def tree_of(counted: Iterable[tuple[Shelf, int]]) -> tuple[Branch, ...]:
    """The sections that hang off the root, each with those below it; fullest first, then by name."""
    below: dict[str, list[tuple[Shelf, int]]] = defaultdict(list)
    for shelf, count in sorted(counted, key=lambda pair: (-pair[1], pair[0].name)):
        below[shelf.name.rpartition("/")[0]].append((shelf, count))
    return _branches("", below)


def _branches(name: str, below: dict[str, list[tuple[Shelf, int]]]) -> tuple[Branch, ...]:
    found = below.get(name, [])
    links = in_words([section_link(shelf) for shelf, _ in found])
    return tuple(Branch(link, count, _branches(s.name, below)) for link, (s, count) in zip(links, found, strict=True))
