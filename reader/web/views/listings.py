"""The pages of a section, a tag, an author, a source: what shares one trait, newest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext

from ... import urls
from ...errors import NotFound
from ...models import Shelf
from .. import services
from ..pagination import older_page, position_of
from ..rendering import Link, in_words, section_link, section_links, show, teasers_shown

bp = Blueprint("shelves", __name__)

LIMIT = 25


@bp.get("/s/<path:name>/")
def section(name: str) -> Response:
    return shelf_page(Shelf("section", name))


@bp.get("/t/<path:name>/")
def tag(name: str) -> Response:
    return shelf_page(Shelf("tag", name))


@bp.get("/by/<path:name>/")
def author(name: str) -> Response:
    return shelf_page(Shelf("author", name))


@bp.get("/from/<path:name>/")
def source(name: str) -> Response:
    return shelf_page(Shelf("source", name))


def shelf_page(shelf: Shelf) -> Response:
    """Raises NotFound if nothing ever stood on that shelf."""
    catalog = services().catalog
    count = catalog.count(shelf)
    if not count:
        raise NotFound(shelf.kind, shelf.name)
    before = position_of(request.args.get("before", ""))

    def build() -> dict[str, Any]:
        teasers = catalog.latest(shelf, limit=LIMIT, before=before)
        return {
            "title": title_of(shelf),
            "shelf": shelf,
            "count": count,
            "crumbs": in_words(crumbs_of(shelf)),
            "sections": in_words([section_link(below) for below in sections_below(shelf)]),
            "teasers": teasers_shown(teasers),
            "older": older_page(urls.shelf(shelf), teasers, LIMIT),
            "newer": Link(gettext("Latest"), urls.shelf(shelf)) if before else None,
        }

    return show("shelf.html", f"{catalog.revision} {shelf} {before}", build)


def title_of(shelf: Shelf) -> str:
    if shelf.kind == "author":
        return gettext("Articles by %(name)s", name=shelf.name)
    if shelf.kind == "source":
        return gettext("Source: %(name)s", name=shelf.name)
    return "#" + shelf.name if shelf.kind == "tag" else shelf.name.rpartition("/")[2]


def crumbs_of(shelf: Shelf) -> list[Link]:
    """The way to a section from the root, itself left out; other shelves hang off home."""
    return section_links(tuple(shelf.name.split("/")))[:-1] if shelf.kind == "section" else []


def sections_below(shelf: Shelf) -> list[Shelf]:
    """The sections one step below, by name."""
    if shelf.kind != "section":
        return []
    depth = shelf.name.count("/") + 1
    under = (other for other, _ in services().catalog.shelves("section") if other.name.startswith(f"{shelf.name}/"))
    return [other for other in under if other.name.count("/") == depth]


@dataclass(frozen=True)
class Branch:
    """A section; ``count`` holds what the sections below it hold, too."""

    link: Link
    count: int
    below: tuple[Branch, ...]


@bp.get(urls.SECTIONS)
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
