"""Listings: the articles of a section, tag, author or source, newest first; and the tree of sections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext

from ... import urls
from ...errors import NotFound
from ...models import Collection
from .. import services
from ..headlines import headlines_of, with_lead_first
from ..pagination import cursor_of, next_link
from ..rendering import NavigationLink, render_page, section_link, section_links, teasers_shown, translated_labels
from ..site_sections import MOST_SECTIONS

bp = Blueprint("listings", __name__)

LIMIT = 25


@bp.get("/s/<path:name>/")
def section(name: str) -> Response:
    return collection_page(Collection("section", name))


@bp.get("/t/<path:name>/")
def tag(name: str) -> Response:
    return collection_page(Collection("tag", name))


@bp.get("/by/<path:name>/")
def author(name: str) -> Response:
    return collection_page(Collection("author", name))


@bp.get("/from/<path:name>/")
def source(name: str) -> Response:
    return collection_page(Collection("source", name))


def collection_page(collection: Collection) -> Response:
    """Raises NotFound if the collection never had articles."""
    catalog = services().catalog
    count = catalog.count(collection)
    if not count:
        raise NotFound(collection.kind, collection.name)
    before = cursor_of(request.args.get("before", ""))

    def build() -> dict[str, Any]:
        teasers = catalog.latest(collection, limit=LIMIT, before=before)
        shown = teasers if before else with_lead_first(collection, teasers)
        return {
            "title": title_of(collection),
            "collection": collection,
            "count": count,
            "crumbs": translated_labels(crumbs_of(collection)),
            "sections": translated_labels([section_link(below) for below in sections_below(collection)]),
            "headlines": headlines_of(teasers_shown(shown), has_lead=not before),
            "older": next_link(urls.collection(collection), teasers, LIMIT),
            "newer": NavigationLink(gettext("Latest"), urls.collection(collection)) if before else None,
        }

    return render_page("collection.html", f"{catalog.revision} {collection} {before}", build)


def title_of(collection: Collection) -> str:
    if collection.kind == "author":
        return str(gettext("Articles by %(name)s", name=collection.name))
    if collection.kind == "source":
        return str(gettext("Source: %(name)s", name=collection.name))
    return "#" + collection.name if collection.kind == "tag" else collection.name.rpartition("/")[2]


def crumbs_of(collection: Collection) -> list[NavigationLink]:
    """Breadcrumbs: the parent sections of a section; none for other collections."""
    return section_links(tuple(collection.name.split("/")))[:-1] if collection.kind == "section" else []


def sections_below(collection: Collection) -> list[Collection]:
    """The direct sub-sections, by name; at most MOST_SECTIONS."""
    if collection.kind != "section":
        return []
    depth = collection.name.count("/") + 1
    under = (
        other for other, _ in services().catalog.collections("section") if other.name.startswith(f"{collection.name}/")
    )
    return [other for other in under if other.name.count("/") == depth][:MOST_SECTIONS]


@dataclass(frozen=True)
class Branch:
    """A section in the tree. ``count`` includes the articles of its sub-sections."""

    link: NavigationLink
    count: int
    below: tuple[Branch, ...]


@bp.get(urls.SECTIONS)
def sections() -> Response:
    catalog = services().catalog
    return render_page(
        "sections.html", str(catalog.revision), lambda: {"tree": tree_of(catalog.collections("section"))}
    )


def tree_of(counted: Iterable[tuple[Collection, int]]) -> tuple[Branch, ...]:
    """The tree of sections: top-level sections with their sub-sections, by number of articles, then by name."""
    below: dict[str, list[tuple[Collection, int]]] = defaultdict(list)
    for collection, count in sorted(counted, key=lambda pair: (-pair[1], pair[0].name)):
        below[collection.name.rpartition("/")[0]].append((collection, count))
    return _branches("", below)


def _branches(name: str, below: dict[str, list[tuple[Collection, int]]]) -> tuple[Branch, ...]:
    found = below.get(name, [])
    links = translated_labels([section_link(collection) for collection, _ in found])
    return tuple(Branch(link, count, _branches(s.name, below)) for link, (s, count) in zip(links, found, strict=True))
